// SPDX-License-Identifier: Apache-2.0
//
// out[t] = round(table[id] * scale), id being tokenIds[t], or the last token of state slot s where
// tokenIds[t] is -s - 1; and the step's first note of what each page slot holds:
// pageTokens[slotMapping[t]] = id. Table f32, bf16 or f16; out likewise; any width.
//
// One thread block per token. Moves width * (bytes of table + bytes of out) a token: memory bound.
#include "include/vectors.h"

namespace embed_kernel {

constexpr int kThreads = 128;

}  // namespace embed_kernel

extern "C" __global__ void __launch_bounds__(embed_kernel::kThreads)
    embed(void* out, int out_type, int64 out_stride, const void* table, int table_type,
          int64 table_stride, int width, float scale, const int* header, const int* token_ids,
          const int* last_tokens, const int* slot_mapping, int* page_tokens) {
  using namespace embed_kernel;
  const int token = blockIdx.x;
  if (token >= header[kTokenCount]) {
    return;
  }
  const int given = token_ids[token];
  const int id = given >= 0 ? given : last_tokens[-given - 1];
  if (threadIdx.x == 0 && slot_mapping[token] >= 0) {
    page_tokens[slot_mapping[token]] = id;
  }
  const int64 from = id * table_stride;
  const int64 to = token * out_stride;
  for (int column = threadIdx.x * kVector; column < width; column += kThreads * kVector) {
    if (column + kVector <= width) {
      float values[kVector];
      load8(table, table_type, from + column, values);
#pragma unroll
      for (int i = 0; i < kVector; i++) {
        values[i] = __fmul_rn(values[i], scale);
      }
      store8(out, out_type, to + column, values);
      continue;
    }
    for (int i = column; i < width; i++) {
      store1(out, out_type, to + i, __fmul_rn(load1(table, table_type, from + i), scale));
    }
  }
}
