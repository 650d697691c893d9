// SPDX-License-Identifier: Apache-2.0
//
// What the three sampling kernels share: how a row of logits is cut into chunks, the workspace that
// hands a row from kernel to kernel, and a state slot's words.
//
//   sample_scan    greatest logit and log of the total, for every row; finishes scored and greedy rows
//   sample_adjust  bias, penalties and masked end tokens; finishes its rows, one thread block each
//   sample_draw    the draw at a temperature, of rows without adjustments
//
// Every sum over a row is one of integers or has an order fixed by the vocabulary alone, so a row's
// result does not depend on the other rows. dev.highbeam.runtime.sampling.Sampler is the oracle.
#pragma once

#include "block.h"
#include "portable_exp.h"
#include "rank.h"
#include "vectors.h"

namespace sampling {

constexpr int kThreads = 512;
constexpr int kVectors = 4;                   // of four logits, per thread and chunk
constexpr int kPerThread = 4 * kVectors;
constexpr int kChunk = kThreads * kPerThread;  // 8192 logits
constexpr int kMaxChunks = kMaxVocabulary / kChunk;
static_assert(kMaxChunks <= kThreads, "a thread per chunk");
constexpr int kBins = 256;
constexpr int kMaxAlternatives = 20;

constexpr int kSlotWords = 16;
constexpr int kMaxEndTokens = 128;
constexpr int kMaxBiases = 1024;
constexpr int kListWords = kMaxEndTokens + 2 * kMaxBiases;
constexpr int kSampleTarget = -1;

constexpr int kFlagNonFinite = 1;
constexpr int kFlagAllEqual = 2;

// What is left to do for a row.
constexpr int kDone = 0;
constexpr int kAdjust = 1;
constexpr int kDraw = 2;

// Workspace of one row; followed by its chunks. Counters and bins are zero between launches.
struct Row {
  double log_total;    // ln of the sum of e^(logit - greatest), raw logits
  float raw_greatest;
  int left_to_do;
  int flags;
  int chunks_done;
  int unused[2];
  uint64 bin_weights[kBins];
  uint32_t bin_counts[kBins];
};

// What a chunk knows of its logits.
struct Chunk {
  Rank best;
  uint64 weight;       // sum of weights: against the chunk's greatest (scan), the row's (draw)
  uint32_t lowest_key;
  int unused[3];
  Rank top[kMaxAlternatives];
};

// The launcher computes the workspace's size from these.
static_assert(sizeof(Row) == 3104 && sizeof(Chunk) == 192, "sizes are part of the interface");

__host__ __device__ constexpr int chunk_count(int vocabulary) {
  return (vocabulary + kChunk - 1) / kChunk;
}

__device__ __forceinline__ Row* row_work(void* workspace, int vocabulary, int local_row) {
  const int64 bytes = sizeof(Row) + chunk_count(vocabulary) * static_cast<int64>(sizeof(Chunk));
  return reinterpret_cast<Row*>(static_cast<char*>(workspace) + local_row * bytes);
}

__device__ __forceinline__ Chunk* chunks_of(Row* row) { return reinterpret_cast<Chunk*>(row + 1); }

// The parameters of a state slot, as words of its slot.
struct Slot {
  const int* words;

  __device__ __forceinline__ float temperature() const { return __int_as_float(words[0]); }
  __device__ __forceinline__ float top_p() const { return __int_as_float(words[1]); }
  __device__ __forceinline__ int top_k() const { return words[2]; }
  __device__ __forceinline__ float min_p() const { return __int_as_float(words[3]); }
  __device__ __forceinline__ uint32_t seed_low() const { return words[4]; }
  __device__ __forceinline__ uint32_t seed_high() const { return words[5]; }
  __device__ __forceinline__ int sample_index() const { return words[6]; }
  __device__ __forceinline__ int prompt_length() const { return words[7]; }
  __device__ __forceinline__ int min_tokens() const { return words[8]; }
  __device__ __forceinline__ float repetition_penalty() const { return __int_as_float(words[9]); }
  __device__ __forceinline__ float frequency_penalty() const { return __int_as_float(words[10]); }
  __device__ __forceinline__ float presence_penalty() const { return __int_as_float(words[11]); }
  __device__ __forceinline__ int end_token_count() const { return words[12]; }
  __device__ __forceinline__ int bias_count() const { return words[13]; }

