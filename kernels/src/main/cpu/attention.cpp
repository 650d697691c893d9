// SPDX-License-Identifier: Apache-2.0
// Causal attention over pages (Dao et al., FlashAttention, 2022): scores of a block of positions, their exponentials against the greatest so
// far, the sums of values rescaled whenever that grows. Products are of bf16 with sums in f32; the exponentials are rounded to bf16 and
// their total is taken of the rounded ones.
//
// Blocks of 64 positions begin at multiples of 64. What a row does not see has the exponential 0 and changes no bit of it, so a row's result
// depends neither on the rows beside it nor on how the prompt was cut. Slots past the sequence's end are never read as values.
#include <algorithm>
#include <cstring>
#include <limits>

#include "cache.h"
#include "highbeam_cpu.h"
#include "matrix.h"

namespace highbeam {
namespace {

constexpr int kBlockGroups = 4;
constexpr int kBlockTokens = kGroupTokens * kBlockGroups;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
/// Columns of values that four registers of sums hold.
constexpr int kDimsAtOnce = 64;
constexpr int kValueTileBytes = kTileBytes / 2;

/// Registers: 0 to 3 sums, 4 queries, 5 keys, 6 exponentials of 16 positions, 7 values of 16 positions.
TileShapes shapes(int rows) {
  TileShapes shapes;
  for (int sum = 0; sum < 4; sum++) {
    shapes.set(sum, rows, kStepBytes);
  }
  shapes.set(4, rows, kStepBytes);
  shapes.set(5, kTileRows, kStepBytes);
  shapes.set(6, rows, kGroupTokens * 2);
  shapes.set(7, kGroupTokens / 2, kStepBytes);
  return shapes;
}

/// A thread's memory, for blocks of 64 rows.
struct Memory {
  explicit Memory(void* memory, int dims) {
    char* next = static_cast<char*>(memory);
    queries = next;
    next += kAttentionRows * dims * 2;
    sums = reinterpret_cast<float*>(next);
    next += kAttentionRows * dims * 4;
    scores = reinterpret_cast<float*>(next);
    next += kTileRows * kBlockTokens * 4;
    exponentials = next;
    next += kTileRows * kBlockTokens * 2;
    gathered = next;
    next += 2 * kBlockGroups * group_bytes(dims);
    greatest = reinterpret_cast<float*>(next);
    totals = greatest + kAttentionRows;
    first = reinterpret_cast<int32_t*>(totals + kAttentionRows);
    end = first + kAttentionRows;
  }

  static size_t bytes(int dims) {
    return kAttentionRows * (6 * static_cast<size_t>(dims) + 16) + kTileRows * kBlockTokens * 6 + 2 * kBlockGroups * group_bytes(dims);
  }

  /// [4 row tiles][dims / 32] tiles.
  char* queries;
  /// [64][dims].
  float* sums;
  /// [16][64].
  float* scores;
  /// [16][64] bf16.
  char* exponentials;
  /// Groups that do not lie in the cache as they are wanted: 4 of keys, 4 of values.
  char* gathered;
  /// [64] greatest score and total of each row so far, the first position it sees and the one after its last.
  float* greatest;
  float* totals;
  int32_t* first;
  int32_t* end;
};

/// Groups that will be read next, brought into the cache a few lines at a time: asked for at once, they would keep everything else waiting.
class Fetch {
 public:
  explicit Fetch(size_t group_bytes) : group_bytes_(group_bytes) {}

  void clear() {
    count_ = 0;
    next_ = 0;
    offset_ = 0;
  }

  void add(const char* group) { groups_[count_++] = group; }

  /// Spreads what was added over so many steps.
  void spread(int steps) { per_step_ = (count_ * group_bytes_ / 64 + steps - 1) / steps * 64; }

