// SPDX-License-Identifier: Apache-2.0
//
// The frame of the OUTPUT kernels: one query row against the keys of its sequence, in splits of 512
// tokens counted from position 0. An item is one row of the work list and up to 8 query heads of
// one kv head (larger groups take several items, neighbours in time, so that keys and values come
// from the cache for all but one of them). It does one split and leaves its piece in the workspace,
// or all splits of the row and writes the finished row; either way splits are merged in ascending
// order by the functions of softmax_state.h, so the bits are the same.
//
// A thread block is 4 warps. A body (simt or mma) shares a split's keys out to them in a way that
// depends on positions only and leaves each warp's piece in shared memory; here the four are merged
// in the order of the warps, 16 threads to a head.
#pragma once

#include "attention_arguments.h"
#include "types.h"
#include "vectors.h"

namespace attention_output {

constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarpSize;
constexpr int kHeads = 8;
constexpr int kWorkInts = 4;
constexpr int kWholeRow = -1;

// What a thread block does at a time.
struct Item {
  int64 row;
  int entry;
  int split;
  int64 partial;
  int kv_head;
  int first_head;
  int heads;
  int position;
  int first_visible;

  // The keys of a split that the row sees; none if first > last.
  __device__ __forceinline__ int first_key(int at_split) const {
    const int first = at_split * kSplitTokens;
    return first < first_visible ? first_visible : first;
  }
  __device__ __forceinline__ int last_key(int at_split) const {
    const int last = at_split * kSplitTokens + kSplitTokens - 1;
    return last < position ? last : position;
  }
};

__device__ __forceinline__ int item_count(const AttentionArguments& arguments) {
  return arguments.header[kOutputWorkCount] * arguments.cache.kv_heads *
         ceil_div(arguments.group(), kHeads);
}

__device__ __forceinline__ Item item_at(const AttentionArguments& arguments, const int* work,
                                        int index) {
  const int group = arguments.group();
  const int tiles = ceil_div(group, kHeads);
  const int tile = index % tiles;
  const int kv_head = index / tiles % arguments.cache.kv_heads;
  const int* entry = work + index / tiles / arguments.cache.kv_heads * kWorkInts;
  Item item;
  item.row = entry[0];
  item.entry = entry[1];
  item.split = entry[2];
  item.partial = entry[3];
  item.kv_head = kv_head;
  item.first_head = kv_head * group + tile * kHeads;
  item.heads = min(kHeads, group - tile * kHeads);
  item.position = arguments.positions[item.row];
  item.first_visible = arguments.first_visible(item.position);
  return item;
}

// The pieces of the warps after a split, in shared memory.
struct WarpPieces {
  // Rows of one head are apart by 4 more than their elements: the fragments of tensor cores, which
  // hold several heads of one element, then go to different banks.
  static constexpr int kPadding = 4;

  float* sums;    // [warp][head][elements + kPadding]
  float* maxima;  // [warp][head]
  float* totals;  // [warp][head]
  int elements;

  __device__ __forceinline__ float* sums_of(int warp, int head) const {
    return sums + (warp * kHeads + head) * (elements + kPadding);
  }
};

// A piece of one query head, shared out to 16 threads: maximum and total in all of them, of the
// sums to thread i of the 16 the chunks of 8 elements i, i + 16...
template <int MAX_HEAD_DIM>
struct Piece {
  static constexpr int kOwners = kThreads / kHeads;
  static constexpr int kOwned = (MAX_HEAD_DIM / kVector + kOwners - 1) / kOwners;
  float maximum;
  float total;
  float sums[kOwned][kVector];

  static __device__ __forceinline__ int head() { return threadIdx.x / kOwners; }
  static __device__ __forceinline__ int element(int owned) {
    return (threadIdx.x % kOwners + owned * kOwners) * kVector;
  }

  __device__ __forceinline__ void clear() {
    maximum = -INFINITY;
    total = 0.0f;
#pragma unroll
    for (int j = 0; j < kOwned; j++) {
#pragma unroll
      for (int i = 0; i < kVector; i++) {
        sums[j][i] = 0.0f;
      }
    }
  }

