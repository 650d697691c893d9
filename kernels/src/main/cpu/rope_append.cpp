// SPDX-License-Identifier: Apache-2.0
// Rotates queries and keys in place and writes keys and values to their slots.
#include <cstring>

#include "cache.h"
#include "vector.h"

namespace highbeam {
namespace {

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

void append(const LayerCache& cache, int page, int head, int in_page, const uint16_t* key, const uint16_t* value) {
  if (has_groups(cache)) {
    const size_t group = group_offset(cache, page, head, in_page);
    put_key(key, cache.head_dim, cache.keys + group, in_page % kGroupTokens);
    put_value(value, cache.head_dim, cache.values + group, in_page % kGroupTokens);
  } else {
    const size_t row = row_offset(cache, page, head, in_page);
    std::memcpy(cache.keys + row, key, static_cast<size_t>(cache.head_dim) * 2);
    std::memcpy(cache.values + row, value, static_cast<size_t>(cache.head_dim) * 2);
  }
}

}  // namespace

void rope_append(uint16_t* qkv, int query_heads, const RopeTable& rope, const LayerCache& cache, const StepArrays& step, int begin,
                 int end) {
  const int head_dim = cache.head_dim;
  const int width = (query_heads + 2 * cache.kv_heads) * head_dim;
  for (int token = begin; token < end; token++) {
    uint16_t* row = qkv + static_cast<size_t>(token) * width;
    const int page = step.slots[token] / cache.page_size;
    const int in_page = step.slots[token] % cache.page_size;
    const size_t angle = static_cast<size_t>(step.positions[token]) * rope.pairs;
    for (int head = 0; head < query_heads + cache.kv_heads; head++) {
      rotate(row + head * head_dim, rope.cosines + angle, rope.sines + angle, rope.pairs);
    }
    const uint16_t* keys = row + query_heads * head_dim;
    for (int head = 0; head < cache.kv_heads; head++) {
      append(cache, page, head, in_page, keys + head * head_dim, keys + (cache.kv_heads + head) * head_dim);
    }
  }
}

}  // namespace highbeam
