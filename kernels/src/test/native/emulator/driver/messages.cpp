// SPDX-License-Identifier: Apache-2.0
#include "driver/messages.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

namespace emu {

namespace {

struct ErrorName {
  CUresult code;
  const char* name;
};

#define NAME(code) {code, #code}
constexpr ErrorName kNames[] = {
    NAME(CUDA_SUCCESS),
    NAME(CUDA_ERROR_INVALID_VALUE),
    NAME(CUDA_ERROR_OUT_OF_MEMORY),
    NAME(CUDA_ERROR_NOT_INITIALIZED),
    NAME(CUDA_ERROR_DEINITIALIZED),
    NAME(CUDA_ERROR_STUB_LIBRARY),
    NAME(CUDA_ERROR_NO_DEVICE),
    NAME(CUDA_ERROR_INVALID_DEVICE),
    NAME(CUDA_ERROR_INVALID_IMAGE),
    NAME(CUDA_ERROR_INVALID_CONTEXT),
    NAME(CUDA_ERROR_NO_BINARY_FOR_GPU),
    NAME(CUDA_ERROR_ECC_UNCORRECTABLE),
    NAME(CUDA_ERROR_CONTEXT_ALREADY_IN_USE),
    NAME(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED),
    NAME(CUDA_ERROR_INVALID_PTX),
    NAME(CUDA_ERROR_UNSUPPORTED_PTX_VERSION),
    NAME(CUDA_ERROR_INVALID_SOURCE),
    NAME(CUDA_ERROR_FILE_NOT_FOUND),
    NAME(CUDA_ERROR_OPERATING_SYSTEM),
    NAME(CUDA_ERROR_INVALID_HANDLE),
    NAME(CUDA_ERROR_ILLEGAL_STATE),
    NAME(CUDA_ERROR_NOT_FOUND),
    NAME(CUDA_ERROR_NOT_READY),
    NAME(CUDA_ERROR_ILLEGAL_ADDRESS),
    NAME(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES),
    NAME(CUDA_ERROR_LAUNCH_TIMEOUT),
    NAME(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED),
    NAME(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED),
    NAME(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE),
    NAME(CUDA_ERROR_CONTEXT_IS_DESTROYED),
    NAME(CUDA_ERROR_ASSERT),
    NAME(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED),
    NAME(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED),
    NAME(CUDA_ERROR_MISALIGNED_ADDRESS),
    NAME(CUDA_ERROR_LAUNCH_FAILED),
    NAME(CUDA_ERROR_NOT_SUPPORTED),
    NAME(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED),
    NAME(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED),
    NAME(CUDA_ERROR_STREAM_CAPTURE_MERGE),
    NAME(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED),
    NAME(CUDA_ERROR_STREAM_CAPTURE_UNJOINED),
    NAME(CUDA_ERROR_STREAM_CAPTURE_ISOLATION),
    NAME(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT),
    NAME(CUDA_ERROR_CAPTURED_EVENT),
    NAME(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD),
    NAME(CUDA_ERROR_UNKNOWN),
};
#undef NAME

const char* name_of(CUresult code) {
  for (const ErrorName& entry : kNames) {
    if (entry.code == code) return entry.name;
  }
  return nullptr;
}

struct Sentence {
  CUresult code = CUDA_SUCCESS;
  std::string text;
};

// Leaked on purpose: threads of the host may still fail while the process ends.
std::mutex& g_mutex = *new std::mutex;
std::map<CUresult, std::string>& g_last = *new std::map<CUresult, std::string>;
thread_local Sentence t_last;

}  // namespace

void remember_message(CUresult code, const std::string& message) {
  t_last = {code, message};
  std::lock_guard<std::mutex> lock(g_mutex);
  g_last[code] = message;
}

void complain(const std::string& message) {
  static const bool quiet = getenv("EMU_QUIET") != nullptr;
  if (!quiet) fprintf(stderr, "[emu] %s\n", message.c_str());
}

EMU_API cuGetErrorName(CUresult code, const char** text) {
  *text = name_of(code);
  return *text != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EMU_API cuGetErrorString(CUresult code, const char** text) {
  static thread_local std::string answer;
  const char* name = name_of(code);
  *text = nullptr;
  if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  std::string sentence;
  if (t_last.code == code) {
    sentence = t_last.text;
  } else {
    std::lock_guard<std::mutex> lock(g_mutex);
    auto found = g_last.find(code);
    if (found != g_last.end()) sentence = found->second;
  }
  answer = sentence.empty() ? name : sentence;
  *text = answer.c_str();
  return CUDA_SUCCESS;
}

}  // namespace emu
