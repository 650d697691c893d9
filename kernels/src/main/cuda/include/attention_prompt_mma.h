// SPDX-License-Identifier: Apache-2.0
//
// Attention of PROMPT tokens on tensor cores, after FlashAttention-2 (Dao, 2023): a thread block
// owns a tile of up to 64 tokens of one entry and HEADS query heads of one kv head, and goes
// through the keys in tiles of 32 or 64, aligned to absolute positions, in ascending order:
//   S = Q K^T; m' = max(m, rowmax S); P = 2^(S - m'); l = l 2^(m - m') + rowsum P;
//   O = O 2^(m - m') + P V
// A warp owns 16 tokens, of all heads, so that a fragment of keys or values read from shared memory
// serves HEADS products. The fragments of S are, rounded to T, those of P as an operand.
//
// Keys and values are filled by cp.async from the pages, one tile ahead: one barrier of the thread
// block per tile. fp8 arrives raw in buffers of its own and is widened when it is its turn.
//
// Work: 4 * keys * headDim FLOP per token and query head, the tiles on the diagonal whole. Bytes:
// keys and values once per thread block, mostly from the cache.
//
// Dynamic shared memory: kSharedBytes of the body.
#pragma once

#include "attention_arguments.h"
#include "attention_operand.h"
#include "ptx.h"
#include "types.h"
#include "warp.h"

namespace attention_prompt_mma {

using namespace attention_operand;

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpSize;
constexpr int kTileTokens = 64;
constexpr int kWarpTokens = kTileTokens / kWarps;
constexpr int kTileInts = 3;

// Two heads of 256 would not fit into the registers; on sm_75 two of 128 not into shared memory.
__host__ __device__ constexpr int heads_per_block(int dim) {
  return dim == 256 || KARCH < 800 ? 1 : 2;
}

// Keys of a tile. Scores of 64 keys and sums of more than 64 elements, of two heads, would not fit
// into the registers together.
__host__ __device__ constexpr int tile_keys(int dim) { return dim == 64 ? 64 : 32; }

// What a thread block computes.
struct Tile {
  int64 first_row;
  int rows;
  int kv_head;
  int first_head;
  int first_position;
  const int* pages;

  __device__ __forceinline__ int last_position() const { return first_position + rows - 1; }
};

// Where things lie in shared memory; sizes for the most heads of a block.
template <typename KV, int DIM>
struct Layout {
  static constexpr bool kWiden = TypeOf<KV>::kCode == kFp8;
  static constexpr int kKeys = tile_keys(DIM);
  static constexpr int kHeadBytes = kTileTokens * row_bytes<DIM>();
  // A tile of keys or of values as operands, and as it is fetched.
  static constexpr int kTileBytes = kKeys * row_bytes<DIM>();
  static constexpr int kFetchedBytes = kWiden ? kKeys * DIM : kTileBytes;
  // Queries; two stages of keys and values; for fp8 these widened; pages of two tiles.
  static constexpr int kFetched = heads_per_block(DIM) * kHeadBytes;
  static constexpr int kWidened = kFetched + 2 * 2 * kFetchedBytes;
  static constexpr int kPages = kWidened + (kWiden ? 2 * kTileBytes : 0);
  static constexpr int kSharedBytes = kPages + 2 * kKeys * sizeof(int);

  // Offset of the keys of a tile, before the values, as they are fetched and as operands.
  static __device__ __forceinline__ int fetched(int key_tile) {
    return kFetched + key_tile % 2 * 2 * kFetchedBytes;
  }
  static __device__ __forceinline__ int operand(int key_tile) {
    return kWiden ? kWidened : fetched(key_tile);
  }
};

template <typename T, typename KV, int DIM, int HEADS>
struct Body {
  using Shared = Layout<KV, DIM>;
  static constexpr bool kWiden = Shared::kWiden;
  static constexpr int kTileKeys = Shared::kKeys;
  static constexpr int kKeyGroups = kTileKeys / 8;

