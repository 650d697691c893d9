// SPDX-License-Identifier: Apache-2.0
//
// Adjusts the logits of the rows that sample_scan left to it, in place and in this order: end tokens
// masked before min_tokens; bias; repetition penalty (prompt and output), frequency and presence
// penalty (output). Then chooses the token: the greatest logit, or a draw.
//
// A thread block owns one row at a time (grid: as many as there are scratch rows) and does all of
// it: counts the sequence's tokens from its page table, changes those logits, reads the row once for
// the greatest, and at a temperature once to weigh and one to three times to cut and pick.
// Scratch [blocks][2][vocabulary] (int): counts of a token, then its raw logit, whose probability
// the result states. All zero between rows.
#include "include/draw.h"

namespace sample_adjust_kernel {

using namespace sampling;

constexpr int kInPrompt = 1 << 30;

// The tokens that a sequence holds before the one to sample.
struct History {
  const int* pages;  // ids, in the order of positions
  const int* tokens;
  int page_size;
  int count;

  __device__ __forceinline__ int at(int position) const {
    const int page = pages[position / page_size];
    return tokens[page * static_cast<int64>(page_size) + position % page_size];
  }
};

// One thread block's scratch. A raw logit is kept complemented, so that zero means none.
struct Scratch {
  int* counts;
  int* raw;

