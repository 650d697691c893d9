// SPDX-License-Identifier: Apache-2.0
// Every mistake a kernel can make is noticed: by the fast twin where that costs nothing, by the
// checked twin always.
#include <cmath>

#include "harness.h"

namespace {

const int kFastAndChecked[] = {kAmpere, kChecked};

int count_nan(const std::vector<float>& values) {
  int count = 0;
  for (float value : values) count += std::isnan(value) ? 1 : 0;
  return count;
}

}  // namespace

TEST(new_memory_is_nan) {
  Gpu gpu(kAmpere);
  CUdeviceptr small = gpu.bytes(4096), large = gpu.bytes(size_t{20} << 30), out = gpu.bytes(128);
  OK(gpu.run("copy_out", 1, 32, small, out));
  EXPECT_EQ(32, count_nan(gpu.read_floats(out, 32)));
  CUdeviceptr middle = large + (size_t{10} << 30) + 12345 * 4;
  OK(gpu.run("read_at", 1, 32, large, out, static_cast<long long>((middle - large) / 4)));
  EXPECT_EQ(32, count_nan(gpu.read_floats(out, 32)));
  OK(cuMemsetD32(middle, 0x3f800000, 16));
  EXPECT_EQ(16, count_nan(gpu.read_floats(middle, 32)));
}

TEST(foreign_pointer_parameter) {
  for (int ordinal : kFastAndChecked) {
    Gpu other(kHopper);
    CUdeviceptr foreign = other.bytes(4096);
    Gpu gpu(ordinal);
    CUdeviceptr own = gpu.bytes(4096);
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "parameter 0",
                 gpu.run("vector_add", 1, 32, foreign, own, own, 32));
    CUdeviceptr more;
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "parameter 0", cuMemAlloc(&more, 16));
  }
}

TEST(dangling_pointer_parameter) {
  for (int ordinal : kFastAndChecked) {
    Gpu gpu(ordinal);
    CUdeviceptr own = gpu.bytes(4096), gone = gpu.bytes(4096);
    OK(cuMemFree(gone));
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "was freed",
                 gpu.run("vector_add", 1, 32, own, gone, own, 32));
  }
}

TEST(foreign_pointer_in_memory) {
  Gpu other(kHopper);
  CUdeviceptr foreign = other.bytes(4096);
  Gpu gpu(kChecked);
  CUdeviceptr holder = gpu.bytes(8);
  OK(cuMemcpyHtoD(holder, &foreign, 8));
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "another device",
               gpu.run("write_through", 1, 32, holder));
}

TEST(host_pointer_in_memory) {
  static float host_array[32];
  float* address = host_array;
  Gpu gpu(kChecked);
  CUdeviceptr holder = gpu.bytes(8);
  OK(cuMemcpyHtoD(holder, &address, 8));
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "pinned host memory",
               gpu.run("write_through", 1, 32, holder));
}

TEST(freed_pointer_in_memory) {
  for (int ordinal : kFastAndChecked) {
    Gpu gpu(ordinal);
    CUdeviceptr gone = gpu.bytes(4096), holder = gpu.bytes(8);
    OK(cuMemcpyHtoD(holder, &gone, 8));
    OK(cuMemFree(gone));
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "use after free",
                 gpu.run("write_through", 1, 32, holder));
  }
}

TEST(out_of_bounds_at_the_guard_page) {
  for (int ordinal : kFastAndChecked) {
    Gpu gpu(ordinal);
    CUdeviceptr a = gpu.bytes(4000);
    // The padding of 96 bytes hides elements 1000 to 1023 from the fast twin.
    const char* where =
        ordinal == kChecked ? "block (2,0,0) thread (232,0,0)" : "block (3,0,0) thread (0,0,0)";
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, where, gpu.run("write_at", 4, 256, a, 1000, 256LL));
  }
}

TEST(out_of_bounds_before_the_start) {
  Gpu gpu(kChecked);
  CUdeviceptr a = gpu.bytes(4000);
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "outside every live allocation",
               gpu.run("write_at", 1, 1, a, 1, -1LL));
}

TEST(out_of_bounds_inside_the_padding) {
  {
    Gpu gpu(kAmpere);
    CUdeviceptr a = gpu.bytes(4000);
    OK(gpu.run("write_at", 1, 1, a, 1, 1000LL));
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "were overwritten", cuMemFree(a));
  }
  Gpu gpu(kChecked);
  CUdeviceptr a = gpu.bytes(4000), out = gpu.bytes(128);
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "4 bytes past the end",
               gpu.run("read_at", 1, 1, a, out, 1000LL));
}

