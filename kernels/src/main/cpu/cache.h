// SPDX-License-Identifier: Apache-2.0
// Where keys and values of a token lie. A page whose size is a multiple of 16 holds groups of 16 tokens, each laid out as the right operand of
// a product: keys [dims / 2][16][2], values [dims / 16][8][16][2]. A smaller page holds its tokens row by row: [page][kv head][token][dims].
// dims is head_dim up to whole tiles of 32.
#pragma once

#include "highbeam_cpu.h"
#include "tile.h"
#include "vector.h"

namespace highbeam {

constexpr int kGroupTokens = 16;

inline int padded_dims(int head_dim) { return (head_dim + 31) / 32 * 32; }

inline size_t group_bytes(int head_dim) { return static_cast<size_t>(padded_dims(head_dim)) * kGroupTokens * 2; }

inline bool has_groups(const LayerCache& cache) { return cache.page_size % kGroupTokens == 0; }

/// The offset of a slot's group.
inline size_t group_offset(const LayerCache& cache, int page, int kv_head, int in_page) {
  const int groups = cache.page_size / kGroupTokens;
  const size_t index = (static_cast<size_t>(page) * cache.kv_heads + kv_head) * groups + in_page / kGroupTokens;
  return index * group_bytes(cache.head_dim);
}

/// The offset of a slot's row in pages without groups.
inline size_t row_offset(const LayerCache& cache, int page, int kv_head, int in_page) {
  const size_t row = (static_cast<size_t>(page) * cache.kv_heads + kv_head) * cache.page_size + in_page;
  return row * padded_dims(cache.head_dim) * 2;
}

/// head_dim is even: a step of k is a pair.
inline void put_key(const uint16_t* key, int head_dim, char* group, int token) {
  for (int d = 0; d < head_dim; d += 2) {
    __builtin_memcpy(group + d / 2 * kStepBytes + token * 4, key + d, 4);
  }
}

inline void put_value(const uint16_t* value, int head_dim, char* group, int token) {
  constexpr int kDimTileBytes = kTileBytes / 2;
  const __mmask32 places = token % 2 == 0 ? 0x55555555 : 0xaaaaaaaa;
  for (int d = 0; d < head_dim; d += kLanes) {
    const __m512i words = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first_lanes(head_dim - d), value + d));
    char* row = group + d / kTileColumns * kDimTileBytes + token / 2 * kStepBytes;
    _mm512_mask_storeu_epi16(row, places, _mm512_or_si512(words, _mm512_slli_epi32(words, 16)));
  }
}

}  // namespace highbeam
