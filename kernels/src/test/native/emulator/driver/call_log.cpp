// SPDX-License-Identifier: Apache-2.0
#include "driver/call_log.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>

namespace emu {

namespace {

std::mutex& g_mutex = *new std::mutex;
FILE* g_file = nullptr;
std::atomic<bool> g_enabled{false};
uint64_t g_line = 0;

}  // namespace

void CallLog::open(const std::string& path) {
  std::lock_guard<std::mutex> lock(g_mutex);
  if (g_file != nullptr) fclose(g_file);
  g_file = path.empty() ? nullptr : fopen(path.c_str(), "a");
  if (!path.empty() && g_file == nullptr) perror(("[emu] EMU_LOG=" + path).c_str());
  g_enabled = g_file != nullptr;
}

bool CallLog::enabled() { return g_enabled.load(std::memory_order_relaxed); }

void CallLog::write(const char* call, int result, const std::string& fields) {
  using namespace std::chrono;
  auto micros = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
  std::lock_guard<std::mutex> lock(g_mutex);
  if (g_file == nullptr) return;
  fprintf(g_file, "{\"n\":%llu,\"us\":%lld,\"thread\":%ld,\"call\":\"%s\",\"result\":%d%s}\n",
          static_cast<unsigned long long>(++g_line), static_cast<long long>(micros),
          syscall(SYS_gettid), call, result, fields.c_str());
  fflush(g_file);
}

std::string json_text(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  }
  return quoted + "\"";
}

}  // namespace emu