TEST(misaligned_access) {
  Gpu gpu(kChecked);
  CUdeviceptr a = gpu.bytes(4096), out = gpu.bytes(128);
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "misaligned", gpu.run("misaligned_read", 1, 1, a, out));
}

TEST(null_pointer) {
  for (int ordinal : kFastAndChecked) {
    Gpu gpu(ordinal);
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "kernel write_at",
                 gpu.run("write_at", 1, 1, CUdeviceptr{0}, 1, 0LL));
  }
}

TEST(races_on_shared_memory) {
  for (const char* kernel :
       {"race_read", "race_write", "race_in_warp", "race_broadcast", "race_atomic"}) {
    Gpu gpu(kChecked);
    CUdeviceptr a = gpu.floats(std::vector<float>(64, 1.0f));
    unsigned threads = strcmp(kernel, "race_in_warp") == 0 ? 32 : 64;
    EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "shared memory race", gpu.run(kernel, 1, threads, a));
  }
  Gpu fast(kAmpere);
  CUdeviceptr a = fast.floats(std::vector<float>(64, 1.0f));
  OK(fast.run("race_read", 1, 64, a));
  EXPECT_EQ(32, count_nan(fast.read_floats(a, 64)));
}

TEST(synchronised_exchange_is_no_race) {
  Gpu gpu(kChecked);
  CUdeviceptr a = gpu.floats(std::vector<float>(32, 1.0f));
  OK(gpu.run("warp_exchange", 1, 32, a));
}

TEST(unwritten_shared_memory_is_nan) {
  for (int ordinal : kFastAndChecked) {
    Gpu gpu(ordinal);
    CUdeviceptr a = gpu.floats(std::vector<float>(32, 1.0f));
    OK(gpu.run("unwritten_shared", 2, 32, a));
    EXPECT_EQ(32, count_nan(gpu.read_floats(a, 32)));
  }
}

TEST(dynamic_shared_memory_overrun) {
  for (int past : {4, 32, 1000}) {
    for (int ordinal : kFastAndChecked) {
      Gpu gpu(ordinal);
      CUdeviceptr a = gpu.bytes(4096);
      OK(gpu.launch_shaped("dynamic_overrun", 1, 32, 128, a, past));
      EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "dynamic shared memory",
                   cuStreamSynchronize(gpu.stream));
    }
  }
}

TEST(wrong_synchronisation) {
  struct Case {
    const char* kernel;
    unsigned threads;
    const char* message;
  };
  const Case cases[] = {{"absent_lanes", 32, "deadlock"},
                        {"mixed_masks", 32, "mask ffffffff"},
                        {"foreign_mask", 32, "leaves out the calling lane"},
                        {"foreign_lane", 32, "not in the mask"},
                        {"barrier_against_shuffle", 64, "deadlock"},
                        {"lost_flag", 32, "waits for a flag"},
                        {"partial_group", 64, "outside a full warpgroup"},
                        {"forgotten_copy", 32, "still in flight"},
                        {"trap", 1, "__trap"}};
  for (const Case& c : cases) {
    for (int ordinal : {kAmpere, kChecked, kReverse}) {
      Gpu gpu(ordinal);
      CUdeviceptr a = gpu.floats(std::vector<float>(64, 1.0f));
      EXPECT_ERROR(CUDA_ERROR_LAUNCH_FAILED, c.message, gpu.run(c.kernel, 1, c.threads, a, a));
    }
  }
}

TEST(asynchronous_copy_without_wait_is_nan) {
  Gpu gpu(kAmpere);
  CUdeviceptr in = gpu.floats(std::vector<float>(128, 1.0f)), out = gpu.bytes(512);
  OK(gpu.run("async_no_wait", 1, 32, in, out));
  EXPECT_EQ(128, count_nan(gpu.read_floats(out, 128)));
}

TEST(division_by_zero_and_stack_overflow) {
  {
    Gpu gpu(kAmpere);
    CUdeviceptr out = gpu.bytes(16);
    EXPECT_ERROR(CUDA_ERROR_LAUNCH_FAILED, "division", gpu.run("divide", 1, 1, out, 0));
  }
  Gpu gpu(kAmpere);
  CUdeviceptr out = gpu.bytes(16);
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "stack", gpu.run("deep_recursion", 1, 1, out, 1000));
}

TEST(endless_kernel) {
  for (int ordinal : kFastAndChecked) {
    Gpu gpu(ordinal);
    CUdeviceptr flag = gpu.ints({0});
    control("timeout=200");
    EXPECT_ERROR(CUDA_ERROR_LAUNCH_TIMEOUT, "timed out", gpu.run("spin", 1, 1, flag));
    control("timeout=0");
  }
}
