// SPDX-License-Identifier: Apache-2.0
#include "harness.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace {

struct Test {
  const char* name;
  TestBody body;
};

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

int g_failures = 0;
int g_failures_of_test = 0;
std::string g_fatbin_path;

}  // namespace

int register_test(const char* name, TestBody body) {
  tests().push_back({name, body});
  return 0;
}

void report_failure(const char* file, int line, const std::string& what) {
  g_failures++;
  if (++g_failures_of_test > 5) return;  // the first ones tell
  printf("  %s:%d: %s\n", file, line, what.c_str());
}

std::string error_text(CUresult code) {
  const char* text = nullptr;
  cuGetErrorString(code, &text);
  return text != nullptr ? text : "?";
}

void expect_error(CUresult want, const char* part, CUresult got, const char* text, const char* file,
                  int line) {
  std::string message = error_text(got);
  if (got != want) {
    report_failure(file, line,
                   std::string(text) + ": wanted " + std::to_string(want) + ", got " +
                       std::to_string(got) + " (" + message + ")");
  } else if (message.find(part) == std::string::npos) {
    report_failure(file, line,
                   std::string(text) + ": the message '" + message + "' lacks '" + part + "'");
  }
}

CUdevice device(int ordinal) {
  CUdevice handle = -1;
  OK(cuDeviceGet(&handle, ordinal));
  return handle;
}

int attribute(int ordinal, int number) {
  int value = -1;
  OK(cuDeviceGetAttribute(&value, static_cast<CUdevice_attribute>(number), ordinal));
  return value;
}

void control(const std::string& word) {
  CUdevice ignored;
  OK(cuDeviceGetByPCIBusId(&ignored, ("emu:" + word).c_str()));
}

const std::vector<char>& strict_fatbin() {
  static const std::vector<char> bytes = [] {
    std::ifstream file(g_fatbin_path, std::ios::binary);
    return std::vector<char>((std::istreambuf_iterator<char>(file)), {});
  }();
  return bytes;
}

Gpu::Gpu(int ordinal_number) : ordinal(ordinal_number) {
  OK(cuDevicePrimaryCtxRetain(&context, device(ordinal)));
  OK(cuCtxSetCurrent(context));
  OK(cuModuleLoadData(&module, strict_fatbin().data()));
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
}

Gpu::~Gpu() {
  OK(cuDevicePrimaryCtxReset(device(ordinal)));
  OK(cuCtxSetCurrent(nullptr));
}

CUfunction Gpu::function(const char* name) {
  CUfunction result = nullptr;
  cuModuleGetFunction(&result, module, name);
  return result;
}

CUdeviceptr Gpu::bytes(size_t count) {
  CUdeviceptr address = 0;
  OK(cuMemAlloc(&address, count));
  return address;
}

CUdeviceptr Gpu::floats(const std::vector<float>& values) {
  CUdeviceptr address = bytes(values.size() * sizeof(float));
  OK(cuMemcpyHtoD(address, values.data(), values.size() * sizeof(float)));
  return address;
}

CUdeviceptr Gpu::ints(const std::vector<int>& values) {
  CUdeviceptr address = bytes(values.size() * sizeof(int));
  OK(cuMemcpyHtoD(address, values.data(), values.size() * sizeof(int)));
  return address;
}

std::vector<float> Gpu::read_floats(CUdeviceptr address, size_t count) {
  std::vector<float> values(count);
  OK(cuMemcpyDtoH(values.data(), address, count * sizeof(float)));
  return values;
}

std::vector<int> Gpu::read_ints(CUdeviceptr address, size_t count) {
  std::vector<int> values(count);
  OK(cuMemcpyDtoH(values.data(), address, count * sizeof(int)));
  return values;
}

// self_test FATBIN [PART OF A TEST NAME]
int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: self_test FATBIN [NAME]\n");
    return 2;
  }
  g_fatbin_path = argv[1];
  setenv("EMU_DEVICES", kDevices, 0);
  setenv("EMU_QUIET", "1", 0);
  if (cuInit(0) != CUDA_SUCCESS) {
    printf("cuInit failed: %s\n", error_text(CUDA_ERROR_NO_DEVICE).c_str());
    return 1;
  }
  int run = 0, failed = 0;
  for (const Test& test : tests()) {
    if (argc > 2 && strstr(test.name, argv[2]) == nullptr) continue;
    int before = g_failures;
    g_failures_of_test = 0;
    test.body();
    run++;
    if (g_failures == before) continue;
    failed++;
    printf("FAILED %s\n", test.name);
  }
  printf("%d tests, %d failed\n", run, failed);
  fflush(stdout);
  return failed == 0 && run > 0 ? 0 : 1;
}
