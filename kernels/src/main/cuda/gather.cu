// SPDX-License-Identifier: Apache-2.0
//
// out[r] = in[logitRows[rowStart + r]] for the logit rows of a head block: the rows of those tokens
// whose logits are wanted. f32, bf16 or f16 on either side; any width.
//
// One thread block per row. Moves width * (bytes in + bytes out) a row: memory bound.
#include "include/vectors.h"

namespace gather_kernel {

constexpr int kThreads = 128;

}  // namespace gather_kernel

extern "C" __global__ void __launch_bounds__(gather_kernel::kThreads)
    gather(void* out, int out_type, int64 out_stride, const void* in, int in_type, int64 in_stride,
           int width, const int* header, int row_start, const int* logit_rows) {
  using namespace gather_kernel;
  const int row = blockIdx.x;
  if (row >= rows_left(header + kLogitRowCount, row_start)) {
    return;
  }
  const int64 from = logit_rows[row_start + row] * in_stride;
  const int64 to = row * out_stride;
  for (int column = threadIdx.x * kVector; column < width; column += kThreads * kVector) {
    if (column + kVector <= width) {
      float values[kVector];
      load8(in, in_type, from + column, values);
      store8(out, out_type, to + column, values);
      continue;
    }
    for (int i = column; i < width; i++) {
      store1(out, out_type, to + i, load1(in, in_type, from + i));
    }
  }
}
