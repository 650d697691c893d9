// SPDX-License-Identifier: Apache-2.0
//
// Weights of a row's tokens at a temperature, and their distribution over 256 bins: bin b holds the
// tokens whose distance from the greatest, (greatest - logit) / temperature, is about b / 16; the
// last bin is the tail. Bins follow the order of tokens, so a cut by rank falls into one bin.
#pragma once

#include "sampling.h"

namespace sampling {

constexpr int kTailBin = kBins - 1;
constexpr float kBinsPerUnit = 16.0f;

// A row to draw from.
struct Weigher {
  const float* row;
  int vocabulary;
  float greatest;
  float temperature;
  uint64 least;  // smaller weights count as zero (min_p)

  // Subtracting first keeps a tiny temperature from overflowing.
  __device__ __forceinline__ float scaled(float logit) const {
    const float distance = __fsub_rn(logit, greatest);
    return temperature == 1.0f ? distance : __fdiv_rn(distance, temperature);
  }
  __device__ __forceinline__ uint64 weight_of_scaled(float x) const {
    const uint64 weight = exp_weight(x);
    return weight < least ? 0 : weight;
  }
  __device__ __forceinline__ uint64 weight_of(float logit) const {
    return weight_of_scaled(scaled(logit));
  }
  __device__ __forceinline__ uint64 weight_of(Rank rank) const {
    return weight_of(logit_of_key(key_of_rank(rank)));
  }
  __device__ __forceinline__ int bin_of_scaled(float x) const {
    const float place = __fmul_rn(-x, kBinsPerUnit);
    return place < kTailBin ? static_cast<int>(place) : kTailBin;
  }
  __device__ __forceinline__ int bin_of_key(uint32_t key) const {
    return bin_of_scaled(scaled(logit_of_key(key)));
  }
};

// Weights are rounded down, so the threshold is too: a token at exactly min_p stays.
__device__ __forceinline__ Weigher weigher_of(const float* row, int vocabulary, float greatest,
                                              const Slot& slot) {
  const double least = static_cast<double>(slot.min_p()) * static_cast<double>(1ll << kWeightBits);
  return {row, vocabulary, greatest, slot.temperature(),
          static_cast<uint64>(static_cast<int64>(least))};
}

__device__ __forceinline__ bool needs_cut(const Slot& slot, int vocabulary) {
  return (slot.top_k() > 0 && slot.top_k() < vocabulary) || slot.top_p() < 1.0f;
}

// One chunk's weights by bin in shared memory. 64-bit sums as two 32-bit halves of 20 bits each,
// which native atomics add: a copy takes 2048 tokens, and 2048 * 2^20 = 2^31 fits.
constexpr int kCopies = kChunk / 2048;

struct Histogram {
  uint32_t low[kCopies][kBins];
  uint32_t high[kCopies][kBins];
  uint32_t count[kBins];

  __device__ __forceinline__ void clear() {
    if (threadIdx.x < kBins) {
#pragma unroll
      for (int c = 0; c < kCopies; c++) {
        low[c][threadIdx.x] = 0;
        high[c][threadIdx.x] = 0;
      }
      count[threadIdx.x] = 0;
    }
    __syncthreads();
  }

  __device__ __forceinline__ void add(int bin, uint64 weight) {
    const int copy = threadIdx.x / (kThreads / kCopies);
    atomicAdd(&low[copy][bin], static_cast<uint32_t>(weight & 0xfffffu));
    atomicAdd(&high[copy][bin], static_cast<uint32_t>(weight >> 20));
    atomicAdd(&count[bin], 1u);
  }

  // The sum of a bin after a barrier.
  __device__ __forceinline__ uint64 weight(int bin) const {
    uint64 sum = 0;
#pragma unroll
    for (int c = 0; c < kCopies; c++) {
      sum += low[c][bin] + (static_cast<uint64>(high[c][bin]) << 20);
    }
    return sum;
  }
};

// Calls body(logit, rank) for a thread's tokens of a chunk between two ranks, both included. The
// logits are only compared at first: few pass, and those are read again, from L1.
template <typename Body>
__device__ __forceinline__ void for_each_between(const Weigher& weigher, int chunk, Rank lowest,
                                                 Rank highest, Body body) {
  const float low = logit_of_key(key_of_rank(lowest));
  const float high = logit_of_key(key_of_rank(highest));
  float logits[kPerThread];
  load_chunk(weigher.row, chunk, weigher.vocabulary, logits);
  unsigned passed = 0;
#pragma unroll
  for (int i = 0; i < kPerThread; i++) {
    passed |= logits[i] >= low && logits[i] <= high ? 1u << i : 0u;
  }
  while (passed != 0) {
    const int id = id_at(chunk, __ffs(static_cast<int>(passed)) - 1);
    passed &= passed - 1;
    if (id < weigher.vocabulary) {
      const float logit = weigher.row[id];
      const Rank rank = rank_of(key_of(logit), id);
      if (rank >= lowest && rank <= highest) {
        body(logit, rank);
      }
    }
  }
}

// Sums a chunk's weights into its record and, if there will be a cut, adds it to the row's bins.
__device__ __forceinline__ void weigh_chunk(const Weigher& weigher, Row* work, int chunk,
                                            bool has_cut, Histogram& histogram,
                                            BlockScratch<uint64>& scratch) {
  float logits[kPerThread];
  load_chunk(weigher.row, chunk, weigher.vocabulary, logits);
  if (has_cut) {
    histogram.clear();
  }
  uint64 sum = 0;
#pragma unroll
  for (int i = 0; i < kPerThread; i++) {
    const float x = weigher.scaled(logits[i]);
    const uint64 weight = weigher.weight_of_scaled(x);
    sum += weight;
    if (has_cut) {
      const int bin = weigher.bin_of_scaled(x);
      // The tail is what the other bins leave of the total.
      if (bin != kTailBin) {
        histogram.add(bin, weight);
      }
    }
  }
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    chunks_of(work)[chunk].weight = sum;
  }
  const int bin = threadIdx.x;
  if (has_cut && bin < kTailBin && histogram.count[bin] > 0) {
    atomicAdd(&work->bin_weights[bin], histogram.weight(bin));
    atomicAdd(&work->bin_counts[bin], histogram.count[bin]);
  }
  // The histogram and the scratch may be used again.
  __syncthreads();
}

}  // namespace sampling
