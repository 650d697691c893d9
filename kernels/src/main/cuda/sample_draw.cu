// SPDX-License-Identifier: Apache-2.0
//
// Draws a token at a temperature for the rows that sample_scan left to it. Weights are
// floor(2^40 e^((logit - greatest) / temperature)), those below min_p's share zero; then top_k, then
// top_p; then the token at a random share of what is left, in the order of ids.
//
// Grid (chunks, rows): a thread block weighs 8192 logits of one row; the row's last block cuts and
// picks, reading the row again from L2: once to find the token's chunk, and with a cut once or twice
// more (512 KB at about 100 GB/s for one SM: 5 us each for 128k). Moves 4 * vocabulary bytes a row
// from memory and computes about 40 instructions a logit, 50 with a cut.
#include "include/draw.h"

extern "C" __global__ void __launch_bounds__(sampling::kThreads, 2)
    sample_draw(const float* logits, int64 stride, int vocabulary, const int* header, int row_start,
                const int* logit_rows, const int* logit_targets, const int* logit_entries,
                const int* state_slots, const int* positions, const int* slots, void* workspace,
                int* last_tokens, int* token_ids, float* logprobs, int* flags) {
  using namespace sampling;
  __shared__ DrawShared shared;
  const int local_row = blockIdx.y;
  if (local_row >= rows_left(header + kLogitRowCount, row_start)) {
    return;
  }
  Row* work = row_work(workspace, vocabulary, local_row);
  if (work->left_to_do != kDraw) {
    return;
  }
  const int row = row_start + local_row;
  const float* row_logits = logits + local_row * stride;
  {
    const Slot slot = slot_at(slots, state_slots[logit_entries[row]]);
    const Weigher weigher = weigher_of(row_logits, vocabulary, work->raw_greatest, slot);
    weigh_chunk(weigher, work, blockIdx.x, needs_cut(slot, vocabulary), shared.histogram,
                shared.scratch);
    // Registers decide how many blocks fit an SM; the last block reads this again from there.
    if (threadIdx.x == 0) {
      shared.weigher = weigher;
    }
  }
  if (!is_last_block(work, chunk_count(vocabulary))) {
    return;
  }
  const Place place = place_of(row, logit_rows, logit_entries, state_slots, positions);
  const Slot slot = slot_at(slots, place.slot);
  const int token_id = draw(shared.weigher, slot, place.position, work, shared);
  if (threadIdx.x == 0) {
    const Results results = {last_tokens, token_ids, logprobs, flags};
    const float value = logprob(row_logits[token_id], work->raw_greatest, work->log_total);
    results.write_sampled(place, token_id, value, work->flags, header, logit_targets,
                          logit_entries);
  }
}