  __device__ __forceinline__ void keep(int id, float logit) const {
    if (raw[id] == 0) {
      raw[id] = ~__float_as_int(logit);
    }
  }
  __device__ __forceinline__ float raw_logit(int id, float logit) const {
    return raw[id] == 0 ? logit : __int_as_float(~raw[id]);
  }
};

__device__ __forceinline__ bool is_token(int id, int vocabulary) {
  return id >= 0 && id < vocabulary;
}

__device__ __forceinline__ void mask_and_bias(const Slot& slot, const int* lists, int position,
                                              int vocabulary, float* row, const Scratch& scratch) {
  if (slot.masks_ends(position)) {
    for (int i = threadIdx.x; i < slot.end_token_count(); i += kThreads) {
      // A masked token cannot be chosen, so its raw logit is of no use any more.
      if (is_token(lists[i], vocabulary)) {
        row[lists[i]] = __int_as_float(static_cast<int>(0xff800000u));
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < slot.bias_count(); i += kThreads) {
    const int id = lists[kMaxEndTokens + i];
    if (is_token(id, vocabulary)) {
      scratch.keep(id, row[id]);
      row[id] = __fadd_rn(row[id], __int_as_float(lists[kMaxEndTokens + kMaxBiases + i]));
    }
  }
  __syncthreads();
}

__device__ __forceinline__ float penalized(const Slot& slot, float logit, int count) {
  const float penalty = slot.repetition_penalty();
  logit = logit > 0.0f ? __fdiv_rn(logit, penalty) : __fmul_rn(logit, penalty);
  const int output_count = count & (kInPrompt - 1);
  if (output_count > 0) {
    const float frequency =
        __fmul_rn(slot.frequency_penalty(), static_cast<float>(output_count));
    logit = __fsub_rn(__fsub_rn(logit, frequency), slot.presence_penalty());
  }
  return logit;
}

__device__ __forceinline__ void penalize(const Slot& slot, const History& history, int vocabulary,
                                         float* row, const Scratch& scratch) {
  for (int position = threadIdx.x; position < history.count; position += kThreads) {
    const int id = history.at(position);
    if (!is_token(id, vocabulary)) {
      continue;
    }
    if (position < slot.prompt_length()) {
      atomicOr(&scratch.counts[id], kInPrompt);
    } else {
      atomicAdd(&scratch.counts[id], 1);
    }
  }
  __syncthreads();
  for (int position = threadIdx.x; position < history.count; position += kThreads) {
    const int id = history.at(position);
    // Of a token's occurrences the one that takes the count adjusts the logit.
    const int count = is_token(id, vocabulary) ? atomicExch(&scratch.counts[id], 0) : 0;
    if (count != 0) {
      scratch.keep(id, row[id]);
      row[id] = penalized(slot, row[id], count);
    }
  }
  __syncthreads();
}

// Zeroes what was kept of the row's raw logits.
__device__ __forceinline__ void clean(const Slot& slot, const int* lists, const History& history,
                                      int vocabulary, const Scratch& scratch) {
  for (int i = threadIdx.x; i < slot.bias_count(); i += kThreads) {
    const int id = lists[kMaxEndTokens + i];
    if (is_token(id, vocabulary)) {
      scratch.raw[id] = 0;
    }
  }
  if (slot.has_penalties()) {
    for (int position = threadIdx.x; position < history.count; position += kThreads) {
      const int id = history.at(position);
      if (is_token(id, vocabulary)) {
        scratch.raw[id] = 0;
      }
    }
  }
  __syncthreads();
}

__device__ __forceinline__ Rank best_of_row(const float* row, int vocabulary,
                                            BlockScratch<Rank>& scratch) {
  Rank best = 0;
  for (int chunk = 0; chunk < chunk_count(vocabulary); chunk++) {
    float logits[kPerThread];
    load_chunk(row, chunk, vocabulary, logits);
    Rank chunk_best;
    uint32_t lowest_key;
    scan_thread(logits, chunk, vocabulary, &chunk_best, &lowest_key);
    best = chunk_best > best ? chunk_best : best;
  }
  return block_reduce(best, Max(), Rank(0), scratch);
}

__device__ __forceinline__ int draw_row(const float* row, int vocabulary, float greatest,
                                        const Slot& slot, int position, Row* work,
                                        DrawShared& shared) {
  const Weigher weigher = weigher_of(row, vocabulary, greatest, slot);
  const bool has_cut = needs_cut(slot, vocabulary);
  for (int chunk = 0; chunk < chunk_count(vocabulary); chunk++) {
    weigh_chunk(weigher, work, chunk, has_cut, shared.histogram, shared.scratch);
  }
  return draw(weigher, slot, position, work, shared);
}

}  // namespace sample_adjust_kernel

extern "C" __global__ void __launch_bounds__(sampling::kThreads, 1)
    sample_adjust(float* logits, int64 stride, int vocabulary, const int* header, int row_start,
                  int most_rows, const int* logit_rows, const int* logit_targets,
                  const int* logit_entries, const int* state_slots, const int* positions,
                  const int* page_indptr, const int* page_indices, int page_size,
                  const int* page_tokens, const int* slots, const int* slot_lists,
                  int* scratch_rows, void* workspace, int* last_tokens, int* token_ids,
                  float* logprobs, int* flags) {
  using namespace sample_adjust_kernel;
  __shared__ DrawShared shared;
  const Results results = {last_tokens, token_ids, logprobs, flags};
  int* own_scratch = scratch_rows + blockIdx.x * (2 * static_cast<int64>(vocabulary));
  const Scratch scratch = {own_scratch, own_scratch + vocabulary};
  // The grid does not bound the rows here: a head block must not go on into the next one's.
  const int rows = min(rows_left(header + kLogitRowCount, row_start), most_rows);
  for (int local_row = blockIdx.x; local_row < rows; local_row += gridDim.x) {
    Row* work = row_work(workspace, vocabulary, local_row);
    if (work->left_to_do != kAdjust) {
      continue;
    }
    const Place place =
        place_of(row_start + local_row, logit_rows, logit_entries, state_slots, positions);
    const Slot slot = slot_at(slots, place.slot);
    const int* lists = slot_lists + place.slot * static_cast<int64>(kListWords);
    const History history = {page_indices + page_indptr[place.entry], page_tokens, page_size,
                             place.position};
    float* row = logits + local_row * stride;

    mask_and_bias(slot, lists, place.position, vocabulary, row, scratch);
    if (slot.has_penalties()) {
      penalize(slot, history, vocabulary, row, scratch);
    }
    const Rank best = best_of_row(row, vocabulary, shared.scratch);
    const bool is_finite = is_finite_key(key_of_rank(best));
    int token_id = is_finite ? id_of_rank(best) : 0;
    if (is_finite && slot.temperature() != 0.0f) {
      token_id = draw_row(row, vocabulary, logit_of_key(key_of_rank(best)), slot, place.position,
                          work, shared);
    }
    if (threadIdx.x == 0) {
      const float raw = scratch.raw_logit(token_id, row[token_id]);
      const float value =
          is_finite ? logprob(raw, work->raw_greatest, work->log_total) : not_a_number();
      results.write_sampled(place, token_id, value, is_finite ? work->flags : kFlagNonFinite,
                            header, logit_targets, logit_entries);
    }
    __syncthreads();
    clean(slot, lists, history, vocabulary, scratch);
  }
}
