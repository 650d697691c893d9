// SPDX-License-Identifier: Apache-2.0
//
// Rotary position embedding (Su et al., RoFormer, 2021; half-split pairing: element i of a head with
// element i + rotaryDim / 2) of queries and keys, in place in qkv
// [tokens, (queryHeads + 2 * kvHeads) * headDim], then keys and values into the pages of the cache:
//   a' = a cos - b sin, b' = b cos + a sin; stored = round(x / scale), x as rounded to qkv's type
// Elements from rotaryDim on stay as they are. qkv f32, bf16 or f16; cache also fp8. Cosines and
// sines come from a table [position][rotaryDim / 2][2] made in f64. The cache is addressed by
// strides in elements: page, head and token in either order.
//
// A token's heads are cut into units of eight elements (of one where sizes or strides are no
// multiple of eight); a thread takes a unit of the first half of a rotated head together with its
// partner. Grid (tokens, any number of blocks that share a token's units). Moves qkv once in and the
// rotated part once out, keys and values once into the cache: memory bound.
#include "include/vectors.h"

namespace rope_append_kernel {

constexpr int kThreads = 128;

// Everything but the types.
struct Task {
  int query_heads;
  int kv_heads;
  int head_dim;
  int rotary_dim;
  const float* turns;  // of the token's position
  int64 slot;          // elements to the token's place in head 0, or -1 for none
  int64 head_stride;
};

// VECTOR elements of a head, and their way into the cache (none for queries and padding).
template <int VECTOR>
struct Unit {
  float x[VECTOR];

  template <typename T>
  __device__ __forceinline__ void load(const T* from) {
    if constexpr (VECTOR == kVector) {
      load8(from, x);
    } else {
      x[0] = to_float(*from);
    }
  }
  template <typename T>
  __device__ __forceinline__ void store(T* to) const {
    if constexpr (VECTOR == kVector) {
      store8(to, x);
    } else {
      *to = from_float<T>(x[0]);
    }
  }
  template <typename T>
  __device__ __forceinline__ void round() {
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      x[i] = round_to<T>(x[i]);
    }
  }
  __device__ __forceinline__ void append(void* cache, int type, int64 element, float scale) {
    if (cache == nullptr) {
      return;
    }
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
      x[i] = scale == 1.0f ? x[i] : __fdiv_rn(x[i], scale);
    }
    if (type == kFp8) {
      store(at<fp8>(cache, element));
    } else if (type == kF32) {
      store(at<float>(cache, element));
    } else if (type == kBf16) {
      store(at<bf16>(cache, element));
    } else {
      store(at<f16>(cache, element));
    }
  }
};

template <int VECTOR>
__device__ __forceinline__ void rotate(Unit<VECTOR>& a, Unit<VECTOR>& b, const float* turns) {
#pragma unroll
  for (int i = 0; i < VECTOR; i++) {
    const float cosine = turns[2 * i];
    const float sine = turns[2 * i + 1];
    const float first = a.x[i];
    const float second = b.x[i];
    a.x[i] = __fsub_rn(__fmul_rn(first, cosine), __fmul_rn(second, sine));
    b.x[i] = __fadd_rn(__fmul_rn(second, cosine), __fmul_rn(first, sine));
  }
}

// One token. Heads count through queries, keys and values; units of a head: pairs first, then what
// is not rotated.
template <typename T, int VECTOR>
__device__ __forceinline__ void run(T* token, const Task& task, void* keys, void* values,
                                    int kv_type, float key_scale, float value_scale) {
  const int half = task.rotary_dim / 2;
  const int pairs = half / VECTOR;
  const int rotated_units = pairs + (task.head_dim - task.rotary_dim) / VECTOR;
  const int value_units = task.head_dim / VECTOR;
  const int rotated = (task.query_heads + task.kv_heads) * rotated_units;
  const int all = rotated + task.kv_heads * value_units;
  for (int i = blockIdx.y * kThreads + threadIdx.x; i < all; i += gridDim.y * kThreads) {
    const bool is_value = i >= rotated;
    const int units = is_value ? value_units : rotated_units;
    const int head = is_value ? (i - rotated) / units : i / units;
    const int unit = is_value ? (i - rotated) % units : i % units;
    const int kv_head = is_value ? head : head - task.query_heads;
    const int64 place = task.slot + kv_head * task.head_stride;
    const int row_head = is_value ? task.query_heads + task.kv_heads + head : head;
    T* row = token + row_head * task.head_dim;
    void* cache = task.slot < 0 || kv_head < 0 ? nullptr : is_value ? values : keys;
    const float scale = is_value ? value_scale : key_scale;
    Unit<VECTOR> a;
    if (is_value || unit >= pairs) {
      const int element = is_value ? unit * VECTOR : task.rotary_dim + (unit - pairs) * VECTOR;
      a.load(row + element);
      a.append(cache, kv_type, place + element, scale);
      continue;
    }
    const int element = unit * VECTOR;
    Unit<VECTOR> b;
    a.load(row + element);
    b.load(row + element + half);
    rotate(a, b, task.turns + 2 * element);
    a.template round<T>();
    b.template round<T>();
    a.store(row + element);
    b.store(row + element + half);
    a.append(cache, kv_type, place + element, scale);
    b.append(cache, kv_type, place + element + half, scale);
  }
}

}  // namespace rope_append_kernel

extern "C" __global__ void __launch_bounds__(rope_append_kernel::kThreads)
    rope_append(void* qkv, int qkv_type, int64 qkv_stride, int query_heads, int kv_heads,
                int head_dim, int rotary_dim, const float* rope_table, void* keys, void* values,
                int kv_type, int64 page_stride, int64 head_stride, int64 token_stride,
                int page_size, float key_scale, float value_scale, const int* header,
                const int* positions, const int* slot_mapping) {
  using namespace rope_append_kernel;
  const int token = blockIdx.x;
  if (token >= header[kTokenCount]) {
    return;
  }
  const int slot = slot_mapping[token];
  const int64 place =
      slot < 0 ? -1 : slot / page_size * page_stride + slot % page_size * token_stride;
  const Task task = {query_heads, kv_heads,    head_dim,
                     rotary_dim,  rope_table + positions[token] * static_cast<int64>(rotary_dim),
                     place,       head_stride};
  const int64 row = token * qkv_stride;
  const bool is_vector = head_dim % kVector == 0 && rotary_dim % (2 * kVector) == 0 &&
                         page_stride % kVector == 0 && head_stride % kVector == 0 &&
                         token_stride % kVector == 0;
#define HIGHBEAM_ROPE(T)                                                                          \
  if (is_vector) {                                                                                \
    run<T, kVector>(at<T>(qkv, row), task, keys, values, kv_type, key_scale, value_scale);        \
  } else {                                                                                        \
    run<T, 1>(at<T>(qkv, row), task, keys, values, kv_type, key_scale, value_scale);              \
  }
  if (qkv_type == kF32) {
    HIGHBEAM_ROPE(float)
  } else if (qkv_type == kBf16) {
    HIGHBEAM_ROPE(bf16)
  } else {
    HIGHBEAM_ROPE(f16)
  }
#undef HIGHBEAM_ROPE
}