  __device__ __forceinline__ bool has_penalties() const {
    return repetition_penalty() != 1.0f || frequency_penalty() != 0.0f ||
           presence_penalty() != 0.0f;
  }
  // Whether end tokens are masked for the token at a position.
  __device__ __forceinline__ bool masks_ends(int position) const {
    return end_token_count() > 0 && position - prompt_length() < min_tokens();
  }
  __device__ __forceinline__ bool adjusts(int position) const {
    return masks_ends(position) || bias_count() > 0 || has_penalties();
  }
};

__device__ __forceinline__ Slot slot_at(const int* slots, int slot) {
  return {slots + slot * static_cast<int64>(kSlotWords)};
}

// A sampled row's place in the step.
struct Place {
  int row;       // logit row of the step
  int entry;
  int slot;
  int position;  // of the token to sample
};

__device__ __forceinline__ Place place_of(int row, const int* logit_rows, const int* logit_entries,
                                          const int* state_slots, const int* positions) {
  const int entry = logit_entries[row];
  return {row, entry, state_slots[entry], positions[logit_rows[row]] + 1};
}

__device__ __forceinline__ float logprob(float logit, float greatest, double log_total) {
  return static_cast<float>((static_cast<double>(logit) - greatest) - log_total);
}

// Where a row's result goes.
struct Results {
  int* last_tokens;
  int* token_ids;
  float* logprobs;
  int* flags;

  __device__ __forceinline__ void write(int row, int token_id, float value, int row_flags) const {
    token_ids[row] = token_id;
    logprobs[row] = value;
    flags[row] = row_flags;
  }

  // Writes a sampled token, and keeps it as its slot's last if no later row of the entry samples.
  __device__ __forceinline__ void write_sampled(const Place& place, int token_id, float value,
                                                int row_flags, const int* header,
                                                const int* logit_targets,
                                                const int* logit_entries) const {
    write(place.row, token_id, value, row_flags);
    for (int r = place.row + 1; r < header[kLogitRowCount] && logit_entries[r] == place.entry;
         r++) {
      if (logit_targets[r] == kSampleTarget) {
        return;
      }
    }
    last_tokens[place.slot] = token_id;
  }
};

__device__ __forceinline__ float not_a_number() { return __int_as_float(0x7fc00000); }

// The id of a thread's i-th logit in a chunk: vectors of four, neighbouring threads side by side.
__device__ __forceinline__ int id_at(int chunk, int i) {
  return chunk * kChunk + ((i / 4) * kThreads + static_cast<int>(threadIdx.x)) * 4 + i % 4;
}

// A thread's logits of a chunk; beyond the vocabulary minus infinity. The row's stride is a multiple
// of four, so a vector that begins inside the vocabulary lies inside the row.
__device__ __forceinline__ void load_chunk(const float* row, int chunk, int vocabulary,
                                           float (&logits)[kPerThread]) {
#pragma unroll
  for (int v = 0; v < kVectors; v++) {
    const int id = id_at(chunk, 4 * v);
    const float nothing = __int_as_float(static_cast<int>(0xff800000u));
    float4 four = {nothing, nothing, nothing, nothing};
    if (id < vocabulary) {
      four = *reinterpret_cast<const float4*>(row + id);
    }
    logits[4 * v] = four.x;
    logits[4 * v + 1] = id + 1 < vocabulary ? four.y : nothing;
    logits[4 * v + 2] = id + 2 < vocabulary ? four.z : nothing;
    logits[4 * v + 3] = id + 3 < vocabulary ? four.w : nothing;
  }
}

// The best rank and the lowest key of a thread's logits.
__device__ __forceinline__ void scan_thread(const float (&logits)[kPerThread], int chunk,
                                            int vocabulary, Rank* best, uint32_t* lowest_key) {
  const float infinity = __int_as_float(0x7f800000);
  float greatest = -infinity;
  float lowest = infinity;
  int greatest_id = id_at(chunk, 0);
  bool has_nan = false;
#pragma unroll
  for (int i = 0; i < kPerThread; i++) {
    const int id = id_at(chunk, i);
    has_nan |= logits[i] != logits[i];
    // Strictly greater: of equal logits the lowest id stays.
    if (logits[i] > greatest) {
      greatest = logits[i];
      greatest_id = id;
    }
    lowest = id < vocabulary && logits[i] < lowest ? logits[i] : lowest;
  }
  *best = rank_of(has_nan ? kNanKey : key_of(greatest), greatest_id);
  *lowest_key = has_nan ? 0 : key_of(lowest);
}

// Whether this is the last of a row's thread blocks to get here; everything that the others wrote
// before is then visible to all threads. All threads must call; resets the counter for the next use.
__device__ __forceinline__ bool is_last_block(Row* row, int blocks) {
  __shared__ bool is_last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    is_last = atomicAdd(&row->chunks_done, 1) == blocks - 1;
    if (is_last) {
      row->chunks_done = 0;
    }
  }
  __syncthreads();
  __threadfence();
  return is_last;
}

}  // namespace sampling
