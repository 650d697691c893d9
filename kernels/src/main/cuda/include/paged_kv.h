// SPDX-License-Identifier: Apache-2.0
//
// Where the keys and values of a sequence lie: pages of a power-of-two number of tokens, scattered
// over the cache, listed per entry in the order of positions. Strides are in elements, so that NHD
// ([token in page][head][element]) and HND pages ([head][token in page][element]) differ in them
// only. Offsets are in 64 bits: a cache is larger than 2^31 elements.
#pragma once

#include "device.h"

struct KvCache {
  const void* keys;
  const void* values;
  int64 page_stride;
  int64 head_stride;
  int64 token_stride;
  int kv_heads;
  int page_size_log2;
  const int* page_indptr;
  const int* page_indices;

  // The pages of an entry.
  __device__ __forceinline__ const int* pages(int entry) const {
    return page_indices + page_indptr[entry];
  }

  // Elements from the start of keys, or of values, to those of one position in the given page.
  __device__ __forceinline__ int64 offset(int page, int position, int kv_head) const {
    const int in_page = position & ((1 << page_size_log2) - 1);
    return page * page_stride + kv_head * head_stride + in_page * token_stride;
  }
};
