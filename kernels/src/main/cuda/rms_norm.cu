// SPDX-License-Identifier: Apache-2.0
//
// Root-mean-square norm (Zhang and Sennrich, 2019):
//   out[r][i] = round(in[r][i] / sqrt(mean(in[r]^2) + epsilon) * weight[i])
// in f32, f32, bf16 or f16, out likewise; rows of any width, strides in multiples of 64 elements.
//
// One thread block owns one row. The order of the sum is fixed by the width alone: thread t takes
// the chunks of 8 elements t, t + kThreads, ... in ascending order, then block_sum. A row's second
// reading comes from the cache. Moves width * (bytes in + bytes out) a row: memory bound, and at
// batch 1 bound by latency.
#include "include/block.h"
#include "include/vectors.h"

namespace rms_norm_kernel {

constexpr int kThreads = 256;

// Elements beyond the width count as zero, whatever the buffer holds there.
__device__ __forceinline__ void load_chunk(const void* in, int type, int64 row, int column,
                                           int width, float (&values)[kVector]) {
  if (column + kVector <= width) {
    load8(in, type, row + column, values);
    return;
  }
#pragma unroll
  for (int i = 0; i < kVector; i++) {
    values[i] = column + i < width ? load1(in, type, row + column + i) : 0.0f;
  }
}

}  // namespace rms_norm_kernel

extern "C" __global__ void __launch_bounds__(rms_norm_kernel::kThreads)
    rms_norm(void* out, int out_type, int64 out_stride, const void* in, int in_type,
             int64 in_stride, const float* __restrict__ weight, int width, float epsilon,
             const int* __restrict__ count, int count_start) {
  using namespace rms_norm_kernel;
  __shared__ BlockScratch<float> scratch;
  if (static_cast<int>(blockIdx.x) >= rows_left(count, count_start)) {
    return;
  }
  const int64 in_row = blockIdx.x * in_stride;
  const int64 out_row = blockIdx.x * out_stride;
  float values[kVector];
  float squares = 0.0f;
  for (int column = threadIdx.x * kVector; column < width; column += kThreads * kVector) {
    load_chunk(in, in_type, in_row, column, width, values);
#pragma unroll
    for (int i = 0; i < kVector; i++) {
      squares = __fmaf_rn(values[i], values[i], squares);
    }
  }
  const float mean = block_sum(squares, scratch) / width;
  const float factor = 1.0f / sqrtf(mean + epsilon);
  for (int column = threadIdx.x * kVector; column < width; column += kThreads * kVector) {
    load_chunk(in, in_type, in_row, column, width, values);
    for (int i = 0; i < kVector && column + i < width; i++) {
      values[i] = __fmul_rn(__fmul_rn(values[i], factor), weight[column + i]);
    }
    if (column + kVector <= width) {
      store8(out, out_type, out_row + column, values);
    } else {
      for (int i = 0; column + i < width; i++) {
        store1(out, out_type, out_row + column + i, values[i]);
      }
    }
  }
}
