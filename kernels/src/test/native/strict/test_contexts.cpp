// SPDX-License-Identifier: Apache-2.0
// Devices, the per-thread stack of contexts, and handles that belong to a context.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "harness.h"

TEST(devices_are_what_the_list_says) {
  int count = 0;
  OK(cuDeviceGetCount(&count));
  EXPECT_EQ(9, count);
  char name[64], bus[32];
  OK(cuDeviceGetName(name, sizeof name, device(kHopper)));
  EXPECT(strcmp(name, "Emulated sm_90") == 0);
  size_t bytes = 0;
  OK(cuDeviceTotalMem(&bytes, device(kHopper)));
  EXPECT_EQ(size_t{80} << 30, bytes);
  EXPECT_EQ(9, attribute(kHopper, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
  EXPECT_EQ(5, attribute(kTuring, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  EXPECT_EQ(10, attribute(kSmall, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
  EXPECT_EQ(132, attribute(kHopper, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
  EXPECT_EQ(227 << 10, attribute(kHopper, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  EXPECT_EQ(64 << 10, attribute(kTuring, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  OK(cuDeviceGetPCIBusId(bus, sizeof bus, device(kHopper)));
  CUdevice found = -1;
  OK(cuDeviceGetByPCIBusId(&found, bus));
  EXPECT_EQ(static_cast<int>(kHopper), found);
  CUuuid first, second;
  OK(cuDeviceGetUuid(&first, device(kAmpere)));
  OK(cuDeviceGetUuid(&second, device(kAmpereTwin)));
  EXPECT(memcmp(&first, &second, sizeof first) != 0);
  EXPECT_ERROR(CUDA_ERROR_INVALID_DEVICE, "no such device", cuDeviceTotalMem(&bytes, 99));
  CUdevice none;
  EXPECT_ERROR(CUDA_ERROR_INVALID_DEVICE, "no device at",
               cuDeviceGetByPCIBusId(&none, "0000:99:00.0"));
}

TEST(no_context_on_a_thread) {
  Gpu gpu(kAmpere);
  std::thread([] {
    CUdeviceptr address;
    EXPECT_ERROR(CUDA_ERROR_INVALID_CONTEXT, "no context is current", cuMemAlloc(&address, 16));
    CUcontext current;
    OK(cuCtxGetCurrent(&current));
    EXPECT(current == nullptr);
  }).join();
}

TEST(context_stack_is_per_thread) {
  CUcontext a, b, seen;
  OK(cuCtxCreate_v2(&a, 0, device(kAmpere)));
  OK(cuCtxCreate_v2(&b, 0, device(kAmpere)));
  OK(cuCtxGetCurrent(&seen));
  EXPECT(seen == b);
  std::thread([a] {
    CUcontext mine;
    OK(cuCtxPushCurrent(a));
    OK(cuCtxGetCurrent(&mine));
    EXPECT(mine == a);
    OK(cuCtxPopCurrent(&mine));
    EXPECT_EQ(CUDA_ERROR_INVALID_CONTEXT, cuCtxPopCurrent(&mine));
  }).join();
  OK(cuCtxPopCurrent(&seen));
  EXPECT(seen == b);
  OK(cuCtxGetCurrent(&seen));
  EXPECT(seen == a);
  OK(cuCtxDestroy(b));
  OK(cuCtxDestroy(a));
  EXPECT_ERROR(CUDA_ERROR_INVALID_CONTEXT, "no such context", cuCtxSetCurrent(a));
}

TEST(destroyed_context_still_on_a_stack) {
  CUcontext a;
  OK(cuCtxCreate_v2(&a, 0, device(kAmpere)));
  std::thread([a] { OK(cuCtxDestroy(a)); }).join();
  CUdeviceptr address;
  EXPECT_ERROR(CUDA_ERROR_CONTEXT_IS_DESTROYED, "destroyed", cuMemAlloc(&address, 16));
  OK(cuCtxPopCurrent(nullptr));
}

TEST(primary_context_is_shared_and_counted) {
  int created = attribute(kAmpere, 1000003);
  CUcontext first, second;
  OK(cuDevicePrimaryCtxRetain(&first, device(kAmpere)));
  OK(cuDevicePrimaryCtxRetain(&second, device(kAmpere)));
  EXPECT(first == second);
  EXPECT_EQ(created + 1, attribute(kAmpere, 1000003));
  unsigned flags;
  int active = 0;
  OK(cuDevicePrimaryCtxRelease(device(kAmpere)));
  OK(cuDevicePrimaryCtxGetState(device(kAmpere), &flags, &active));
  EXPECT_EQ(1, active);
  OK(cuDevicePrimaryCtxRelease(device(kAmpere)));
  OK(cuDevicePrimaryCtxGetState(device(kAmpere), &flags, &active));
  EXPECT_EQ(0, active);
  EXPECT_ERROR(CUDA_ERROR_INVALID_CONTEXT, "not retained",
               cuDevicePrimaryCtxRelease(device(kAmpere)));
}

TEST(handles_of_another_context) {
  Gpu other(kAmpereTwin);
  CUevent foreign_event;
  OK(cuEventCreate(&foreign_event, 0));
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(4096);
  int n = 32;
  void* params[] = {&a, &a, &a, &n};
  auto launch = [&](CUfunction function, CUstream stream) {
    return cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, params, nullptr);
  };
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "stream of context",
               launch(gpu.function("vector_add"), other.stream));
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "module of context",
               launch(other.function("vector_add"), gpu.stream));
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "event of context",
               cuEventRecord(foreign_event, gpu.stream));
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "no such stream",
               cuStreamSynchronize(reinterpret_cast<CUstream>(foreign_event)));
  OK(cuStreamWaitEvent(gpu.stream, foreign_event, 0));  // allowed across contexts
}

TEST(two_contexts_of_one_device_share_nothing) {
  CUcontext a, b;
  OK(cuCtxCreate_v2(&a, 0, device(kChecked)));
  CUdeviceptr in_a;
  OK(cuMemAlloc(&in_a, 4096));
  OK(cuCtxCreate_v2(&b, 0, device(kChecked)));
  CUmodule module;
  CUfunction function;
  OK(cuModuleLoadData(&module, strict_fatbin().data()));
  OK(cuModuleGetFunction(&function, module, "vector_add"));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "belongs to context", cuMemsetD8(in_a, 0, 16));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "in another context", cuMemFree(in_a));
  int n = 32;
  void* params[] = {&in_a, &in_a, &in_a, &n};
  OK(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, params, nullptr));
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "parameter 0", cuCtxSynchronize());
  OK(cuCtxDestroy(b));
  OK(cuMemFree(in_a));  // a is not poisoned by b's error
  OK(cuCtxDestroy(a));
}

TEST(peer_access_lets_kernels_reach) {
  Gpu other(kAmpereTwin);
  CUdeviceptr foreign = other.floats(std::vector<float>(32, 2.0f));
  Gpu gpu(kChecked);
  CUdeviceptr own = gpu.bytes(128);
  int can = 0;
  OK(cuDeviceCanAccessPeer(&can, device(kChecked), device(kAmpereTwin)));
  EXPECT_EQ(1, can);
  OK(cuCtxEnablePeerAccess(other.context, 0));
  EXPECT_EQ(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, cuCtxEnablePeerAccess(other.context, 0));
  OK(gpu.run("vector_add", 1, 32, foreign, foreign, own, 32));
  EXPECT_EQ(4.0f, gpu.read_floats(own, 1)[0]);
  OK(cuCtxDisablePeerAccess(other.context));
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "parameter 0",
               gpu.run("vector_add", 1, 32, foreign, own, own, 32));
}

TEST(forked_child_gets_nothing) {
  Gpu gpu(kAmpere);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    CUdeviceptr address;
    int count;
    bool refused = cuMemAlloc(&address, 16) == CUDA_ERROR_NOT_INITIALIZED &&
                   cuInit(0) == CUDA_ERROR_NOT_INITIALIZED &&
                   cuDeviceGetCount(&count) == CUDA_ERROR_NOT_INITIALIZED;
    _exit(refused ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(0, status);
  CUdeviceptr address;
  OK(cuMemAlloc(&address, 16));
}

TEST(unsupported_functions_say_so) {
  Gpu gpu(kAmpere);
  CUdeviceptr address;
  int before = attribute(kAmpere, 1000020);
  EXPECT_ERROR(CUDA_ERROR_NOT_SUPPORTED, "cuMemAllocManaged", cuMemAllocManaged(&address, 64, 1));
  EXPECT_EQ(before + 1, attribute(kAmpere, 1000020));
}

TEST(error_names) {
  const char* name = nullptr;
  OK(cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &name));
  EXPECT(strcmp(name, "CUDA_ERROR_ILLEGAL_ADDRESS") == 0);
  EXPECT_EQ(CUDA_ERROR_INVALID_VALUE, cuGetErrorName(static_cast<CUresult>(12345), &name));
}
