// SPDX-License-Identifier: Apache-2.0
//
// top_k and top_p by one thread block: the rank of the last token that stays. Going down the tokens
// in order, masses (1 each, or weights) are added until they reach a target:
//
//   1. the bin in which they reach it, from the row's bins;
//   2. while that leaves more than 2048 tokens: an interval of ranks 256 times narrower (one pass);
//   3. those tokens, gathered (one pass) and sorted.
//
// All sums are integers. The same tokens as dev.highbeam.runtime.sampling.DescendingCut, whose radix
// select would need three passes for every row.
#pragma once

#include "draw_weights.h"

namespace sampling {

constexpr int kListCapacity = 2048;

// How many tokens and how much weight.
struct Mass {
  uint64 weight;
  uint32_t count;
};

struct DrawShared {
  // Bins of the row, and of an interval within one of them.
  uint64 bin_weights[kBins];
  uint32_t bin_counts[kBins];
  uint64 inner_weights[kBins];
  uint32_t inner_counts[kBins];
  union {
    Histogram histogram;
    Rank list[kListCapacity];
  };
  BlockScratch<uint64> scratch;
  Weigher weigher;
  Mass before;        // of all tokens above the interval
  Rank lowest;        // the interval in which the target is reached
  Rank highest;
  Rank kept_from;     // tokens below this rank are dropped
  uint64 total;       // weight of the tokens that stay
  int bin;
  uint32_t list_count;
  uint64 rest;
  int chunk;
  int token_id;
};

// Takes the row's bins and zeroes them for the next step; the tail gets what they leave.
__device__ __forceinline__ void load_bins(const Weigher& weigher, Row* work, DrawShared& shared) {
  const int bin = threadIdx.x;
  uint64 weight = 0;
  uint64 count = 0;
  if (bin < kTailBin) {
    weight = atomicExch(&work->bin_weights[bin], 0ull);
    count = atomicExch(&work->bin_counts[bin], 0u);
    shared.bin_weights[bin] = weight;
    shared.bin_counts[bin] = static_cast<uint32_t>(count);
  }
  weight = block_sum(weight, shared.scratch);
  count = block_sum(count, shared.scratch);
  if (bin == kTailBin) {
    shared.bin_weights[bin] = shared.total - weight;
    shared.bin_counts[bin] = static_cast<uint32_t>(weigher.vocabulary - count);
  }
  __syncthreads();
}

// Finds the bin in which masses reach the target, given what comes before the first bin, and moves
// `before` up to it. There is one.
__device__ __forceinline__ void find_bin(const uint64* weights, const uint32_t* counts,
                                         bool by_weight, uint64 target, DrawShared& shared) {
  const int bin = threadIdx.x;
  const uint64 weight = bin < kBins ? weights[bin] : 0;
  const uint64 count = bin < kBins ? counts[bin] : 0;
  const Mass before = shared.before;
  const uint64 weight_through = before.weight + block_inclusive_sum(weight, shared.scratch);
  const uint64 count_through = before.count + block_inclusive_sum(count, shared.scratch);
  const uint64 through = by_weight ? weight_through : count_through;
  const uint64 mass = by_weight ? weight : count;
  if (bin < kBins && through >= target && through - mass < target) {
    shared.bin = bin;
    shared.before = {weight_through - weight, static_cast<uint32_t>(count_through - count)};
  }
  __syncthreads();
}

// The least key whose bin is at most the given one: bins do not rise with the key.
__device__ __forceinline__ uint32_t least_key_of_bin(const Weigher& weigher, int bin) {
  uint32_t low = kMinusInfinityKey;
  uint32_t high = key_of(weigher.greatest);
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (weigher.bin_of_key(middle) <= bin) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Replaces the interval by the 256th part of it in which the target is reached.
__device__ __forceinline__ void narrow(const Weigher& weigher, bool by_weight, uint64 target,
                                       DrawShared& shared) {
  const Rank lowest = shared.lowest;
  const Rank highest = shared.highest;
  const int bits = 64 - __clzll(static_cast<int64>(highest - lowest));
  const int shift = bits > 8 ? bits - 8 : 0;
  // The last round's counts may still be being read.
  __syncthreads();
  if (threadIdx.x < kBins) {
    shared.inner_weights[threadIdx.x] = 0;
    shared.inner_counts[threadIdx.x] = 0;
  }
  for (int chunk = 0; chunk < chunk_count(weigher.vocabulary); chunk++) {
    shared.histogram.clear();
    for_each_between(weigher, chunk, lowest, highest, [&](float logit, Rank rank) {
      shared.histogram.add(static_cast<int>((highest - rank) >> shift), weigher.weight_of(logit));
    });
    __syncthreads();
    if (threadIdx.x < kBins) {
      shared.inner_weights[threadIdx.x] += shared.histogram.weight(threadIdx.x);
      shared.inner_counts[threadIdx.x] += shared.histogram.count[threadIdx.x];
    }
    __syncthreads();
  }
  find_bin(shared.inner_weights, shared.inner_counts, by_weight, target, shared);
  if (threadIdx.x == 0) {
    const Rank top = highest - (static_cast<Rank>(shared.bin) << shift);
    const Rank width = static_cast<Rank>(1) << shift;
    shared.highest = top;
    shared.lowest = top - lowest >= width ? top - width + 1 : lowest;
  }
  __syncthreads();
}

// Collects the interval's tokens, sorted by descending rank.
__device__ __forceinline__ void gather_sorted(const Weigher& weigher, DrawShared& shared) {
  const Rank lowest = shared.lowest;
  const Rank highest = shared.highest;
  if (threadIdx.x == 0) {
    shared.list_count = 0;
  }
  __syncthreads();
  for (int chunk = 0; chunk < chunk_count(weigher.vocabulary); chunk++) {
    for_each_between(weigher, chunk, lowest, highest, [&](float, Rank rank) {
      shared.list[atomicAdd(&shared.list_count, 1u)] = rank;
    });
  }
  __syncthreads();
  const int count = static_cast<int>(shared.list_count);
  int size = 2;
  while (size < count) {
    size *= 2;
  }
  for (int i = count + threadIdx.x; i < size; i += kThreads) {
    shared.list[i] = 0;
  }
  __syncthreads();
  // Batcher's bitonic sort: blocks of `block` alternate in direction.
  for (int block = 2; block <= size; block *= 2) {
    for (int stride = block / 2; stride > 0; stride /= 2) {
      for (int pair = threadIdx.x; pair < size / 2; pair += kThreads) {
        const int first = pair / stride * stride * 2 + pair % stride;
        const Rank a = shared.list[first];
        const Rank b = shared.list[first + stride];
        const bool is_descending = (first & block) == 0;
        if ((a < b) == is_descending) {
          shared.list[first] = b;
          shared.list[first + stride] = a;
        }
      }
      __syncthreads();
    }
  }
}

// Goes down the sorted list to the token at which the target is reached, and keeps from it on.
__device__ __forceinline__ void select(const Weigher& weigher, bool by_weight, uint64 target,
                                       DrawShared& shared) {
  constexpr int kEach = kListCapacity / kThreads;
  const Mass before = shared.before;
  uint64 weight = 0;
  uint64 count = 0;
  for (int i = 0; i < kEach; i++) {
    const int place = threadIdx.x * kEach + i;
    const bool is_token = place < static_cast<int>(shared.list_count);
    weight += is_token ? weigher.weight_of(shared.list[place]) : 0;
    count += is_token;
  }
  uint64 weight_through = before.weight + block_inclusive_sum(weight, shared.scratch) - weight;
  uint64 count_through = before.count + block_inclusive_sum(count, shared.scratch) - count;
  // One thread's token is the one; nothing is written before all have read.
  __syncthreads();
  for (int i = 0; i < kEach; i++) {
    const int place = threadIdx.x * kEach + i;
    if (place >= static_cast<int>(shared.list_count)) {
      break;
    }
    const uint64 own_weight = weigher.weight_of(shared.list[place]);
    weight_through += own_weight;
    count_through++;
    const uint64 through = by_weight ? weight_through : count_through;
    const uint64 mass = by_weight ? own_weight : 1;
    if (through >= target && through - mass < target) {
      shared.kept_from = shared.list[place];
      shared.before = {weight_through, static_cast<uint32_t>(count_through)};
    }
  }
  __syncthreads();
}

// Drops all tokens after the one with which masses reach the target, from 1 to all masses together.
__device__ __forceinline__ void cut(const Weigher& weigher, bool by_weight, uint64 target,
                                    DrawShared& shared) {
  __syncthreads();
  if (threadIdx.x == 0) {
    shared.before = {0, 0};
  }
  __syncthreads();
  find_bin(shared.bin_weights, shared.bin_counts, by_weight, target, shared);
  const int bin = shared.bin;
  if (shared.bin_weights[bin] == 0) {
    // Only weightless tokens would be dropped.
    return;
  }
  const Mass before_bin = shared.before;
  if (threadIdx.x == 0) {
    const Rank lowest = lowest_rank(least_key_of_bin(weigher, bin));
    shared.lowest = lowest > shared.kept_from ? lowest : shared.kept_from;
    shared.highest = bin == 0 ? highest_rank(key_of(weigher.greatest))
                              : lowest_rank(least_key_of_bin(weigher, bin - 1)) - 1;
  }
  uint32_t count = shared.bin_counts[bin];
  __syncthreads();
  while (count > kListCapacity) {
    narrow(weigher, by_weight, target, shared);
    count = shared.inner_counts[shared.bin];
  }
  gather_sorted(weigher, shared);
  select(weigher, by_weight, target, shared);
  // What stays of the bin; later ones are empty now.
  const int own = threadIdx.x;
  if (own == bin) {
    shared.bin_weights[bin] = shared.before.weight - before_bin.weight;
    shared.bin_counts[bin] = shared.before.count - before_bin.count;
    shared.total = shared.before.weight;
  } else if (own > bin && own < kBins) {
    shared.bin_weights[own] = 0;
    shared.bin_counts[own] = 0;
  }
  __syncthreads();
}

}  // namespace sampling