  void step() {
    for (size_t left = per_step_; left > 0 && next_ < count_; left -= 64) {
      _mm_prefetch(groups_[next_] + offset_, _MM_HINT_T0);
      offset_ += 64;
      if (offset_ == group_bytes_) {
        offset_ = 0;
        next_++;
      }
    }
  }

 private:
  const size_t group_bytes_;
  const char* groups_[2 * kBlockGroups] = {};
  int count_ = 0;
  int next_ = 0;
  size_t offset_ = 0;
  size_t per_step_ = 0;
};

class Block {
 public:
  Block(const AttentionCall& call, void* scratch)
      : call_(call),
        cache_(call.cache),
        dims_(padded_dims(call.cache.head_dim)),
        heads_per_kv_(call.query_heads / call.cache.kv_heads),
        group_bytes_(group_bytes(call.cache.head_dim)),
        memory_(scratch, dims_),
        fetch_(group_bytes_) {}

  /// Computes a block; next_entry and next_head (or a negative entry) are those of the one that comes after it.
  void run(int entry, int first_row, int kv_head, int next_entry, int next_head) {
    const int32_t* query = call_.step.query_indptr + entry;
    first_token_ = query[0];
    first_row_ = first_row;
    kv_head_ = kv_head;
    next_entry_ = next_entry;
    next_head_ = next_head;
    rows_ = std::min(kAttentionRows, (query[1] - query[0]) * heads_per_kv_ - first_row);
    pages_ = pages(entry);
    const int page_count = call_.step.page_indptr[entry + 1] - call_.step.page_indptr[entry];
    length_ = (page_count - 1) * cache_.page_size + call_.step.last_page_length[entry];
    load_queries();
    const int end = memory_.end[rows_ - 1];
    for (int position = memory_.first[0] / kBlockTokens * kBlockTokens; position < end; position += kBlockTokens) {
      add(position, std::min(end, position + kBlockTokens), end);
    }
    for (int row = 0; row < rows_; row++) {
      store(row);
    }
  }

 private:
  int token_of(int row) const { return first_token_ + (first_row_ + row) / heads_per_kv_; }

  int head_of(int row) const { return kv_head_ * heads_per_kv_ + (first_row_ + row) % heads_per_kv_; }

  void load_queries() {
    const int head_dim = cache_.head_dim;
    const size_t width = static_cast<size_t>(call_.query_heads + 2 * cache_.kv_heads) * head_dim;
    for (int row = 0; row < rows_; row++) {
      const uint16_t* from = call_.qkv + token_of(row) * width + head_of(row) * head_dim;
      // Up to whole tiles: what pads the keys is 0, but 0 times whatever lay here might be NaN.
      for (int d = 0; d < dims_; d += kLanes) {
        const __mmask16 lanes = first_lanes(std::max(0, head_dim - d));
        char* to = tile_place(memory_.queries, dims_ / 32, row, d);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_maskz_loadu_epi16(lanes, from + d));
      }
      const int position = call_.step.positions[token_of(row)];
      memory_.first[row] = call_.window == 0 ? 0 : std::max(0, position - call_.window + 1);
      memory_.end[row] = position + 1;
      const float sink = call_.sinks == nullptr ? kMinusInfinity : call_.sinks[head_of(row)];
      memory_.greatest[row] = sink;
      memory_.totals[row] = sink == kMinusInfinity ? 0 : 1;
    }
    std::memset(memory_.sums, 0, static_cast<size_t>(rows_) * dims_ * 4);
  }

  const int32_t* pages(int entry) const { return call_.step.page_indices + call_.step.page_indptr[entry]; }

  /// A group of 16 tokens of a head in keys or values.
  const char* group(const char* cache, const int32_t* pages, int kv_head, int position) const {
    return cache + group_offset(cache_, pages[position / cache_.page_size], kv_head, position % cache_.page_size);
  }

