// SPDX-License-Identifier: Apache-2.0
// The state of the emulated driver: one per process, guarded by one mutex that is never held while
// a kernel, a copy or a host function runs.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver/counters.h"
#include "driver/device_spec.h"
#include "driver/faults.h"
#include "driver/handles.h"
#include "driver/objects.h"

namespace emu {

struct Module;
struct Function;
struct Graph;
struct ExecutableGraph;
struct Link;

struct Driver {
  std::mutex mutex;
  std::condition_variable changed;  // some work was done or a context died

  bool initialised = false;
  std::atomic<bool> forked{false};  // set in a forked child, where nothing works any more
  int version = 13000;
  bool lazy = true;  // run only what somebody waits for
  int workers_per_device = 1;

  std::vector<DeviceSpec> specs;
  std::vector<std::unique_ptr<Device>> devices;
  std::vector<std::unique_ptr<Context>> contexts;  // dead ones too
  std::map<CUcontext, Context*> context_handles;   // alive ones

  HandleTable<Stream, CUstream> streams;
  HandleTable<Event, CUevent> events;
  HandleTable<Module, CUmodule> modules;
  HandleTable<Function, CUfunction> functions;
  HandleTable<Graph, CUgraph> graphs;
  HandleTable<ExecutableGraph, CUgraphExec> executable_graphs;
  HandleTable<Link, CUlinkState> links;
  std::vector<std::weak_ptr<Capture>> captures;

  Faults faults;
  Counters counters;
  uint64_t last_number = 0;  // of streams, events, modules, graphs
};

Driver& driver();

}  // namespace emu
