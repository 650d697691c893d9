// SPDX-License-Identifier: Apache-2.0
// Good kernels give the right results on every kind of device.
#include <vector_types.h>

#include <cmath>
#include <numeric>

#include "harness.h"

namespace {

const int kAllDevices[] = {kTuring, kAmpere, kHopper, kChecked, kCheckedHopper, kReverse, kBlackwell};

std::vector<float> ramp(int count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

}  // namespace

TEST(vector_add_everywhere) {
  for (int ordinal : kAllDevices) {
    Gpu gpu(ordinal);
    constexpr int kCount = 10000;
    CUdeviceptr a = gpu.floats(ramp(kCount)), b = gpu.floats(ramp(kCount)), c = gpu.bytes(4 * kCount);
    OK(gpu.run("vector_add", (kCount + 255) / 256, 256, a, b, c, int{kCount}));
    std::vector<float> sum = gpu.read_floats(c, kCount);
    for (int i = 0; i < kCount; i++) EXPECT_EQ(2.0f * static_cast<float>(i + 1), sum[static_cast<size_t>(i)]);
  }
}

TEST(neighbouring_rows_are_no_race) {
  for (int ordinal : {kAmpere, kHopper, kChecked, kCheckedHopper, kReverse}) {
    Gpu gpu(ordinal);
    CUdeviceptr a = gpu.floats(ramp(256));
    OK(gpu.launch_shaped("neighbours", 1, 64, 2048, a));
    OK(cuStreamSynchronize(gpu.stream));
    std::vector<float> rows = gpu.read_floats(a, 256);
    for (int i = 0; i < 64; i++) {
      const float* row = &rows[static_cast<size_t>(4 * i)];
      EXPECT_EQ(static_cast<float>(4 * (63 - i) + 1), row[0]);
      EXPECT_EQ(static_cast<float>(4 * (63 - i) + 4), row[1]);
      EXPECT_EQ(static_cast<float>(4 * (i ^ 1) + 1), row[2]);
      EXPECT_EQ(static_cast<float>(4 * (i ^ 1) + 4), row[3]);
    }
  }
}

TEST(parameters_of_all_sizes) {
  Gpu gpu(kAmpere);
  CUdeviceptr out = gpu.bytes(32);
  float4 vector{1.0f, 2.0f, 3.0f, 4.0f};
  OK(gpu.run("all_parameters", 1, 1, out, char{1}, short{2}, int{3}, 4LL, 5.0f, 6.0, vector));
  EXPECT(gpu.read_floats(out, 8) == (std::vector<float>{1, 2, 3, 4, 5, 6, 3, 7}));
}

TEST(block_sums_of_awkward_sizes) {
  for (int ordinal : kAllDevices) {
    Gpu gpu(ordinal);
    for (unsigned threads : {32u, 64u, 96u, 1024u}) {
      CUdeviceptr in = gpu.floats(std::vector<float>(threads * 3, 0.5f)), out = gpu.bytes(12);
      OK(gpu.run("block_sums", 3, threads, in, out));
      EXPECT(gpu.read_floats(out, 3) == std::vector<float>(3, 0.5f * static_cast<float>(threads)));
    }
  }
}

TEST(shared_atomics_make_a_histogram) {
  for (int ordinal : kAllDevices) {
    Gpu gpu(ordinal);
    std::vector<unsigned char> data(5000);
    std::vector<int> want(256, 0);
    for (size_t i = 0; i < data.size(); i++) {
      data[i] = static_cast<unsigned char>(i * i % 251);
      want[data[i]]++;
    }
    CUdeviceptr in = gpu.bytes(data.size()), bins = gpu.ints(std::vector<int>(256, 0));
    OK(cuMemcpyHtoD(in, data.data(), data.size()));
    OK(gpu.run("histogram", 4, 128, in, static_cast<int>(data.size()), bins));
    EXPECT(gpu.read_ints(bins, 256) == want);
  }
}

TEST(dynamic_shared_memory) {
  for (int ordinal : {kAmpere, kChecked, kReverse}) {
    Gpu gpu(ordinal);
    CUdeviceptr in = gpu.floats(ramp(600)), out = gpu.bytes(2400);
    OK(gpu.launch_shaped("reverse_blocks", 6, 100, 400, in, out));
    std::vector<float> got = gpu.read_floats(out, 600);
    OK(cuStreamSynchronize(gpu.stream));
    got = gpu.read_floats(out, 600);
    for (size_t i = 0; i < 600; i++) EXPECT_EQ(static_cast<float>(i / 100 * 100 + 100 - i % 100), got[i]);
  }
}

TEST(votes_and_shuffles) {
  for (int ordinal : {kAmpere, kChecked, kReverse}) {
    Gpu gpu(ordinal);
    CUdeviceptr out = gpu.bytes(20);
    OK(gpu.run("votes", 1, 32, out));
    std::vector<int> got = gpu.read_ints(out, 5);
    EXPECT_EQ(0xaaaaaaaau, static_cast<unsigned>(got[0]));
    EXPECT_EQ(1, got[1]);
    EXPECT_EQ(0, got[2]);
    EXPECT_EQ(0x88888888u, static_cast<unsigned>(got[3]));
    EXPECT_EQ(496, got[4]);
  }
}

TEST(barriers_reduce_and_the_last_block_knows) {
  for (int ordinal : {kAmpere, kChecked, kReverse}) {
    Gpu gpu(ordinal);
    CUdeviceptr out = gpu.bytes(16), counter = gpu.ints({0});
    OK(gpu.run("barriers", 5, 70, out, counter));
    EXPECT(gpu.read_ints(out, 4) == (std::vector<int>{35, 1, 0, 5}));
  }
}

TEST(fused_multiply_add_rounds_once_and_nothing_else_is_fused) {
  for (int ordinal : {kAmpere, kChecked}) {
    Gpu gpu(ordinal);
    CUdeviceptr out = gpu.bytes(12);
    float a = 1.0f + std::ldexp(1.0f, -12), c = -1.0f;
    OK(gpu.run("fused", 1, 1, out, a, a, c));
    std::vector<float> got = gpu.read_floats(out, 3);
    volatile float product = a * a;
    EXPECT_EQ(std::fma(a, a, c), got[0]);
    EXPECT_EQ(static_cast<float>(product + c), got[1]);
    EXPECT_EQ(got[1], got[2]);
    EXPECT(got[0] != got[1]);
  }
}

TEST(asynchronous_copies_arrive_at_the_wait) {
  for (int ordinal : {kAmpere, kChecked}) {
    Gpu gpu(ordinal);
    CUdeviceptr in = gpu.floats(ramp(256)), out = gpu.bytes(1024);
    OK(gpu.run("async_copy", 1, 32, in, out));
    EXPECT_EQ(128.0f, gpu.read_floats(out, 1)[0]);
    OK(gpu.run("async_two_groups", 1, 32, in, out));
    std::vector<float> got = gpu.read_floats(out, 256);
    EXPECT_EQ(128.0f, got[127]);
    EXPECT(std::isnan(got[128]));
  }
}

TEST(deferred_completion_wakes_the_waiting_threads) {
  for (int ordinal : {kAmpere, kChecked, kReverse}) {
    Gpu gpu(ordinal);
    CUdeviceptr in = gpu.ints({4711}), out = gpu.bytes(256);
    OK(gpu.run("flag_copy", 1, 64, in, out));
    EXPECT(gpu.read_ints(out, 64) == std::vector<int>(64, 4711));
  }
}

TEST(warpgroup_meets) {
  for (int ordinal : {kHopper, kCheckedHopper}) {
    Gpu gpu(ordinal);
    CUdeviceptr a = gpu.bytes(512);
    OK(gpu.run("group_exchange", 1, 128, a));
    EXPECT_EQ(128.0f, gpu.read_floats(a, 1)[0]);
  }
}
