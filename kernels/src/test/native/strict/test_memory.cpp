// SPDX-License-Identifier: Apache-2.0
// Allocation, accounting, copies and fills.
#include <numeric>
#include <set>

#include "harness.h"

TEST(accounting_is_exact_and_ends_in_out_of_memory) {
  Gpu gpu(kSmall);
  size_t free_before, free_after, total;
  OK(cuMemGetInfo(&free_before, &total));
  EXPECT_EQ(size_t{1} << 30, total);
  CUdeviceptr a = gpu.bytes(1000);
  OK(cuMemGetInfo(&free_after, &total));
  EXPECT_EQ(free_before - 1024, free_after);
  EXPECT_EQ(1, attribute(kSmall, 1000001));
  CUdeviceptr b;
  EXPECT_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "free on device", cuMemAlloc(&b, free_after + 1));
  OK(cuMemAlloc(&b, free_after));
  EXPECT_EQ(1024, attribute(kSmall, 1000006));
  OK(cuMemFree(a));
  OK(cuMemFree(b));
  OK(cuMemGetInfo(&free_after, &total));
  EXPECT_EQ(free_before, free_after);
}

TEST(limit_takes_memory_away) {
  Gpu gpu(kSmall);
  control("limit=8:4K");
  CUdeviceptr a;
  EXPECT_EQ(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&a, 8192));
  OK(cuMemAlloc(&a, 4096));
  size_t free_bytes, total;
  OK(cuMemGetInfo(&free_bytes, &total));
  EXPECT_EQ(size_t{0}, free_bytes);
  control("limit=8:");
  OK(cuMemAlloc(&a, 8192));
}

TEST(addresses_tell_the_device_and_are_not_used_again) {
  Gpu first(kAmpere);
  CUdeviceptr a = first.bytes(64);
  Gpu second(kAmpereTwin);
  CUdeviceptr b = second.bytes(64);
  EXPECT(a >> 42 != b >> 42);
  std::set<CUdeviceptr> seen;
  for (int i = 0; i < 100; i++) {
    CUdeviceptr p = second.bytes(size_t{30} << 30);  // more than the window holds in all
    EXPECT_EQ(CUdeviceptr{0}, p % 256);
    EXPECT(seen.insert(p).second || i > 90);
    OK(cuMemFree(p));
  }
}

TEST(wrong_frees) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(64);
  void* pinned;
  OK(cuMemAllocHost(&pinned, 64));
  OK(cuMemFree(a));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "double free", cuMemFree(a));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "not an allocation", cuMemFree(gpu.bytes(64) + 16));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "wrong kind",
               cuMemFree(reinterpret_cast<CUdeviceptr>(pinned)));
  OK(cuMemFreeHost(pinned));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "double free", cuMemFreeHost(pinned));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "zero bytes", cuMemAlloc(&a, 0));
  OK(cuMemFree(0));
}

TEST(copies_are_checked_to_the_byte) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(1000);
  std::vector<char> host(2000, 1);
  OK(cuMemcpyHtoD(a, host.data(), 1000));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "1 bytes past the end",
               cuMemcpyHtoD(a, host.data(), 1001));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "1 bytes past the end",
               cuMemcpyDtoH(host.data(), a + 1, 1000));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "not a device pointer", cuMemsetD8(12345, 0, 4));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "misaligned", cuMemsetD32(a + 2, 0, 4));
  OK(cuMemFree(a));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "use after free", cuMemcpyHtoD(a, host.data(), 10));
  OK(cuMemcpyHtoD(a, host.data(), 0));
}

TEST(asynchronous_copies_want_pinned_memory) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(64);
  float pageable[16] = {};
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "not pinned",
               cuMemcpyHtoDAsync(a, pageable, 64, gpu.stream));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "not pinned",
               cuMemcpyDtoHAsync(pageable, a, 64, gpu.stream));
  void* pinned;
  OK(cuMemHostAlloc(&pinned, 60, 0));
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "not pinned",
               cuMemcpyHtoDAsync(a, pinned, 64, gpu.stream));
  OK(cuMemcpyHtoDAsync(a, pinned, 60, gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  OK(cuMemFreeHost(pinned));
}

TEST(fills_of_every_width) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(64);
  OK(cuMemsetD32(a, 0x01020304, 16));
  OK(cuMemsetD16Async(a + 4, 0x0506, 2, gpu.stream));
  OK(cuMemsetD8Async(a + 8, 7, 3, gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT(gpu.read_ints(a, 4) == (std::vector<int>{0x01020304, 0x05060506, 0x01070707, 0x01020304}));
}

TEST(two_dimensional_copies) {
  Gpu gpu(kAmpere);
  CUdeviceptr a = gpu.bytes(1024);
  OK(cuMemsetD8(a, 0, 1024));
  std::vector<unsigned char> host(100);
  std::iota(host.begin(), host.end(), static_cast<unsigned char>(0));
  CUDA_MEMCPY2D shape = {};
  shape.srcMemoryType = CU_MEMORYTYPE_HOST;
  shape.srcHost = host.data();
  shape.srcPitch = 10;
  shape.srcXInBytes = 2;
  shape.srcY = 1;
  shape.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  shape.dstDevice = a;
  shape.dstPitch = 64;
  shape.WidthInBytes = 3;
  shape.Height = 4;
  OK(cuMemcpy2D(&shape));
  std::vector<unsigned char> got(256);
  OK(cuMemcpyDtoH(got.data(), a, 256));
  for (size_t row = 0; row < 4; row++) {
    for (size_t x = 0; x < 4; x++) {
      EXPECT_EQ(x < 3 ? static_cast<int>((row + 1) * 10 + 2 + x) : 0, got[row * 64 + x]);
    }
  }
  shape.Height = 17;
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "past the end", cuMemcpy2D(&shape));
  shape.dstPitch = 2;
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "pitch", cuMemcpy2D(&shape));
}