  __device__ __forceinline__ void add(const Piece& later) {
    const MergeFactors factors = merge_factors(maximum, later.maximum);
    maximum = factors.maximum;
    total = merge(total, later.total, factors);
#pragma unroll
    for (int j = 0; j < kOwned; j++) {
#pragma unroll
      for (int i = 0; i < kVector; i++) {
        sums[j][i] = merge(sums[j][i], later.sums[j][i], factors);
      }
    }
  }

  // The warps' pieces in their order; values as they are meant, not as they are stored.
  __device__ __forceinline__ void collect(const WarpPieces& pieces, float value_scale) {
    clear();
    for (int warp = 0; warp < kWarps; warp++) {
      Piece later;
      later.clear();
      later.maximum = pieces.maxima[warp * kHeads + head()];
      later.total = pieces.totals[warp * kHeads + head()];
#pragma unroll
      for (int j = 0; j < kOwned; j++) {
        if (element(j) < pieces.elements) {
          load8(pieces.sums_of(warp, head()) + element(j), later.sums[j]);
        }
      }
      add(later);
    }
#pragma unroll
    for (int j = 0; j < kOwned; j++) {
#pragma unroll
      for (int i = 0; i < kVector; i++) {
        sums[j][i] = __fmul_rn(sums[j][i], value_scale);
      }
    }
  }

  // partials [partial][queryHeads][headDim + 2]: the sums, then maximum and total. Rows are aligned
  // to 8 bytes only.
  __device__ __forceinline__ void store(const AttentionArguments& arguments, const Item& item,
                                        float* partials) const {
    const int head_dim = arguments.head_dim;
    float* to = partials + (item.partial * arguments.query_heads + item.first_head + head()) *
                               static_cast<int64>(head_dim + 2);
#pragma unroll
    for (int j = 0; j < kOwned; j++) {
      if (element(j) < head_dim) {
#pragma unroll
        for (int i = 0; i < kVector; i += 2) {
          *reinterpret_cast<float2*>(to + element(j) + i) = {sums[j][i], sums[j][i + 1]};
        }
      }
    }
    if (element(0) == 0) {
      *reinterpret_cast<float2*>(to + head_dim) = {maximum, total};
    }
  }

  __device__ __forceinline__ void write(const AttentionArguments& arguments, const Item& item) {
    const int query_head = item.first_head + head();
    const float factor = finish_factor(maximum, total, arguments.sink(query_head));
    const int64 out = item.row * arguments.out_stride +
                      static_cast<int64>(query_head) * arguments.head_dim;
#pragma unroll
    for (int j = 0; j < kOwned; j++) {
      if (element(j) < arguments.head_dim) {
#pragma unroll
        for (int i = 0; i < kVector; i++) {
          sums[j][i] = finish(sums[j][i], factor);
        }
        store8(arguments.out, arguments.out_type, out + element(j), sums[j]);
      }
    }
  }
};

// Body: start(item) reads the queries; attend(item, split) leaves pieces() of the split. All
// threads call both.
template <int MAX_HEAD_DIM, typename Body>
__device__ __forceinline__ void run(const AttentionArguments& arguments, const int* work,
                                    float* partials, Body& body) {
  using HeadPiece = Piece<MAX_HEAD_DIM>;
  const int items = item_count(arguments);
  for (int index = blockIdx.x; index < items; index += gridDim.x) {
    const Item item = item_at(arguments, work, index);
    const bool whole = item.split == kWholeRow;
    const int first_split = whole ? item.first_visible / kSplitTokens : item.split;
    const int last_split = whole ? item.position / kSplitTokens : item.split;
    const bool has_head = HeadPiece::head() < item.heads;
    body.start(item);
    HeadPiece all;
    all.clear();
    // One loop for both ways, so that there is one compiled form of a split's arithmetic.
    for (int split = first_split; split <= last_split; split++) {
      body.attend(item, split);
      __syncthreads();
      if (has_head) {
        HeadPiece piece;
        piece.collect(body.pieces(), arguments.value_scale);
        if (whole) {
          all.add(piece);
        } else {
          piece.store(arguments, item, partials);
        }
      }
      // The pieces' room is free for the next split's.
      __syncthreads();
    }
    if (whole && has_head) {
      all.write(arguments, item);
    }
  }
}

}  // namespace attention_output