  const AttentionArguments& arguments;
  const Tile& tile;
  unsigned char* shared;

  // Of each head the rows lane / 4 and lane / 4 + 8 of the warp's 16, elements lane % 4 * 2 and the
  // next of each 8.
  float maxima[HEADS][2];
  float totals[HEADS][2];  // of this lane's keys
  float sums[HEADS][DIM / 8][4];

  __device__ __forceinline__ Body(const AttentionArguments& of, const Tile& at,
                                  unsigned char* dynamic_shared)
      : arguments(of), tile(at), shared(dynamic_shared) {
#pragma unroll
    for (int head = 0; head < HEADS; head++) {
#pragma unroll
      for (int i = 0; i < 2; i++) {
        maxima[head][i] = -INFINITY;
        totals[head][i] = 0.0f;
      }
#pragma unroll
      for (int group = 0; group < DIM / 8; group++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          sums[head][group][i] = 0.0f;
        }
      }
    }
  }

  static __device__ __forceinline__ int lane() { return threadIdx.x % kWarpSize; }
  static __device__ __forceinline__ int warp() { return threadIdx.x / kWarpSize; }

  __device__ __forceinline__ unsigned char* queries(int head) const {
    return shared + head * Shared::kHeadBytes;
  }

  // The page of each key of a tile; two tiles take turns.
  __device__ __forceinline__ int* page_of_keys(int key_tile) const {
    return reinterpret_cast<int*>(shared + Shared::kPages) + key_tile % 2 * kTileKeys;
  }
  __device__ __forceinline__ int load_page(int key_tile) const {
    const int key = key_tile * kTileKeys + threadIdx.x % kTileKeys;
    return key <= tile.last_position() ? tile.pages[key >> arguments.cache.page_size_log2] : 0;
  }
  __device__ __forceinline__ void keep_page(int key_tile, int page) const {
    if (threadIdx.x < kTileKeys) {
      page_of_keys(key_tile)[threadIdx.x] = page;
    }
  }

  // Queries to shared memory, rows and elements that do not exist as zeros.
  __device__ __forceinline__ void load_queries() const {
    constexpr int kRowChunks = DIM / kChunkElements;
    for (int index = threadIdx.x; index < HEADS * kTileTokens * kRowChunks; index += kThreads) {
      const int head = index / (kTileTokens * kRowChunks);
      const int row = index / kRowChunks % kTileTokens;
      const int element = index % kRowChunks * kChunkElements;
      uint4 packed = {0, 0, 0, 0};
      if (row < tile.rows && element < arguments.head_dim) {
        const int64 from =
            (tile.first_row + row) * arguments.query_stride +
            static_cast<int64>(tile.first_head + head) * arguments.head_dim + element;
        if (arguments.query_type == TypeOf<T>::kCode) {
          packed = *reinterpret_cast<const uint4*>(at<T>(arguments.query, from));
        } else {
          float values[kVector];
          load8(arguments.query, arguments.query_type, from, values);
          packed = {pack<T>(values[0], values[1]), pack<T>(values[2], values[3]),
                    pack<T>(values[4], values[5]), pack<T>(values[6], values[7])};
        }
      }
      *reinterpret_cast<uint4*>(queries(head) +
                                chunk_offset<DIM>(row, index % kRowChunks)) = packed;
    }
  }

