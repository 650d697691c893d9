// SPDX-License-Identifier: Apache-2.0
#include "driver/control.h"

#include <algorithm>

#include "driver/call_log.h"
#include "driver/driver.h"
#include "driver/graph.h"
#include "driver/modules.h"
#include "driver/executor.h"
#include "driver/text.h"
#include "engine/allocation_table.h"
#include "engine/device_engine.h"

namespace emu {

namespace {

constexpr int kFirstPrivate = 1000000;
constexpr int kMebibyte = 1 << 20;

// The numbers are part of the interface to tests: never reuse one.
enum PrivateAttribute {
  kIsEmulated = 1000000,
  kLiveAllocations = 1000001,
  kViolations = 1000002,
  kContextsCreated = 1000003,
  kContextsDestroyed = 1000004,
  kLivePinned = 1000005,
  kUsedMebibytes = 1000006,
  kPeakMebibytes = 1000007,
  kUsedBytesModMebibyte = 1000008,
  kLaunches = 1000009,
  kGraphLaunches = 1000010,
  kKernelsRun = 1000011,
  kCopies = 1000012,
  kLiveStreams = 1000013,
  kLiveEvents = 1000014,
  kLiveModules = 1000015,
  kLiveGraphs = 1000016,
  kLiveExecutableGraphs = 1000017,
  kModulesLoaded = 1000018,
  kLinks = 1000019,
  kUnsupportedCalls = 1000020,
  kCalls = 1000021,
  kContextsLeaking = 1000022,
  kLiveContexts = 1000023,
  kChecked = 1000024,
  kHangingCalls = 1000025,
};

Result invalid(std::string message) { return {CUDA_ERROR_INVALID_VALUE, std::move(message)}; }

// "N:bytes" lowers what device N has; "N:" takes the limit away.
Result set_limit(const std::string& value) {
  size_t colon = value.find(':');
  auto ordinal = parse_number(value.substr(0, colon));
  auto& devices = driver().devices;
  if (colon == std::string::npos || !ordinal || *ordinal < 0 ||
      *ordinal >= static_cast<int64_t>(devices.size())) {
    return invalid("limit wants device:bytes");
  }
  Device& device = *devices[static_cast<size_t>(*ordinal)];
  std::string amount = value.substr(colon + 1);
  auto bytes = amount.empty() ? std::optional<uint64_t>(device.spec->bytes) : parse_bytes(amount);
  if (!bytes) return invalid("limit wants device:bytes");
  device.limit = std::min<size_t>(*bytes, device.spec->bytes);
  return Result();
}

int count_live(const Device& device, bool host) {
  int count = 0;
  for (const Allocation& a : allocations().live()) {
    count += a.host == host && (host || a.device == device.ordinal) ? 1 : 0;
  }
  return count;
}

template <class Table>
int count_on(const Table& table, const Device& device) {
  int count = 0;
  table.for_each([&](const auto& object) { count += object.context->device == &device ? 1 : 0; });
  return count;
}

int live_contexts(const Device& device) {
  int count = 0;
  for (const auto& entry : driver().context_handles)
    count += entry.second->device == &device ? 1 : 0;
  return count;
}

}  // namespace

bool is_control_word(const char* text) { return starts_with(text, "emu:"); }

Result obey_control_word(const char* text) {
  Driver& state = driver();
  std::string word = std::string(text).substr(4);
  size_t equals = word.find('=');
  std::string key = word.substr(0, equals);
  std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  std::string error;
  if (key == "faults") {
    return state.faults.set(value, &error) ? Result() : invalid(error);
  }
  if (key == "async" && (value == "lazy" || value == "eager")) {
    state.lazy = value == "lazy";
    return Result();
  }
  if (key == "version" && parse_number(value)) {
    state.version = static_cast<int>(*parse_number(value));
    return Result();
  }
  if (key == "timeout" && parse_number(value)) {
    set_block_timeout_ms(*parse_number(value));
    return Result();
  }
  if (key == "log") {
    CallLog::open(value);
    return Result();
  }
  if (key == "resume") {
    resume_all();
    return Result();
  }
  if (key == "limit") return set_limit(value);
  return invalid("unknown control word '" + word + "'");
}

bool is_private_attribute(int number) { return number >= kFirstPrivate; }

Result read_private_attribute(const Device& device, int number, int* value) {
  const Driver& state = driver();
  const Counters& counters = state.counters;
  uint64_t result = 0;
  switch (number) {
    case kIsEmulated: result = 1; break;
    case kLiveAllocations: result = static_cast<uint64_t>(count_live(device, false)); break;
    case kLivePinned: result = static_cast<uint64_t>(count_live(device, true)); break;
    case kViolations: result = counters.violations; break;
    case kContextsCreated: result = counters.contexts_created; break;
    case kContextsDestroyed: result = counters.contexts_destroyed; break;
    case kContextsLeaking: result = counters.contexts_leaking; break;
    case kLiveContexts: result = static_cast<uint64_t>(live_contexts(device)); break;
    case kUsedMebibytes: result = device.used / kMebibyte; break;
    case kPeakMebibytes: result = device.peak / kMebibyte; break;
    case kUsedBytesModMebibyte: result = device.used % kMebibyte; break;
    case kLaunches: result = counters.launches; break;
    case kGraphLaunches: result = counters.graph_launches; break;
    case kKernelsRun: result = counters.kernels_run; break;
    case kCopies: result = counters.copies; break;
    case kLiveStreams: result = static_cast<uint64_t>(count_on(state.streams, device)); break;
    case kLiveEvents: result = static_cast<uint64_t>(count_on(state.events, device)); break;
    case kLiveModules: result = static_cast<uint64_t>(count_on(state.modules, device)); break;
    case kLiveGraphs: result = static_cast<uint64_t>(count_on(state.graphs, device)); break;
    case kLiveExecutableGraphs:
      result = static_cast<uint64_t>(count_on(state.executable_graphs, device));
      break;
    case kModulesLoaded: result = counters.modules_loaded; break;
    case kLinks: result = counters.links; break;
    case kUnsupportedCalls: result = counters.unsupported; break;
    case kCalls: result = counters.calls; break;
    case kHangingCalls: result = counters.hanging; break;
    case kChecked: result = device.spec->checked ? 1 : 0; break;
    default: return invalid("unknown private attribute " + std::to_string(number));
  }
  *value = static_cast<int>(result);
  return Result();
}

}  // namespace emu
