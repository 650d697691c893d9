// SPDX-License-Identifier: Apache-2.0
#include "driver/driver.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdlib>
#include <thread>

#include "driver/call.h"
#include "driver/executor.h"
#include "driver/memory.h"
#include "driver/messages.h"
#include "driver/text.h"
#include "driver/twins.h"
#include "engine/device_engine.h"
#include "engine/signals.h"

namespace emu {

Driver& driver() {
  static Driver& state = *new Driver;  // threads outlive static destructors
  return state;
}

namespace {

void report_leaks_at_exit() {
  if (driver().forked || getenv("EMU_REPORT_LEAKS") == nullptr) return;
  for (const Allocation& left : allocations().live()) complain("leaked " + describe(left));
}

// A child of fork has one thread and half a driver: refuse everything, as CUDA does.
void refuse_in_children() {
  driver().forked = true;
  // The parent may have held it in another thread; the child has to be able to ask.
  new (&driver().mutex) std::mutex;
}

int default_workers() {
  unsigned processors = std::thread::hardware_concurrency();
  return processors >= 2 ? 2 : 1;
}

// EMU_FAULTS is read once, so that a second cuInit can succeed where the first was to fail.
Result planted_at_init(Driver& state) {
  static bool read = false;
  std::string error;
  if (!read && !state.faults.set(environment("EMU_FAULTS", ""), &error)) {
    return {CUDA_ERROR_INVALID_VALUE, error};
  }
  read = true;
  FaultAction action = state.faults.on("cuInit", "");
  if (action.code == 0) return Result();
  return {static_cast<CUresult>(action.code), "cuInit: planted failure"};
}

Result initialise(Driver& state) {
  std::string list = environment("EMU_DEVICES", "");
  if (list.empty()) {
    return {CUDA_ERROR_NO_DEVICE,
            "this is an emulator for tests; it runs only if EMU_DEVICES is set"};
  }
  std::string error;
  state.specs = parse_devices(list, &error);
  if (state.specs.empty()) return {CUDA_ERROR_NO_DEVICE, error};
  auto workers = parse_number(environment("EMU_THREADS", ""));
  state.workers_per_device =
      workers && *workers > 0 ? static_cast<int>(*workers) : default_workers();
  state.version = static_cast<int>(parse_number(environment("EMU_DRIVER", "")).value_or(13000));
  state.lazy = environment("EMU_ASYNC", "lazy") != "eager";
  CallLog::open(environment("EMU_LOG", ""));
  Result reserved = reserve_address_space(state.specs.size());
  if (!reserved.ok()) return reserved;
  Result twins = load_image_list();
  if (!twins.ok()) return twins;
  for (size_t i = 0; i < state.specs.size(); i++) {
    auto device = std::make_unique<Device>();
    device->ordinal = static_cast<int>(i);
    device->spec = &state.specs[i];
    device->limit = state.specs[i].bytes;
    device->executor = new Executor(state.workers_per_device);
    state.devices.push_back(std::move(device));
  }
  install_signal_handlers();
  set_block_timeout_ms(parse_number(environment("EMU_TIMEOUT_MS", "")).value_or(0));
  pthread_atfork(nullptr, nullptr, refuse_in_children);
  atexit(report_leaks_at_exit);
  state.initialised = true;
  return Result();
}

}  // namespace

EMU_API cuInit(unsigned flags) {
  Driver& state = driver();
  std::lock_guard<std::mutex> lock(state.mutex);
  if (state.forked) return CUDA_ERROR_NOT_INITIALIZED;
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  if (state.initialised) return CUDA_SUCCESS;
  Result result = planted_at_init(state);
  if (result.ok()) result = initialise(state);
  if (!result.ok()) {
    remember_message(result.code, result.message);
    complain(result.message);
    state.specs.clear();
    state.devices.clear();
  }
  if (CallLog::enabled()) CallLog::write("cuInit", result.code, "");
  return result.code;
}

EMU_API cuDriverGetVersion(int* version) {
  Driver& state = driver();
  std::lock_guard<std::mutex> lock(state.mutex);
  if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
  // Works before cuInit, where only the environment can have set it.
  *version = state.initialised
                 ? state.version
                 : static_cast<int>(parse_number(environment("EMU_DRIVER", "")).value_or(13000));
  return CUDA_SUCCESS;
}

// Every symbol that JCuda imports and the emulator lacks comes here (stubs.sh), because a missing
// symbol would end the JVM.
extern "C" __attribute__((visibility("default"))) int emu_unsupported(const char* name) {
  Call call(name);
  driver().counters.unsupported++;
  return call.end(call.fail(CUDA_ERROR_NOT_SUPPORTED, "is not emulated"));
}

}  // namespace emu
