// SPDX-License-Identifier: Apache-2.0
//
// Attention of OUTPUT tokens without matrix instructions (see include/attention_output.h and
// include/attention_simt.h): out = softmax(cap(scale * q K^T)) V, any query type, keys and values
// in f32, bf16, f16 or fp8 (e4m3), head sizes that are multiples of 8 up to 256.
//
// The warps take the tiles of 32 keys in turn. Bytes moved: keys and values once per item. Meant to
// be right everywhere; on sm_75 and for f32 the only variant.
//
// Dynamic shared memory: 160 * headDim + 5888 bytes.
#include "include/attention_output.h"
#include "include/attention_simt.h"

namespace attention_output_simt {

using namespace attention_output;
using attention_simt::kLaneElements;
using attention_simt::kTileKeys;

template <typename KV>
struct Body {
  const AttentionArguments& arguments;
  attention_simt::Scratch<kHeads>* scratch;  // [warp]
  float* maxima;                             // [warp][head]
  float* totals;                             // [warp][head]
  float* queries;                            // [head][headDim]
  float* sums;                               // see WarpPieces

  __device__ __forceinline__ Body(const AttentionArguments& of, unsigned char* shared)
      : arguments(of),
        scratch(reinterpret_cast<attention_simt::Scratch<kHeads>*>(shared)),
        maxima(reinterpret_cast<float*>(scratch + kWarps)),
        totals(maxima + kWarps * kHeads),
        queries(totals + kWarps * kHeads),
        sums(queries + kHeads * of.head_dim) {}

  __device__ __forceinline__ WarpPieces pieces() const {
    return {sums, maxima, totals, arguments.head_dim};
  }

  __device__ __forceinline__ void start(const Item& item) {
    const int64 row = item.row * arguments.query_stride +
                      static_cast<int64>(item.first_head) * arguments.head_dim;
    for (int i = threadIdx.x; i < item.heads * arguments.head_dim; i += kThreads) {
      queries[i] = load1(arguments.query, arguments.query_type, row + i);
    }
    __syncthreads();
  }

  __device__ __forceinline__ void attend(const Item& item, int split) {
    const int lane = threadIdx.x % kWarpSize;
    const int warp = threadIdx.x / kWarpSize;
    attention_simt::Rows<kHeads> rows;
    rows.queries = queries;
    rows.count = item.heads;
    rows.kv_head = item.kv_head;
    rows.pages = arguments.cache.pages(item.entry);
    const int first_key = item.first_key(split);
    const int last_key = item.last_key(split);
#pragma unroll
    for (int head = 0; head < kHeads; head++) {
      rows.first_visible[head] = first_key;
      rows.last_visible[head] = last_key;
    }
    attention_simt::State<kHeads> state;
    state.clear();
    for (int tile = first_key / kTileKeys; tile <= last_key / kTileKeys; tile++) {
      if (tile % kWarps == warp) {
        attention_simt::add_tile<KV>(arguments, rows, tile * kTileKeys, scratch[warp], state);
      }
    }
#pragma unroll
    for (int head = 0; head < kHeads; head++) {
      if (head < item.heads) {
        if (lane == 0) {
          maxima[warp * kHeads + head] = state.maxima[head];
          totals[warp * kHeads + head] = state.totals[head];
        }
#pragma unroll
        for (int i = 0; i < kLaneElements; i++) {
          const int d = lane + i * kWarpSize;
          if (d < arguments.head_dim) {
            pieces().sums_of(warp, head)[d] = state.sums[head][i];
          }
        }
      }
    }
  }
};

template <typename KV>
__device__ __forceinline__ void run(const AttentionArguments& arguments, const int* work,
                                    float* partials) {
  DYN_SMEM(unsigned char, shared);
  Body<KV> body(arguments, shared);
  attention_output::run<attention_simt::kMaxHeadDim>(arguments, work, partials, body);
}

}  // namespace attention_output_simt

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_output_simt_f32(ATTENTION_PARAMETERS, const int* work, float* partials) {
  attention_output_simt::run<float>(ATTENTION_ARGUMENTS, work, partials);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_output_simt_bf16(ATTENTION_PARAMETERS, const int* work, float* partials) {
  attention_output_simt::run<bf16>(ATTENTION_ARGUMENTS, work, partials);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_output_simt_f16(ATTENTION_PARAMETERS, const int* work, float* partials) {
  attention_output_simt::run<f16>(ATTENTION_ARGUMENTS, work, partials);
}

extern "C" __global__ void __launch_bounds__(128, 2)
    attention_output_simt_fp8(ATTENTION_PARAMETERS, const int* work, float* partials) {
  attention_output_simt::run<fp8>(ATTENTION_ARGUMENTS, work, partials);
}
