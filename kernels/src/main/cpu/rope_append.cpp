// SPDX-License-Identifier: Apache-2.0
// Rotates queries and keys in place and writes keys and values to their slots, in the layout in which attention() reads them as right
// operands.
#include "highbeam_cpu.h"
#include "tile.h"
#include "vector.h"

namespace highbeam {
namespace {

constexpr int kGroupTokens = 16;


void rotate(uint16_t* head, const float* cosines, const float* sines, int pairs) {
  for (int i = 0; i < pairs; i += kLanes) {
    const __mmask16 lanes = first_lanes(pairs - i);
    const __m512 first = from_bf16(_mm256_maskz_loadu_epi16(lanes, head + i));
    const __m512 second = from_bf16(_mm256_maskz_loadu_epi16(lanes, head + pairs + i));
    const __m512 cosine = _mm512_maskz_loadu_ps(lanes, cosines + i);
    const __m512 sine = _mm512_maskz_loadu_ps(lanes, sines + i);
    const __m512 a = _mm512_sub_ps(_mm512_mul_ps(first, cosine), _mm512_mul_ps(second, sine));
    const __m512 b = _mm512_add_ps(_mm512_mul_ps(second, cosine), _mm512_mul_ps(first, sine));
    _mm256_mask_storeu_epi16(head + i, lanes, to_bf16(a));
    _mm256_mask_storeu_epi16(head + pairs + i, lanes, to_bf16(b));
  }
}

void append_key(const uint16_t* key, int head_dim, char* group, int token) {
  for (int d = 0; d < head_dim; d++) {
    __builtin_memcpy(group + d / 2 * kStepBytes + token * 4 + d % 2 * 2, key + d, 2);
  }
}

void append_value(const uint16_t* value, int head_dim, char* group, int token) {
  constexpr int kDimTileBytes = kTileBytes / 2;
  for (int d = 0; d < head_dim; d++) {
    char* tile = group + d / kTileColumns * kDimTileBytes;
    __builtin_memcpy(tile + token / 2 * kStepBytes + d % kTileColumns * 4 + token % 2 * 2, value + d, 2);
  }
}

}  // namespace

void rope_append(uint16_t* qkv, int query_heads, const RopeTable& rope, const LayerCache& cache, const StepArrays& step, int begin,
                 int end) {
  const int head_dim = cache.head_dim;
  const int width = (query_heads + 2 * cache.kv_heads) * head_dim;
  const size_t group_bytes = static_cast<size_t>((head_dim + 31) / 32) * kTileBytes;
  const int groups = cache.page_size / kGroupTokens;
  for (int token = begin; token < end; token++) {
    uint16_t* row = qkv + static_cast<size_t>(token) * width;
    const size_t angle = static_cast<size_t>(step.positions[token]) * rope.pairs;
    for (int head = 0; head < query_heads + cache.kv_heads; head++) {
      rotate(row + head * head_dim, rope.cosines + angle, rope.sines + angle, rope.pairs);
    }
    const int page = step.slots[token] / cache.page_size;
    const int in_page = step.slots[token] % cache.page_size;
    const uint16_t* keys = row + query_heads * head_dim;
    for (int head = 0; head < cache.kv_heads; head++) {
      const size_t group = (static_cast<size_t>(page) * cache.kv_heads + head) * groups + in_page / kGroupTokens;
      append_key(keys + head * head_dim, head_dim, cache.keys + group * group_bytes, in_page % kGroupTokens);
      append_value(keys + (cache.kv_heads + head) * head_dim, head_dim, cache.values + group * group_bytes, in_page % kGroupTokens);
    }
  }
}

}  // namespace highbeam