  /// Finds keys and values of the block of positions that begins there.
  void find_groups(int begin, int groups) {
    for (int g = 0; g < groups; g++) {
      const int position = begin + g * kGroupTokens;
      if (!has_groups(cache_)) {
        gather(g, position);
        continue;
      }
      keys_[g] = group(cache_.keys, pages_, kv_head_, position);
      values_[g] = group(cache_.values, pages_, kv_head_, position);
      if (position + kGroupTokens > length_) {
        values_[g] = copy_last_values(values_[g]);
      }
    }
    // The scores of what repeats the last one are not looked at.
    std::fill(keys_ + groups, keys_ + kBlockGroups, keys_[groups - 1]);
  }

  /// The group in which the sequence ends, 0 past the end: a product of 0 and whatever lies there might be NaN.
  const char* copy_last_values(const char* values) {
    const int tokens = length_ % kGroupTokens;
    std::memcpy(memory_.gathered, values, group_bytes_);
    for (size_t row = 0; row < group_bytes_ / kStepBytes; row++) {
      const int pair = static_cast<int>(row % (kGroupTokens / 2)) * 2;
      char* words = memory_.gathered + row * kStepBytes;
      if (pair >= tokens) {
        std::memset(words, 0, kStepBytes);
      } else if (pair + 1 >= tokens) {
        const __m512i kept = _mm512_and_si512(_mm512_loadu_si512(words), _mm512_set1_epi32(0xffff));
        _mm512_storeu_si512(words, kept);
      }
    }
    return memory_.gathered;
  }

  /// Puts a group together from pages that are smaller.
  void gather(int g, int position) {
    char* keys = memory_.gathered + g * group_bytes_;
    char* values = keys + kBlockGroups * group_bytes_;
    std::memset(keys, 0, group_bytes_);
    std::memset(values, 0, group_bytes_);
    const int tokens = std::min(kGroupTokens, length_ - position);
    for (int token = 0; token < tokens; token++) {
      const int at = position + token;
      const size_t row = row_offset(cache_, pages_[at / cache_.page_size], kv_head_, at % cache_.page_size);
      put_key(reinterpret_cast<const uint16_t*>(cache_.keys + row), cache_.head_dim, keys, token);
      put_value(reinterpret_cast<const uint16_t*>(cache_.values + row), cache_.head_dim, values, token);
    }
    keys_[g] = keys;
    values_[g] = values;
  }

  /// Adds the positions [begin, end) to all rows, a tile of rows at a time.
  void add(int begin, int end, int all_end) {
    const int groups = (end - begin + kGroupTokens - 1) / kGroupTokens;
    find_groups(begin, groups);
    for (int row = 0; row < rows_; row += kTileRows) {
      const int last_row = std::min(rows_, row + kTileRows) - 1;
      if (memory_.end[last_row] <= begin) {
        continue;
      }
      fetch_.clear();
      if (row == 0) {
        find_following(end, all_end);
        fetch_.spread(dims_ / 32 + last_row + 1 + groups * ((dims_ + kDimsAtOnce - 1) / kDimsAtOnce));
      }
      score(row);
      for (int r = row; r <= last_row; r++) {
        weigh(r, r - row, begin);
        fetch_.step();
      }
      add_values(row, groups);
    }
  }

  /// Finds the next block of positions, or the first one of what comes after this block.
  void find_following(int begin, int all_end) {
    if (!has_groups(cache_)) {
      return;
    }
    if (begin < all_end) {
      fetch(pages_, kv_head_, begin, std::min(begin + kBlockTokens, all_end));
    } else if (next_entry_ >= 0) {
      const int last = call_.step.query_indptr[next_entry_ + 1] - 1;
      const int length = call_.step.positions[last] + 1;
      const int first = call_.window == 0 ? 0 : std::max(0, length - call_.window) / kBlockTokens * kBlockTokens;
      fetch(pages(next_entry_), next_head_, first, std::min(first + kBlockTokens, length));
    }
  }

