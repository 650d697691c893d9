// SPDX-License-Identifier: Apache-2.0
//
// Joins the pieces that attention_output_* left of rows done split by split:
//   out[row] = (sum over pieces of 2^(m_i - m) sums_i) / (sum over pieces of 2^(m_i - m) total_i)
// with m the greatest m_i, pieces in ascending order of positions, merged two at a time, and the
// sink last: by the same functions as where a thread block does all splits of a row itself.
//
// A thread owns one element of one query head. Reads partialCount * (headDim + 2) * 4 bytes per row
// and head.
#include "include/softmax_state.h"
#include "include/types.h"
#include "include/vectors.h"

namespace attention_combine_kernel {

constexpr int kThreads = 128;
constexpr int kCombineInts = 3;

}  // namespace attention_combine_kernel

extern "C" __global__ void __launch_bounds__(attention_combine_kernel::kThreads)
    attention_combine(void* out, int out_type, int64 out_stride, int query_heads, int head_dim,
                      const float* sinks, const int* header, const int* combines,
                      const float* partials) {
  using namespace attention_combine_kernel;
  const int elements = query_heads * head_dim;
  const int blocks_per_row = ceil_div(elements, kThreads);
  const int blocks = header[kOutputCombineCount] * blocks_per_row;
  for (int block = blockIdx.x; block < blocks; block += gridDim.x) {
    const int element = block % blocks_per_row * kThreads + threadIdx.x;
    if (element >= elements) {
      continue;
    }
    const int* combine = combines + block / blocks_per_row * kCombineInts;
    const int64 row = combine[0];
    const int64 first_partial = combine[1];
    const int count = combine[2];
    const int head = element / head_dim;
    const float* partial = partials + (first_partial * query_heads + head) * (head_dim + 2);
    const int64 stride = static_cast<int64>(query_heads) * (head_dim + 2);
    float maximum = -INFINITY;
    float total = 0.0f;
    float sum = 0.0f;
#pragma unroll 4
    for (int i = 0; i < count; i++) {
      const MergeFactors factors = merge_factors(maximum, partial[i * stride + head_dim]);
      maximum = factors.maximum;
      total = merge(total, partial[i * stride + head_dim + 1], factors);
      sum = merge(sum, partial[i * stride + element % head_dim], factors);
    }
    const float factor =
        finish_factor(maximum, total, sinks == nullptr ? -INFINITY : sinks[head]);
    store1(out, out_type, row * out_stride + element, finish(sum, factor));
  }
}
