// SPDX-License-Identifier: Apache-2.0
// Planted failures, sticky errors, delays and hangs, and the log of calls.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "harness.h"

TEST(nth_call_fails) {
  Gpu gpu(kAmpere);
  CUdeviceptr a;
  control("faults=cuMemAlloc@2=2");
  OK(cuMemAlloc(&a, 16));
  EXPECT_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "planted", cuMemAlloc(&a, 16));
  OK(cuMemAlloc(&a, 16));
  control("faults=cuMemAlloc:dev2@1+=2");
  OK(cuMemAlloc(&a, 16));
  {
    Gpu other(kAmpereTwin);
    EXPECT_EQ(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&a, 16));
    EXPECT_EQ(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&a, 16));
  }
  control("faults=");
  gpu.use();
  OK(cuMemAlloc(&a, 16));
}

TEST(set_up_calls_can_fail_and_be_tried_again) {
  CUcontext context;
  control(
      "faults=cuDevicePrimaryCtxRetain@1=2,cuModuleLoadData@1=209,cuStreamCreateWithPriority@1=3");
  EXPECT_EQ(CUDA_ERROR_OUT_OF_MEMORY, cuDevicePrimaryCtxRetain(&context, device(kAmpere)));
  OK(cuDevicePrimaryCtxRetain(&context, device(kAmpere)));
  OK(cuCtxSetCurrent(context));
  CUmodule module;
  EXPECT_EQ(CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&module, strict_fatbin().data()));
  OK(cuModuleLoadData(&module, strict_fatbin().data()));
  CUstream stream;
  EXPECT_EQ(CUDA_ERROR_NOT_INITIALIZED, cuStreamCreate(&stream, 0));
  OK(cuStreamCreate(&stream, 0));
  control("faults=");
  OK(cuDevicePrimaryCtxReset(device(kAmpere)));
  OK(cuCtxSetCurrent(nullptr));
}

TEST(planted_launch_failure_poisons_the_context) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(128);
  control("faults=cuLaunchKernel:vector_add@2=700");
  OK(gpu.launch("copy_out", 1, 32, a, a));
  OK(gpu.launch("vector_add", 1, 32, a, a, a, 32));
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_ADDRESS, gpu.launch("vector_add", 1, 32, a, a, a, 32));
  control("faults=");
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_ADDRESS, cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_ADDRESS, cuMemFree(a));
  std::thread([&] {
    EXPECT_EQ(CUDA_SUCCESS, cuCtxSetCurrent(gpu.context));
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "planted", cuCtxSynchronize());
  }).join();
}

TEST(planted_execution_failure_surfaces_later) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.floats(std::vector<float>(32, 1.0f)), b = gpu.bytes(128);
  control("faults=run:vector_add@3=719");
  for (int i = 0; i < 4; i++) OK(gpu.launch("vector_add", 1, 32, a, a, b, 32));
  int before = attribute(kAmpere, 1000011);
  EXPECT_ERROR(CUDA_ERROR_LAUNCH_FAILED, "vector_add", cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(before + 2, attribute(kAmpere, 1000011));
  control("faults=");
}

TEST(sticky_error_leaves_other_devices_alone) {
  Gpu healthy(kAmpereTwin);
  Gpu gpu(kAmpere);
  CUdeviceptr nowhere = 0;
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_ADDRESS, gpu.run("write_at", 1, 1, nowhere, 1, 0LL));
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_ADDRESS, cuStreamCreate(&gpu.stream, 0));
  healthy.use();
  CUdeviceptr a = healthy.bytes(128);
  OK(healthy.run("vector_add", 1, 32, a, a, a, 32));
}

TEST(delays) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(128);
  using Clock = std::chrono::steady_clock;
  control("faults=run:copy_out@1=delay60,cuMemAlloc@1=delay60");
  auto start = Clock::now();
  OK(gpu.launch("copy_out", 1, 32, a, a));
  EXPECT(Clock::now() - start < std::chrono::milliseconds(40));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT(Clock::now() - start >= std::chrono::milliseconds(60));
  start = Clock::now();
  CUdeviceptr b;
  OK(cuMemAlloc(&b, 16));
  EXPECT(Clock::now() - start >= std::chrono::milliseconds(60));
  control("faults=");
}

TEST(hang_lasts_until_it_is_released) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.floats(std::vector<float>(32, 1.0f)), b = gpu.bytes(128);
  control("faults=run:vector_add@1=hang");
  OK(gpu.launch("vector_add", 1, 32, a, a, b, 32));
  EXPECT_EQ(CUDA_ERROR_NOT_READY, cuStreamQuery(gpu.stream));
  CUstream other;
  OK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
  OK(cuMemsetD32Async(b, 0, 32, other));
  OK(cuStreamSynchronize(other));  // only the one stream hangs
  EXPECT_EQ(CUDA_ERROR_NOT_READY, cuStreamQuery(gpu.stream));
  control("resume");
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(2.0f, gpu.read_floats(b, 1)[0]);
  control("faults=cuMemAlloc@1=hang");
  std::thread waiting([&] {
    gpu.use();
    CUdeviceptr more;
    OK(cuMemAlloc(&more, 16));
  });
  while (attribute(kAmpere, 1000025) == 0) std::this_thread::yield();
  control("resume");
  waiting.join();
  control("faults=");
}

TEST(wrong_control_words) {
  CUdevice ignored;
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "unknown control word",
               cuDeviceGetByPCIBusId(&ignored, "emu:nonsense"));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "is not event",
               cuDeviceGetByPCIBusId(&ignored, "emu:faults=launch"));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "is not event",
               cuDeviceGetByPCIBusId(&ignored, "emu:faults=run@0=2"));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "limit wants",
               cuDeviceGetByPCIBusId(&ignored, "emu:limit=99:1G"));
}

TEST(log_tells_who_called_what) {
  std::string path = "/tmp/emulator-log-" + std::to_string(getpid()) + ".jsonl";
  control("log=" + path);
  {
    Gpu gpu(kAmpere);
    CUdeviceptr a = gpu.bytes(128);
    OK(gpu.run("vector_add", 2, 32, a, a, a, 32));
    cuMemFree(1);
  }
  control("log=");
  std::ifstream file(path);
  std::string all((std::istreambuf_iterator<char>(file)), {});
  unlink(path.c_str());
  for (const char* part :
       {"\"call\":\"cuMemAlloc_v2\",\"result\":0", "\"bytes\":128", "\"kernel\":\"vector_add\"",
        "\"grid\":\"2x1x1\"", "\"call\":\"cuMemFree_v2\",\"result\":1", "\"dev\":1"}) {
    if (all.find(part) == std::string::npos)
      report_failure(__FILE__, __LINE__, std::string("the log lacks ") + part);
  }
}