  void fetch(const int32_t* pages, int kv_head, int begin, int end) {
    for (int position = begin; position < end; position += kGroupTokens) {
      fetch_.add(group(cache_.keys, pages, kv_head, position));
    }
    for (int position = begin; position < end; position += kGroupTokens) {
      fetch_.add(group(cache_.values, pages, kv_head, position));
    }
  }

  void score(int row) {
    const char* queries = tile_place(memory_.queries, dims_ / 32, row, 0);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int step = 0; step < dims_ / 32; step++) {
      _tile_loadd(4, queries + step * kTileBytes, kStepBytes);
      _tile_loadd(5, keys_[0] + step * kTileBytes, kStepBytes);
      _tile_dpbf16ps(0, 4, 5);
      _tile_loadd(5, keys_[1] + step * kTileBytes, kStepBytes);
      _tile_dpbf16ps(1, 4, 5);
      _tile_loadd(5, keys_[2] + step * kTileBytes, kStepBytes);
      _tile_dpbf16ps(2, 4, 5);
      _tile_loadd(5, keys_[3] + step * kTileBytes, kStepBytes);
      _tile_dpbf16ps(3, 4, 5);
      fetch_.step();
    }
    constexpr int kStride = kBlockTokens * 4;
    _tile_stored(0, memory_.scores, kStride);
    _tile_stored(1, memory_.scores + kGroupTokens, kStride);
    _tile_stored(2, memory_.scores + 2 * kGroupTokens, kStride);
    _tile_stored(3, memory_.scores + 3 * kGroupTokens, kStride);
  }

