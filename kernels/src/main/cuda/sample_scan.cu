// SPDX-License-Identifier: Apache-2.0
//
// First pass over the raw logits [rows, stride] (f32) of a head block:
//   greatest, its id, ln of the total of e^(logit - greatest), finite or not, all equal or not;
//   up to 20 alternatives for rows that ask for them;
//   results of rows with a target and of greedy rows without adjustments.
//
// Grid (chunks, rows): a thread block owns 8192 logits of one row and keeps them in registers, so
// every logit is read once. Weights are taken against the chunk's own greatest logit and summed as
// integers; the row's last block adds the chunks up in f64, in an order fixed by their number.
// Moves 4 * vocabulary bytes a row (128k: 0.5 MB; 256 rows: 134 MB, 28 us at 4.8 TB/s) and computes
// about 33 instructions a logit (256 rows of 128k: 38 us on 132 SMs at 1.7 GHz), so both count.
#include "include/sampling.h"

namespace sample_scan_kernel {

using namespace sampling;

// A thread's best rank below a given one among its logits.
__device__ __forceinline__ Rank best_below(const float (&logits)[kPerThread], int chunk,
                                           Rank previous) {
  Rank best = 0;
#pragma unroll
  for (int i = 0; i < kPerThread; i++) {
    const Rank rank = rank_of(key_of(logits[i]), id_at(chunk, i));
    best = rank < previous && rank > best ? rank : best;
  }
  return best;
}

// The chunk's best tokens, greatest first.
__device__ __forceinline__ void find_top(const float (&logits)[kPerThread], int chunk, int count,
                                         Rank* top, BlockScratch<Rank>& scratch) {
  Rank own = best_below(logits, chunk, ~Rank(0));
  for (int j = 0; j < count; j++) {
    const Rank best = block_reduce(own, Max(), Rank(0), scratch);
    if (threadIdx.x == 0) {
      top[j] = best;
    }
    if (own == best) {
      own = best_below(logits, chunk, best);
    }
  }
}

// A thread's best rank below a given one among the chunks' best tokens.
__device__ __forceinline__ Rank best_below(const Chunk* chunks, int chunk_number, int count,
                                           Rank previous) {
  Rank best = 0;
  for (int i = threadIdx.x; i < chunk_number * count; i += kThreads) {
    const Rank rank = chunks[i / count].top[i % count];
    best = rank < previous && rank > best ? rank : best;
  }
  return best;
}

// The row's best tokens and their log-probabilities.
__device__ __forceinline__ void write_alternatives(const Chunk* chunks, int chunk_number, int count,
                                                   float greatest, double log_total, int* ids,
                                                   float* logprobs, BlockScratch<Rank>& scratch) {
  Rank own = best_below(chunks, chunk_number, count, ~Rank(0));
  for (int j = 0; j < count; j++) {
    const Rank best = block_reduce(own, Max(), Rank(0), scratch);
    if (threadIdx.x == 0) {
      ids[j] = id_of_rank(best);
      logprobs[j] = logprob(logit_of_key(key_of_rank(best)), greatest, log_total);
    }
    if (own == best) {
      own = best_below(chunks, chunk_number, count, best);
    }
  }
}

}  // namespace sample_scan_kernel