  // Starts the copies of a tile's keys and values. Keys that no row of the thread block sees are
  // zeros, whatever the pages hold there.
  __device__ __forceinline__ void fetch(int key_tile) const {
    constexpr int kRowChunks = DIM * sizeof(KV) / kChunk;
    const int first_key = arguments.first_visible(tile.first_position);
    const int last_key = tile.last_position();
    const int* pages = page_of_keys(key_tile);
    unsigned char* stage = shared + Shared::fetched(key_tile);
#pragma unroll 1
    for (int index = threadIdx.x; index < kTileKeys * kRowChunks; index += kThreads) {
      const int row = index / kRowChunks;
      const int chunk = index % kRowChunks;
      const int key = key_tile * kTileKeys + row;
      const int element = chunk * kChunk / static_cast<int>(sizeof(KV));
      const bool valid = first_key <= key && key <= last_key && element < arguments.head_dim;
      const int64 offset =
          valid ? arguments.cache.offset(pages[row], key, tile.kv_head) + element : 0;
      unsigned char* to = stage + (kWiden ? index * kChunk : chunk_offset<DIM>(row, chunk));
      cp_async16_zfill(to, at<KV>(arguments.cache.keys, offset), valid);
      cp_async16_zfill(to + Shared::kFetchedBytes, at<KV>(arguments.cache.values, offset), valid);
    }
    cp_async_commit();
  }

  // fp8 keys and values of a tile to operands.
  __device__ __forceinline__ void widen_fetched(int key_tile) const {
    const unsigned char* from = shared + Shared::fetched(key_tile);
    unsigned char* to = shared + Shared::kWidened;
    widen_tile<T, DIM, kTileKeys, kThreads>(from, to, threadIdx.x);
    widen_tile<T, DIM, kTileKeys, kThreads>(from + Shared::kFetchedBytes,
                                            to + Shared::kTileBytes, threadIdx.x);
    __syncthreads();
  }

  // Per head and 8 keys, of both rows the keys lane % 4 * 2 and the next.
  using Scores = float[HEADS][kKeyGroups][4];

  __device__ __forceinline__ void multiply_keys(int key_tile, Scores& scores) const {
    const int query_offset =
        chunk_offset<DIM>(warp() * kWarpTokens + lane() % 16, lane() / 16);
    const int key_offset = Shared::operand(key_tile) +
                           chunk_offset<DIM>(lane() % 8 + lane() / 16 * 8, lane() / 8 % 2);
#pragma unroll
    for (int step = 0; step < DIM / 16; step++) {
      const int chunks = 2 * step * kChunk;
      uint32_t query[HEADS][4];
#pragma unroll
      for (int head = 0; head < HEADS; head++) {
        ldmatrix_x4(query[head], shared + head * Shared::kHeadBytes + (query_offset ^ chunks));
      }
#pragma unroll
      for (int group = 0; group < kKeyGroups; group += 2) {
        uint32_t key[4];
        ldmatrix_x4(key, shared + group * 8 * row_bytes<DIM>() + (key_offset ^ chunks));
        const uint32_t low[2] = {key[0], key[1]};
        const uint32_t high[2] = {key[2], key[3]};
#pragma unroll
        for (int head = 0; head < HEADS; head++) {
          mma_m16n8k16<T>(scores[head][group], query[head], low);
          mma_m16n8k16<T>(scores[head][group + 1], query[head], high);
        }
      }
    }
  }

  // Position of the warp's first row, and of the row that this lane holds as the first (0) or
  // second (1).
  __device__ __forceinline__ int first_position() const {
    return tile.first_position + warp() * kWarpTokens;
  }
  __device__ __forceinline__ int position(int which) const {
    return first_position() + lane() / 4 + which * 8;
  }

  // Whether any row of the warp sees any key of a tile, and whether all see all. Leaving a tile or
  // a mask out changes no bit: what is masked has weight 0 and leaves maxima and sums as they are.
  __device__ __forceinline__ bool sees(int key_tile) const {
    const int first_key = key_tile * kTileKeys;
    return first_key < first_position() + kWarpTokens &&
           first_key + kTileKeys > arguments.first_visible(first_position());
  }
  __device__ __forceinline__ bool sees_all(int key_tile) const {
    const int first_key = key_tile * kTileKeys;
    return first_key + kTileKeys <= first_position() + 1 &&
           first_key >= arguments.first_visible(first_position() + kWarpTokens - 1);
  }

