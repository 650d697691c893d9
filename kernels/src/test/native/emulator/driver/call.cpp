// SPDX-License-Identifier: Apache-2.0
#include "driver/call.h"

#include <chrono>
#include <thread>

#include "driver/capture.h"
#include "driver/contexts.h"
#include "driver/executor.h"
#include "driver/messages.h"

namespace emu {

namespace {

// "cuMemAlloc_v2" -> "cuMemAlloc": fault rules need not know versions.
std::string plain_name(const std::string& name) {
  size_t length = name.size();
  bool versioned = length > 3 && name[length - 3] == '_' && name[length - 2] == 'v';
  return versioned ? name.substr(0, length - 3) : name;
}

// Errors after which CUDA gives up the whole context.
bool is_sticky(int code) {
  return code == CUDA_ERROR_ILLEGAL_ADDRESS || code == CUDA_ERROR_LAUNCH_TIMEOUT ||
         code == CUDA_ERROR_ASSERT || code == CUDA_ERROR_MISALIGNED_ADDRESS ||
         code == CUDA_ERROR_LAUNCH_FAILED || code == CUDA_ERROR_ECC_UNCORRECTABLE;
}

}  // namespace

Call::Call(const char* name) : lock(driver().mutex), name_(name) {}

CUresult Call::begin(const std::string& detail) {
  Driver& state = driver();
  state.counters.calls++;
  if (state.forked) return fail(CUDA_ERROR_NOT_INITIALIZED, "used in a forked child");
  if (!state.initialised) return fail(CUDA_ERROR_NOT_INITIALIZED, "before cuInit");
  return planted_fault(detail);
}

CUresult Call::begin_in_context(const std::string& detail) {
  Driver& state = driver();
  state.counters.calls++;
  if (state.forked) return fail(CUDA_ERROR_NOT_INITIALIZED, "used in a forked child");
  if (!state.initialised) return fail(CUDA_ERROR_NOT_INITIALIZED, "before cuInit");
  context_ = current_context();
  if (context_ == nullptr) return fail(CUDA_ERROR_INVALID_CONTEXT, "no context is current");
  note("ctx", context_->number);
  note("dev", static_cast<uint64_t>(context_->device->ordinal));
  if (!context_->alive) return fail(CUDA_ERROR_CONTEXT_IS_DESTROYED, "the context is destroyed");
  if (!context_->sticky.ok()) {
    remember_message(context_->sticky.code, context_->sticky.message);
    return context_->sticky.code;
  }
  return planted_fault(detail.empty() ? "dev" + std::to_string(context_->device->ordinal) : detail);
}

CUresult Call::planted_fault(const std::string& detail) {
  Driver& state = driver();
  if (state.faults.empty()) return CUDA_SUCCESS;
  FaultAction action = state.faults.on(plain_name(name_), detail);
  if (action.none()) return CUDA_SUCCESS;
  note("planted", 1);
  if (action.delay_ms != 0) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(action.delay_ms));
    lock.lock();
  }
  if (action.hang) wait_for_resume(lock);
  if (action.code == 0) return CUDA_SUCCESS;
  CUresult code = static_cast<CUresult>(action.code);
  std::string message = std::string(name_) + ": planted failure";
  remember_message(code, message);
  if (context_ != nullptr && is_sticky(action.code)) make_sticky(*context_, {code, message});
  return code;
}

CUresult Call::end(CUresult code) {
  if (CallLog::enabled()) {
    lock.unlock();
    CallLog::write(name_, code, fields_);
  }
  return code;
}

CUresult Call::fail(CUresult code, const std::string& message) {
  driver().counters.violations++;
  std::string sentence = std::string(name_) + ": " + message;
  remember_message(code, sentence);
  complain("error " + std::to_string(code) + ": " + sentence);
  return code;
}

CUresult Call::forbid_in_capture() {
  if (!captures_forbid_unsafe_calls()) return CUDA_SUCCESS;
  return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not allowed while a stream is captured");
}

void Call::note(const char* key, uint64_t value) {
  if (CallLog::enabled()) fields_ += std::string(",\"") + key + "\":" + std::to_string(value);
}

void Call::note(const char* key, const std::string& value) {
  if (CallLog::enabled()) fields_ += std::string(",\"") + key + "\":" + json_text(value);
}

}  // namespace emu
