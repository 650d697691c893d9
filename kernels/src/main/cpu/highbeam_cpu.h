// SPDX-License-Identifier: Apache-2.0
// The kernels of the CPU backend for processors with AMX and AVX-512: plain pointers and no state. Every function computes
// a part of an op, which the caller shares out over its threads; a row's bits depend on that row alone.
//
// bf16 lies in rows or in tiles of 16 rows by 32 columns, 1 KB each, row by row; an element is in tile (row / 16) * stride + column / 32. An odd
// stride keeps tiles of equal columns out of each other's place in the cache.
#pragma once

#include <cstddef>
#include <cstdint>

namespace highbeam {

/// How a matrix lies in memory.
enum class Layout : int32_t { kF32Rows, kBf16Rows, kBf16Tiles };

/// A matrix that an op reads or writes.
struct Matrix {
  void* data;
  Layout layout;
  /// Columns; the stride of rows.
  int32_t width;
  /// Tiles from one row of tiles to the next.
  int32_t tile_stride;
};

/// What a linear does with its sums, numbered as dev.highbeam.runtime.backend.Epilogue is.
enum class Epilogue : int32_t { kStore, kAdd, kGatedSilu, kGatedGeluTanh };

/// A linear's operands. Left: rows by k in tiles. Right: panels of 32 columns, each k steps of two tiles.
struct LinearCall {
  /// Whether both operands are int8 (64 of k a step), else bf16 (32 of k a step).
  bool is_int8;
  const char* left;
  /// Tiles from one row of tiles of left to the next.
  int32_t left_stride;
  /// [rows] factors of the left rows; int8 only.
  const float* left_scales;
  const char* right;
  /// [panels * 32] factors of the columns, in the panels' order; int8 only.
  const float* right_scales;
  /// [panels * 32] in the panels' order, or null.
  const float* bias;
  int32_t rows;
  int32_t steps;
  Epilogue epilogue;
  Matrix out;
};

/// Bytes of memory of its own that each thread of linear() needs.
size_t linear_scratch_bytes();

/// Computes the panels [begin, end) of all rows.
void linear(const LinearCall& call, int begin, int end, void* scratch);

/// Brings 16 rows [16][width] into the tiles of half a panel of bf16, every other one from half on.
void pack_bf16_half(const uint16_t* rows, int width, char* half);

/// Bytes of memory that pack_int8_half() needs.
size_t pack_int8_scratch_bytes(int width);

/// The same in int8; the greatest magnitude of a column becomes 127 times its scale, of which there are 16.
void pack_int8_half(const uint16_t* rows, int width, char* half, float* scales, char* scratch);

/// Brings the rows [begin, end) of bf16 into int8 tiles; the greatest magnitude of a row becomes 127 times its scale.
void quantize_rows(const Matrix& in, int begin, int end, char* out, int out_stride, float* scales);

/// out = in / sqrt(mean(in^2) + epsilon) * weight for the rows [begin, end).
void rms_norm(const Matrix& in, const float* weight, float epsilon, int begin, int end, const Matrix& out);

/// out[row] = table[ids[row]] * scale for the rows [begin, end); the table is bf16.
void embed(const uint16_t* table, const int32_t* ids, float scale, int begin, int end, const Matrix& out);

/// out[row] = in[rows[row]] for the rows [begin, end).
void gather(const Matrix& in, const int32_t* rows, int begin, int end, const Matrix& out);

/// Keys and values of one layer. A page of a head holds groups of 16 tokens; of keys a group is [head_dim / 2][16 tokens][2],
/// of values [head_dim / 16][8 pairs of tokens][16][2]: right operands both. head_dim counts up to whole steps of 32.
struct LayerCache {
  char* keys;
  char* values;
  int32_t kv_heads;
  int32_t head_dim;
  int32_t page_size;
};

/// The step's tokens and entries, as ForwardBatch has them.
struct StepArrays {
  const int32_t* positions;
  const int32_t* slots;
  const int32_t* query_indptr;
  const int32_t* page_indptr;
  const int32_t* page_indices;
  const int32_t* last_page_length;
};

/// Cosines and sines [position][pairs].
struct RopeTable {
  const float* cosines;
  const float* sines;
  int32_t pairs;
};

/// In place on the tokens [begin, end) of qkv, bf16 rows: rotates queries and keys, and writes keys and values to the cache.
void rope_append(uint16_t* qkv, int query_heads, const RopeTable& rope, const LayerCache& cache, const StepArrays& step, int begin,
                 int end);

/// What an attention op needs beside the step.
struct AttentionCall {
  const uint16_t* qkv;
  int32_t query_heads;
  /// Keys that a token sees, itself included; 0 for all.
  int32_t window;
  float scale;
  /// 0 for none.
  float soft_cap;
  /// [query_heads] or null.
  const float* sinks;
  LayerCache cache;
  StepArrays step;
  /// [blocks][2]: the entry, and the first of its rows, a row being a token and one of the query heads of a kv head.
  const int32_t* blocks;
  Matrix out;
};

/// Rows of a block of attention.
constexpr int kAttentionRows = 64;

/// Bytes of memory of its own that each thread of attention() needs.
size_t attention_scratch_bytes(int head_dim);

/// Computes the tasks [begin, end): task t is block t / kv_heads of kv head t % kv_heads.
void attention(const AttentionCall& call, int begin, int end, void* scratch);

/// What sampling must know of a row of logits.
struct RowScan {
  /// The sum of floor(2^40 e^(logit - greatest)).
  int64_t total;
  float greatest;
  /// Of equal ones the lowest; -1 if no logit is above minus infinity.
  int32_t greatest_id;
  /// Whether no logit is NaN or plus infinity.
  int32_t is_ordered;
  int32_t is_uniform;
};

void scan_row(const float* logits, int count, RowScan* scan);

/// Draws a token with weights floor(2^40 e^((logit - greatest) / temperature)), those below least being 0: the one at a share of
/// bits / 2^64 of their sum, in the order of ids.
int draw(const float* logits, int count, float greatest, float temperature, int64_t least, uint64_t bits);

/// Whether this processor and system can run the kernels; asks the system for the tiles.
bool is_supported();

/// Zeroed memory in large pages where the system has them, or null.
void* allocate(size_t bytes);

void release(void* memory, size_t bytes);

}  // namespace highbeam