  // Dot products to exponents; keys that a row does not see to -inf.
  __device__ __forceinline__ void mask(int key_tile, Scores& scores) const {
    if (arguments.exponent_of.capped) {
#pragma unroll
      for (int head = 0; head < HEADS; head++) {
#pragma unroll
        for (int group = 0; group < kKeyGroups; group++) {
          arguments.exponent_of.cap(scores[head][group]);
        }
      }
    }
    const bool all = sees_all(key_tile);
    const int first_key = key_tile * kTileKeys + lane() % 4 * 2;
#pragma unroll
    for (int which = 0; which < 2; which++) {
      const int row = position(which);
      const int before = all ? 0 : arguments.first_visible(row) - first_key;
      const int last = all ? kTileKeys : row - first_key;
#pragma unroll
      for (int head = 0; head < HEADS; head++) {
#pragma unroll
        for (int group = 0; group < kKeyGroups; group++) {
#pragma unroll
          for (int i = 0; i < 2; i++) {
            float& score = scores[head][group][2 * which + i];
            const int key = group * 8 + i;
            const bool seen = before <= key && key <= last;
            score = seen ? arguments.exponent_of.scaled(score) : -INFINITY;
          }
        }
      }
    }
  }

  // Exponents to weights of P; the state to the new maxima.
  __device__ __forceinline__ void weigh(Scores& scores) {
#pragma unroll
    for (int head = 0; head < HEADS; head++) {
#pragma unroll
      for (int which = 0; which < 2; which++) {
        float maximum = -INFINITY;
#pragma unroll
        for (int group = 0; group < kKeyGroups; group++) {
          maximum = fmaxf(maximum, fmaxf(scores[head][group][2 * which],
                                         scores[head][group][2 * which + 1]));
        }
        maximum = fmaxf(maxima[head][which], warp_max<4>(maximum));
        const float factor = rescale_factor(maxima[head][which], maximum);
        maxima[head][which] = maximum;
        float total = 0.0f;
#pragma unroll
        for (int group = 0; group < kKeyGroups; group++) {
#pragma unroll
          for (int i = 2 * which; i < 2 * which + 2; i++) {
            scores[head][group][i] = softmax_weight(scores[head][group][i], maximum);
            total = __fadd_rn(total, scores[head][group][i]);
          }
        }
        totals[head][which] = __fmaf_rn(totals[head][which], factor, total);
#pragma unroll
        for (int group = 0; group < DIM / 8; group++) {
          sums[head][group][2 * which] = __fmul_rn(sums[head][group][2 * which], factor);
          sums[head][group][2 * which + 1] = __fmul_rn(sums[head][group][2 * which + 1], factor);
        }
      }
    }
  }

