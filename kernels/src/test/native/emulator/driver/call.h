// SPDX-License-Identifier: Apache-2.0
// What every API function does before and after its own work: initialised? forked? planted fault?
// current context? log.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "driver/call_log.h"
#include "driver/driver.h"

namespace emu {

// One API call in progress. It holds the driver's mutex.
class Call {
 public:
  explicit Call(const char* name);
  Call(const Call&) = delete;

  std::unique_lock<std::mutex> lock;

  const char* name() const { return name_; }
  Context& context() const { return *context_; }
  Device& device() const { return *context_->device; }

  // Checks common to all calls; `detail` is what fault rules may ask for.
  CUresult begin(const std::string& detail = "");
  // Also makes context() the thread's current one, which must be alive and without sticky error.
  CUresult begin_in_context(const std::string& detail = "");
  CUresult end(CUresult code);

  // The rule that was broken; the sentence reaches the caller through cuGetErrorString.
  CUresult fail(CUresult code, const std::string& message);
  CUresult fail(const Result& result) { return fail(result.code, result.message); }

  // Refuses what must not happen while a stream captures, and spoils the capture, as CUDA does.
  CUresult forbid_in_capture();

  // For the log.
  void note(const char* key, uint64_t value);
  void note(const char* key, const std::string& value);

 private:
  CUresult planted_fault(const std::string& detail);

  const char* name_;
  Context* context_ = nullptr;
  std::string fields_;
};

// Runs `body(Call&)` as an API function that needs no context.
template <class Body>
CUresult api(const char* name, Body body) {
  Call call(name);
  CUresult code = call.begin();
  return call.end(code == CUDA_SUCCESS ? body(call) : code);
}

// The same for functions that act on the current context.
template <class Body>
CUresult api_in_context(const char* name, Body body) {
  Call call(name);
  CUresult code = call.begin_in_context();
  return call.end(code == CUDA_SUCCESS ? body(call) : code);
}

template <class Body>
CUresult api_in_context(const char* name, const std::string& detail, Body body) {
  Call call(name);
  CUresult code = call.begin_in_context(detail);
  return call.end(code == CUDA_SUCCESS ? body(call) : code);
}

}  // namespace emu
