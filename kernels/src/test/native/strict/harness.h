// SPDX-License-Identifier: Apache-2.0
// The smallest test framework that names what failed, and a device to test with.
#pragma once

#include <cuda.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

// The names that JCuda 12.6 binds to, where newer headers choose newer ones.
#undef cuCtxCreate
#undef cuDeviceGetUuid
#undef cuEventElapsedTime
extern "C" CUresult CUDAAPI cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device);
extern "C" CUresult CUDAAPI cuDeviceGetUuid(CUuuid* uuid, CUdevice device);
extern "C" CUresult CUDAAPI cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end);

// The list every test process runs with; the order is used below.
constexpr const char* kDevices =
    "75:16G,80:40G,80:40G,90:80G,80:40G:checked,90:80G:checked,80:40G:reverse,120:32G,80:1G:sms=10";
enum Ordinal {
  kTuring,
  kAmpere,
  kAmpereTwin,
  kHopper,
  kChecked,
  kCheckedHopper,
  kReverse,
  kBlackwell,
  kSmall
};

using TestBody = void (*)();
int register_test(const char* name, TestBody body);
void report_failure(const char* file, int line, const std::string& what);
std::string error_text(CUresult code);

#define TEST(name)                                           \
  static void name();                                        \
  static int registered_##name = register_test(#name, name); \
  static void name()

template <class A, class B>
void expect_equal(const A& want, const B& got, const char* text, const char* file, int line) {
  if (want == static_cast<A>(got)) return;
  report_failure(file, line,
                 std::string(text) + ": wanted " + std::to_string(want) + ", got " +
                     std::to_string(static_cast<A>(got)));
}
#define EXPECT(condition)                                             \
  do {                                                                \
    if (!(condition)) report_failure(__FILE__, __LINE__, #condition); \
  } while (0)
#define EXPECT_EQ(want, got) expect_equal((want), (got), #got, __FILE__, __LINE__)
// The code, and that the emulator's sentence contains `part`.
#define EXPECT_ERROR(want, part, call) \
  expect_error((want), (part), (call), #call, __FILE__, __LINE__)
#define OK(call) expect_error(CUDA_SUCCESS, "", (call), #call, __FILE__, __LINE__)
void expect_error(CUresult want, const char* part, CUresult got, const char* text, const char* file,
                  int line);

CUdevice device(int ordinal);
int attribute(int ordinal, int number);
void control(const std::string& word);
const std::vector<char>& strict_fatbin();

// The primary context of a device, current on this thread, with the strict kernels loaded. The end
// resets the device, so that a sticky error does not outlive its test.
class Gpu {
 public:
  explicit Gpu(int ordinal);
  ~Gpu();
  Gpu(const Gpu&) = delete;

  void use() { OK(cuCtxSetCurrent(context)); }
  CUfunction function(const char* name);
  CUdeviceptr bytes(size_t count);
  CUdeviceptr floats(const std::vector<float>& values);
  CUdeviceptr ints(const std::vector<int>& values);
  std::vector<float> read_floats(CUdeviceptr address, size_t count);
  std::vector<int> read_ints(CUdeviceptr address, size_t count);

  template <class... Args>
  CUresult launch_shaped(const char* name, unsigned grid, unsigned block, unsigned shared,
                         Args... args) {
    void* params[] = {&args..., nullptr};
    return cuLaunchKernel(function(name), grid, 1, 1, block, 1, 1, shared, stream, params, nullptr);
  }
  template <class... Args>
  CUresult launch(const char* name, unsigned grid, unsigned block, Args... args) {
    return launch_shaped(name, grid, block, 0, args...);
  }
  // Launches and waits: the code of whichever fails.
  template <class... Args>
  CUresult run(const char* name, unsigned grid, unsigned block, Args... args) {
    CUresult code = launch(name, grid, block, args...);
    return code != CUDA_SUCCESS ? code : cuStreamSynchronize(stream);
  }

  int ordinal;
  CUcontext context = nullptr;
  CUmodule module = nullptr;
  CUstream stream = nullptr;
};