  __device__ __forceinline__ void add_values(int key_tile, const Scores& weights) {
    const int offset = Shared::operand(key_tile) + Shared::kTileBytes +
                       chunk_offset<DIM>(lane() % 16, lane() / 16);
#pragma unroll
    for (int step = 0; step < kTileKeys / 16; step++) {
      uint32_t weight[HEADS][4];
#pragma unroll
      for (int head = 0; head < HEADS; head++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const float(&pair)[4] = weights[head][2 * step + i / 2];
          weight[head][i] = pack<T>(pair[i % 2 * 2], pair[i % 2 * 2 + 1]);
        }
      }
#pragma unroll
      for (int group = 0; group < DIM / 8; group += 2) {
        uint32_t value[4];
        ldmatrix_x4_trans(value,
                          shared + step * 16 * row_bytes<DIM>() + (offset ^ (group * kChunk)));
        const uint32_t low[2] = {value[0], value[1]};
        const uint32_t high[2] = {value[2], value[3]};
#pragma unroll
        for (int head = 0; head < HEADS; head++) {
          mma_m16n8k16<T>(sums[head][group], weight[head], low);
          mma_m16n8k16<T>(sums[head][group + 1], weight[head], high);
        }
      }
    }
  }

  template <typename Out>
  __device__ __forceinline__ void write_row(Out* row, int head, int which, float factor) const {
#pragma unroll
    for (int group = 0; group < DIM / 8; group++) {
      const int element = group * 8 + lane() % 4 * 2;
      if (element < arguments.head_dim) {
        store2(row + element, finish(sums[head][group][2 * which], factor),
               finish(sums[head][group][2 * which + 1], factor));
      }
    }
  }

  __device__ __forceinline__ void write() const {
#pragma unroll
    for (int head = 0; head < HEADS; head++) {
      const int query_head = tile.first_head + head;
#pragma unroll
      for (int which = 0; which < 2; which++) {
        const int row = warp() * kWarpTokens + lane() / 4 + which * 8;
        const float total = warp_sum<4>(totals[head][which]);
        const float factor = __fmul_rn(
            finish_factor(maxima[head][which], total, arguments.sink(query_head)),
            arguments.value_scale);
        const int64 out = (tile.first_row + row) * arguments.out_stride +
                          static_cast<int64>(query_head) * arguments.head_dim;
        if (row >= tile.rows) {
          continue;
        }
        if (arguments.out_type == kF32) {
          write_row(at<float>(arguments.out, out), head, which, factor);
        } else if (arguments.out_type == kBf16) {
          write_row(at<bf16>(arguments.out, out), head, which, factor);
        } else {
          write_row(at<f16>(arguments.out, out), head, which, factor);
        }
      }
    }
  }

  __device__ __forceinline__ void run() {
    const int first_tile = arguments.first_visible(tile.first_position) / kTileKeys;
    const int last_tile = tile.last_position() / kTileKeys;
    keep_page(first_tile, load_page(first_tile));
    keep_page(first_tile + 1, load_page(first_tile + 1));
    load_queries();
    __syncthreads();
    fetch(first_tile);
    for (int key_tile = first_tile; key_tile <= last_tile; key_tile++) {
      const int page = load_page(key_tile + 2);
      // This tile is there, and all warps are done with the one before: its stage is free.
      cp_async_wait<0>();
      __syncthreads();
      if (key_tile < last_tile) {
        fetch(key_tile + 1);
      }
      keep_page(key_tile + 2, page);
      if constexpr (kWiden) {
        widen_fetched(key_tile);
      }
      if (sees(key_tile)) {
        Scores scores = {};
        multiply_keys(key_tile, scores);
        mask(key_tile, scores);
        weigh(scores);
        add_values(key_tile, scores);
      }
    }
    write();
  }
};

// grid (tiles, query heads) or fewer in y: kvHeads * ceil(group / heads_per_block) are enough.
template <typename T, typename KV, int DIM>
__device__ __forceinline__ void run(const AttentionArguments& arguments, const int* tiles) {
  constexpr int kHeads = heads_per_block(DIM);
  DYN_SMEM(unsigned char, shared);
  const int group = arguments.group();
  const int blocks_per_group = ceil_div(group, kHeads);
  const int kv_head = blockIdx.y / blocks_per_group;
  if (static_cast<int>(blockIdx.x) >= arguments.header[kPromptTileCount] ||
      kv_head >= arguments.cache.kv_heads) {
    return;
  }
  const int in_group = blockIdx.y % blocks_per_group * kHeads;
  const int* words = tiles + blockIdx.x * kTileInts;
  const Tile tile = {words[0],
                     words[1],
                     kv_head,
                     kv_head * group + in_group,
                     arguments.positions[words[0]],
                     arguments.cache.pages(words[2])};
  if constexpr (kHeads > 1) {
    if (in_group + kHeads <= group) {
      Body<T, KV, DIM, kHeads>(arguments, tile, shared).run();
      return;
    }
  }
  Body<T, KV, DIM, 1>(arguments, tile, shared).run();
}

}  // namespace attention_prompt_mma