  /// Turns a row's scores into exponentials and rescales its sums.
  void weigh(int row, int in_tile, int begin) {
    const float* scores = memory_.scores + in_tile * kBlockTokens;
    __m512 x[kBlockGroups];
    __m512 greatest = _mm512_set1_ps(memory_.greatest[row]);
    for (int g = 0; g < kBlockGroups; g++) {
      x[g] = _mm512_mul_ps(_mm512_loadu_ps(scores + g * kLanes), _mm512_set1_ps(call_.scale));
      if (call_.soft_cap != 0) {
        x[g] = soft_cap(x[g], call_.soft_cap);
      }
      const int from = begin + g * kLanes;
      const __mmask16 before = first_lanes(std::max(0, memory_.first[row] - from));
      const __mmask16 seen = first_lanes(std::max(0, memory_.end[row] - from)) & static_cast<__mmask16>(~before);
      x[g] = _mm512_mask_mov_ps(_mm512_set1_ps(kMinusInfinity), seen, x[g]);
      greatest = _mm512_max_ps(greatest, x[g]);
    }
    const float now = _mm512_reduce_max_ps(greatest);
    // Nothing seen yet: any reference does, as all exponentials are 0.
    const __m512 reference = _mm512_set1_ps(now == kMinusInfinity ? 0 : now);
    __m512 sum = _mm512_setzero_ps();
    char* exponentials = memory_.exponentials + in_tile * kBlockTokens * 2;
    for (int g = 0; g < kBlockGroups; g++) {
      const __m256i rounded = to_bf16(exp_nonpositive(_mm512_sub_ps(x[g], reference)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(exponentials + g * kLanes * 2), rounded);
      sum = _mm512_add_ps(sum, from_bf16(rounded));
    }
    float factor = 1;
    if (now != memory_.greatest[row]) {
      const __m512 change = _mm512_set1_ps(memory_.greatest[row] - now);
      factor = _mm512_cvtss_f32(exp_nonpositive(change));
      rescale(row, factor);
    }
    memory_.totals[row] = memory_.totals[row] * factor + tree_sum(sum);
    memory_.greatest[row] = now;
  }

  void rescale(int row, float factor) {
    float* sums = memory_.sums + static_cast<size_t>(row) * dims_;
    for (int d = 0; d < dims_; d += kLanes) {
      _mm512_storeu_ps(sums + d, _mm512_mul_ps(_mm512_loadu_ps(sums + d), _mm512_set1_ps(factor)));
    }
  }

  void add_values(int row, int groups) {
    for (int d = 0; d < dims_; d += kDimsAtOnce) {
      float* sums = memory_.sums + static_cast<size_t>(row) * dims_ + d;
      const bool has_upper = d + 32 < dims_;
      const int stride = dims_ * 4;
      _tile_loadd(0, sums, stride);
      _tile_loadd(1, sums + 16, stride);
      if (has_upper) {
        _tile_loadd(2, sums + 32, stride);
        _tile_loadd(3, sums + 48, stride);
      }
      for (int g = 0; g < groups; g++) {
        const char* tiles = values_[g] + d / kTileColumns * kValueTileBytes;
        _tile_loadd(6, memory_.exponentials + g * kGroupTokens * 2, kBlockTokens * 2);
        _tile_loadd(7, tiles, kStepBytes);
        _tile_dpbf16ps(0, 6, 7);
        _tile_loadd(7, tiles + kValueTileBytes, kStepBytes);
        _tile_dpbf16ps(1, 6, 7);
        if (has_upper) {
          _tile_loadd(7, tiles + 2 * kValueTileBytes, kStepBytes);
          _tile_dpbf16ps(2, 6, 7);
          _tile_loadd(7, tiles + 3 * kValueTileBytes, kStepBytes);
          _tile_dpbf16ps(3, 6, 7);
        }
        fetch_.step();
      }
      _tile_stored(0, sums, stride);
      _tile_stored(1, sums + 16, stride);
      if (has_upper) {
        _tile_stored(2, sums + 32, stride);
        _tile_stored(3, sums + 48, stride);
      }
    }
  }

  void store(int row) const {
    const float* sums = memory_.sums + static_cast<size_t>(row) * dims_;
    const __m512 total = _mm512_set1_ps(memory_.totals[row]);
    const int head_dim = cache_.head_dim;
    for (int d = 0; d < head_dim; d += kLanes) {
      const __m512 value = _mm512_div_ps(_mm512_loadu_ps(sums + d), total);
      store_anywhere(call_.out, token_of(row), head_of(row) * head_dim + d, std::min(kLanes, head_dim - d), value);
    }
  }

  const AttentionCall& call_;
  const LayerCache& cache_;
  const int dims_;
  const int heads_per_kv_;
  const size_t group_bytes_;
  Memory memory_;
  Fetch fetch_;
  const char* keys_[kBlockGroups] = {};
  const char* values_[kBlockGroups] = {};
  const int32_t* pages_ = nullptr;
  int first_token_ = 0;
  int first_row_ = 0;
  int kv_head_ = 0;
  int next_entry_ = -1;
  int next_head_ = 0;
  int rows_ = 0;
  int length_ = 0;
};

}  // namespace

size_t attention_scratch_bytes(int head_dim) { return Memory::bytes(padded_dims(head_dim)); }

void attention(const AttentionCall& call, int begin, int end, void* scratch) {
  int rows = 0;
  Block block(call, scratch);
  const TileScope scope(shapes(kTileRows));
  for (int task = begin; task < end; task++) {
    const int32_t* at = call.blocks + 2 * (task / call.cache.kv_heads);
    const int32_t* query = call.step.query_indptr + at[0];
    // Short tiles are quicker; rows past the last of a full one hold nothing of use.
    const int all = (query[1] - query[0]) * (call.query_heads / call.cache.kv_heads) - at[1];
    const int wanted = std::min(all, kTileRows);
    if (wanted != rows) {
      rows = wanted;
      shapes(rows).load();
    }
    const int following = task + 1;
    const int next_entry = following < end ? call.blocks[2 * (following / call.cache.kv_heads)] : -1;
    block.run(at[0], at[1], task % call.cache.kv_heads, next_entry, following % call.cache.kv_heads);
  }
}

}  // namespace highbeam
