// SPDX-License-Identifier: Apache-2.0
//
// Attention of PROMPT tokens without matrix instructions (see include/attention_simt.h):
// out = softmax(cap(scale * q K^T)) V, any query type, keys and values in f32, bf16, f16 or fp8
// (e4m3), head sizes that are multiples of 8 up to 256.
//
// grid (tiles of up to 64 tokens of one entry, query heads). A warp takes four neighbouring tokens
// at a time and the tiles of 32 keys, aligned to absolute positions, in ascending order; warps
// share nothing. Bytes moved: keys and values once per four tokens, mostly from the cache.
#include "include/attention_simt.h"

namespace attention_prompt_simt {

using attention_simt::kLaneElements;
using attention_simt::kMaxHeadDim;
using attention_simt::kTileKeys;

constexpr int kWarps = 4;
constexpr int kRows = 4;
constexpr int kTileInts = 3;

struct Tile {
  int64 first_row;
  int rows;
  int entry;
  int query_head;
};

// Rows [first, first + rows.count) of the tile.
template <typename KV>
__device__ __forceinline__ void attend(const AttentionArguments& arguments, const Tile& tile,
                                       int first, float* queries,
                                       attention_simt::Scratch<kRows>& scratch) {
  const int lane = threadIdx.x % kWarpSize;
  const int head_dim = arguments.head_dim;
  const int64 column = static_cast<int64>(tile.query_head) * head_dim;
  attention_simt::Rows<kRows> rows;
  rows.queries = queries;
  rows.count = min(kRows, tile.rows - first);
  rows.kv_head = tile.query_head / arguments.group();
  rows.pages = arguments.cache.pages(tile.entry);
#pragma unroll
  for (int row = 0; row < kRows; row++) {
    const int64 token = tile.first_row + first + min(row, rows.count - 1);
    rows.last_visible[row] = arguments.positions[token];
    rows.first_visible[row] = arguments.first_visible(rows.last_visible[row]);
  }
  // The rows before are done with their queries.
  __syncwarp();
  for (int i = lane; i < rows.count * head_dim; i += kWarpSize) {
    const int64 token = tile.first_row + first + i / head_dim;
    queries[i] = load1(arguments.query, arguments.query_type,
                       token * arguments.query_stride + column + i % head_dim);
  }
  __syncwarp();
  attention_simt::State<kRows> state;
  state.clear();
  const int last_tile = rows.last_visible[kRows - 1] / kTileKeys;
  for (int key_tile = rows.first_visible[0] / kTileKeys; key_tile <= last_tile; key_tile++) {
    attention_simt::add_tile<KV>(arguments, rows, key_tile * kTileKeys, scratch, state);
  }
#pragma unroll
  for (int row = 0; row < kRows; row++) {
    if (row < rows.count) {
      const float factor = finish_factor(state.maxima[row], state.totals[row],
                                         arguments.sink(tile.query_head));
      const int64 out = (tile.first_row + first + row) * arguments.out_stride + column;
#pragma unroll
      for (int i = 0; i < kLaneElements; i++) {
        const int d = lane + i * kWarpSize;
        if (d < head_dim) {
          store1(arguments.out, arguments.out_type, out + d,
                 finish(state.sums[row][i], __fmul_rn(factor, arguments.value_scale)));
        }
      }
    }
  }
}

template <typename KV>
__device__ __forceinline__ void run(const AttentionArguments& arguments, const int* tiles) {
  __shared__ attention_simt::Scratch<kRows> scratch[kWarps];
  __shared__ float queries[kWarps][kRows * kMaxHeadDim];
  if (static_cast<int>(blockIdx.x) >= arguments.header[kPromptTileCount]) {
    return;
  }
  const int* words = tiles + blockIdx.x * kTileInts;
  const Tile tile = {words[0], words[1], words[2], static_cast<int>(blockIdx.y)};
  const int warp = threadIdx.x / kWarpSize;
  for (int first = warp * kRows; first < tile.rows; first += kWarps * kRows) {
    attend<KV>(arguments, tile, first, queries[warp], scratch[warp]);
  }
}

}  // namespace attention_prompt_simt

extern "C" __global__ void __launch_bounds__(128, 4)
    attention_prompt_simt_f32(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_simt::run<float>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 4)
    attention_prompt_simt_bf16(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_simt::run<bf16>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 4)
    attention_prompt_simt_f16(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_simt::run<f16>(ATTENTION_ARGUMENTS, tiles);
}

extern "C" __global__ void __launch_bounds__(128, 4)
    attention_prompt_simt_fp8(ATTENTION_PARAMETERS, const int* tiles) {
  attention_prompt_simt::run<fp8>(ATTENTION_ARGUMENTS, tiles);
}