TEST(peer_copies) {
  Gpu other(kHopper);
  CUdeviceptr from = other.ints({1, 2, 3, 4});
  Gpu gpu(kAmpere);
  CUdeviceptr to = gpu.bytes(16);
  EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "belongs to context", cuMemcpyDtoD(to, from, 16));
  OK(cuMemcpyPeer(to, gpu.context, from, other.context, 16));
  EXPECT(gpu.read_ints(to, 4) == (std::vector<int>{1, 2, 3, 4}));
  OK(cuMemsetD32(to, 0, 4));
  OK(cuMemcpyPeerAsync(to, gpu.context, from, other.context, 8, gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT(gpu.read_ints(to, 4) == (std::vector<int>{1, 2, 0, 0}));
}

TEST(mapped_and_registered_host_memory) {
  for (int ordinal : {kAmpere, kChecked}) {
    Gpu gpu(ordinal);
    float* pinned;
    OK(cuMemHostAlloc(reinterpret_cast<void**>(&pinned), 128, CU_MEMHOSTALLOC_DEVICEMAP));
    std::vector<float> own(32, 3.0f);
    OK(cuMemHostRegister(own.data(), 128, 0));
    EXPECT_EQ(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, cuMemHostRegister(own.data() + 4, 16, 0));
    CUdeviceptr a, b, out = gpu.bytes(128);
    OK(cuMemHostGetDevicePointer(&a, pinned, 0));
    OK(cuMemHostGetDevicePointer(&b, own.data(), 0));
    for (int i = 0; i < 32; i++) pinned[i] = 4.0f;
    OK(gpu.run("vector_add", 1, 32, a, b, out, 32));
    EXPECT_EQ(7.0f, gpu.read_floats(out, 32)[31]);
    OK(gpu.run("vector_add", 1, 32, b, b, a, 32));
    EXPECT_EQ(6.0f, pinned[5]);
    OK(cuMemHostUnregister(own.data()));
    EXPECT_EQ(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, cuMemHostUnregister(own.data()));
    OK(cuMemFreeHost(pinned));
    EXPECT_ERROR(CUDA_ERROR_INVALID_VALUE, "neither pinned",
                 cuMemHostGetDevicePointer(&b, own.data(), 0));
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "parameter 1",
                 gpu.run("vector_add", 1, 32, out, b, out, 32));
  }
}

TEST(stream_ordered_allocation) {
  Gpu gpu(kAmpere);
  CUdeviceptr a, b;
  OK(cuMemAllocAsync(&a, 128, gpu.stream));
  OK(cuMemsetD32Async(a, 0x3f800000, 32, gpu.stream));
  OK(cuMemAllocAsync(&b, 128, gpu.stream));
  OK(gpu.launch("vector_add", 1, 32, a, a, b, 32));
  OK(cuMemFreeAsync(a, gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(2.0f, gpu.read_floats(b, 1)[0]);
  EXPECT_EQ(1, attribute(kAmpere, 1000001));
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "was freed", gpu.run("vector_add", 1, 32, a, b, b, 32));
}

TEST(pointer_attributes) {
  Gpu gpu(kAmpereTwin);
  CUdeviceptr a = gpu.bytes(1000), start = 0;
  CUcontext owner = nullptr;
  int ordinal = -1;
  size_t bytes = 0;
  OK(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, a + 10));
  OK(cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, a + 10));
  EXPECT(owner == gpu.context);
  EXPECT_EQ(static_cast<int>(kAmpereTwin), ordinal);
  OK(cuMemGetAddressRange(&start, &bytes, a + 999));
  EXPECT_EQ(a, start);
  EXPECT_EQ(size_t{1000}, bytes);
  EXPECT_EQ(CUDA_ERROR_INVALID_VALUE,
            cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, a + 1000));
}

TEST(leaks_are_counted_when_a_context_goes) {
  int before = attribute(kAmpere, 1000022);
  {
    Gpu gpu(kAmpere);
    gpu.bytes(64);
  }
  EXPECT_EQ(before + 1, attribute(kAmpere, 1000022));
  EXPECT_EQ(0, attribute(kAmpere, 1000001));
  EXPECT_EQ(0, attribute(kAmpere, 1000006));
}