extern "C" __global__ void __launch_bounds__(sampling::kThreads, 2)
    sample_scan(const float* logits, int64 stride, int vocabulary, const int* header, int row_start,
                const int* logit_rows, const int* logit_targets, const int* logit_alternatives,
                const int* logit_entries, const int* state_slots, const int* positions,
                const int* slots, void* workspace, int* last_tokens, int* token_ids,
                float* logprobs, int* flags, int* top_ids, float* top_logprobs) {
  using namespace sample_scan_kernel;
  __shared__ BlockScratch<Rank> ranks;
  __shared__ BlockScratch<uint32_t> keys;
  __shared__ BlockScratch<double> doubles;
  const int local_row = blockIdx.y;
  if (local_row >= rows_left(header + kLogitRowCount, row_start)) {
    return;
  }
  const int step_row = row_start + local_row;
  const int chunk = blockIdx.x;
  const int chunk_number = chunk_count(vocabulary);
  const float* row = logits + local_row * stride;
  Row* work = row_work(workspace, vocabulary, local_row);
  Chunk* chunks = chunks_of(work);
  const int wanted = logit_alternatives[step_row];
  const int alternatives = wanted < vocabulary ? wanted : vocabulary;

  float values[kPerThread];
  load_chunk(row, chunk, vocabulary, values);
  Rank best;
  uint32_t lowest;
  scan_thread(values, chunk, vocabulary, &best, &lowest);
  best = block_reduce(best, Max(), Rank(0), ranks);
  lowest = block_reduce(lowest, Min(), ~0u, keys);
  uint64 weight = 0;
  if (is_finite_key(key_of_rank(best))) {
    const float greatest = logit_of_key(key_of_rank(best));
#pragma unroll
    for (int i = 0; i < kPerThread; i++) {
      weight += exp_weight(__fsub_rn(values[i], greatest));
    }
  }
  weight = block_sum(weight, ranks);
  if (threadIdx.x == 0) {
    chunks[chunk].best = best;
    chunks[chunk].lowest_key = lowest;
    chunks[chunk].weight = weight;
  }
  if (alternatives > 0) {
    find_top(values, chunk, alternatives, chunks[chunk].top, ranks);
  }
  if (!is_last_block(work, chunk_number)) {
    return;
  }

  const int own = threadIdx.x;
  best = block_reduce(own < chunk_number ? chunks[own].best : 0, Max(), Rank(0), ranks);
  lowest = block_reduce(own < chunk_number ? chunks[own].lowest_key : ~0u, Min(), ~0u, keys);
  const bool is_finite = is_finite_key(key_of_rank(best));
  const float greatest = is_finite ? logit_of_key(key_of_rank(best)) : 0.0f;
  double total = 0.0;
  if (is_finite && own < chunk_number && chunks[own].weight > 0) {
    const float chunk_greatest = logit_of_key(key_of_rank(chunks[own].best));
    total = static_cast<double>(chunks[own].weight) *
            exp(static_cast<double>(chunk_greatest) - static_cast<double>(greatest));
  }
  total = block_sum(total, doubles);
  const double log_total = is_finite ? log(total * 0x1p-40) : 0.0;
  if (is_finite && alternatives > 0) {
    write_alternatives(chunks, chunk_number, alternatives, greatest, log_total,
                       top_ids + step_row * static_cast<int64>(kMaxAlternatives),
                       top_logprobs + step_row * static_cast<int64>(kMaxAlternatives), ranks);
  }
  if (threadIdx.x != 0) {
    return;
  }
  const Results results = {last_tokens, token_ids, logprobs, flags};
  const int target = logit_targets[step_row];
  const bool is_equal = vocabulary > 1 && lowest == key_of_rank(best);
  work->log_total = log_total;
  work->raw_greatest = greatest;
  work->flags = !is_finite ? kFlagNonFinite : is_equal ? kFlagAllEqual : 0;
  work->left_to_do = kDone;
  if (target != kSampleTarget) {
    const float value = is_finite ? logprob(row[target], greatest, log_total) : not_a_number();
    results.write(step_row, target, value, work->flags);
    return;
  }
  const Place place = place_of(step_row, logit_rows, logit_entries, state_slots, positions);
  const Slot slot = slot_at(slots, place.slot);
  if (!is_finite) {
    results.write_sampled(place, 0, not_a_number(), work->flags, header, logit_targets,
                          logit_entries);
  } else if (slot.adjusts(place.position)) {
    work->left_to_do = kAdjust;
  } else if (slot.temperature() == 0.0f) {
    results.write_sampled(place, id_of_rank(best), logprob(greatest, greatest, log_total),
                          work->flags, header, logit_targets, logit_entries);
  } else {
    work->left_to_do = kDraw;
  }
}
