// SPDX-License-Identifier: Apache-2.0
//
// The draw of a token by one thread block, once every chunk is weighed: cuts, then the token at a
// random share of all weights in the order of ids.
#pragma once

#include "draw_cut.h"
#include "philox.h"

namespace sampling {

// ceil(total * share), the share being taken in units of 2^-32.
__device__ __forceinline__ uint64 share_of(uint64 total, float share) {
  const uint64 units = static_cast<uint64>(static_cast<int64>(__fmul_rn(share, 0x1p32f)));
  const uint64 high = __umul64hi(total, units);
  const uint64 low = total * units;
  return (high << 32 | low >> 32) + ((low & 0xffffffffu) != 0 ? 1 : 0);
}

// A token's weight after the cuts.
__device__ __forceinline__ uint64 kept_weight(const Weigher& weigher, Rank kept_from, float logit,
                                              int id) {
  if (id >= weigher.vocabulary || rank_of(key_of(logit), id) < kept_from) {
    return 0;
  }
  return weigher.weight_of(logit);
}

// Sums the chunks anew after a cut.
__device__ __forceinline__ void weigh_kept(const Weigher& weigher, Chunk* chunks,
                                           DrawShared& shared) {
  const Rank kept_from = shared.kept_from;
  const Rank highest = highest_rank(key_of(weigher.greatest));
  for (int chunk = 0; chunk < chunk_count(weigher.vocabulary); chunk++) {
    uint64 sum = 0;
    for_each_between(weigher, chunk, kept_from, highest,
                     [&](float logit, Rank) { sum += weigher.weight_of(logit); });
    sum = block_sum(sum, shared.scratch);
    if (threadIdx.x == 0) {
      chunks[chunk].weight = sum;
    }
  }
  __syncthreads();
}

// The token at which the weights, summed in the order of ids, exceed shared.rest.
__device__ __forceinline__ int pick(const Weigher& weigher, const Chunk* chunks,
                                    DrawShared& shared) {
  const uint64 rest = shared.rest;
  const int own = threadIdx.x;
  uint64 weight = own < chunk_count(weigher.vocabulary) ? chunks[own].weight : 0;
  uint64 through = block_inclusive_sum(weight, shared.scratch);
  __syncthreads();
  if (through > rest && through - weight <= rest) {
    shared.chunk = own;
    shared.rest = rest - (through - weight);
  }
  __syncthreads();
  // Neighbouring ids now, not neighbouring vectors: a thread's tokens are a run.
  const uint64 inner = shared.rest;
  const int first = shared.chunk * kChunk + own * kPerThread;
  weight = 0;
#pragma unroll 1
  for (int i = 0; i < kPerThread; i++) {
    const int id = first + i;
    weight +=
        id < weigher.vocabulary ? kept_weight(weigher, shared.kept_from, weigher.row[id], id) : 0;
  }
  through = block_inclusive_sum(weight, shared.scratch);
  if (through > inner && through - weight <= inner) {
    uint64 left = inner - (through - weight);
    int id = first;
    for (;;) {
      const uint64 step = kept_weight(weigher, shared.kept_from, weigher.row[id], id);
      if (left < step) {
        break;
      }
      left -= step;
      id++;
    }
    shared.token_id = id;
  }
  __syncthreads();
  return shared.token_id;
}

// The token of a row whose chunks (and bins, if it has a cut) are complete.
__device__ __forceinline__ int draw(const Weigher& weigher, const Slot& slot, int position,
                                    Row* work, DrawShared& shared) {
  Chunk* chunks = chunks_of(work);
  const int own = threadIdx.x;
  const uint64 sum = block_sum(
      own < chunk_count(weigher.vocabulary) ? chunks[own].weight : uint64(0), shared.scratch);
  if (own == 0) {
    shared.total = sum;
    shared.kept_from = kLowestRank;
  }
  __syncthreads();
  if (needs_cut(slot, weigher.vocabulary)) {
    load_bins(weigher, work, shared);
    if (slot.top_k() > 0 && slot.top_k() < weigher.vocabulary) {
      cut(weigher, false, slot.top_k(), shared);
    }
    if (slot.top_p() < 1.0f) {
      const uint64 target = share_of(shared.total, slot.top_p());
      cut(weigher, true, target > 0 ? target : 1, shared);
    }
    if (shared.kept_from != kLowestRank) {
      weigh_kept(weigher, chunks, shared);
    }
  }
  if (own == 0) {
    const uint64 bits =
        random_bits(slot.seed_low(), slot.seed_high(), slot.sample_index(), position);
    // The upper half of a 128-bit product: uniform below the total to within 2^-64 of it.
    shared.rest = __umul64hi(bits, shared.total);
  }
  __syncthreads();
  return pick(weigher, chunks, shared);
}

}  // namespace sampling
