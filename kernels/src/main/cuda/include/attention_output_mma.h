// SPDX-License-Identifier: Apache-2.0
//
// The body of OUTPUT attention on tensor cores. A warp takes the tiles of 16 keys in turn, warp w
// those with tile % 4 == w, and multiplies with the keys as the 16-row operand and the query heads
// as the 8 columns:
//   S^T [16 keys x 8 heads] = K [16 x DIM] Q^T [DIM x 8]     Q^T stays in registers
//   O^T [DIM x 8 heads]    += V^T [DIM x 16] P^T [16 x 8]    V^T by ldmatrix.trans
// so that up to 8 query heads cost no more than one. P^T needs the transposed fragment of S^T:
// movmatrix, within the warp. Maxima, totals and O^T's columns are held by the same lanes.
//
// Each warp has its own ring of kUnits buffers in shared memory, filled by cp.async straight from
// the pages, keys and values of a tile one after the other: no barrier of the thread block inside a
// split, and kUnits - 1 units in flight while one is worked on. Keys and values are read from
// memory once; everything else is small beside them.
//
// Dynamic shared memory: kSharedBytes of the body.
#pragma once

#include "attention_operand.h"
#include "attention_output.h"
#include "ptx.h"

namespace attention_output_mma {

using namespace attention_operand;
using namespace attention_output;

constexpr int kTileKeys = 16;

// Buffers of a ring: what fits twice or more into a multiprocessor's shared memory, three times
// where heads are not of 256; less on sm_75, which has 64 KB and nothing to wait for.
template <typename KV, int DIM>
__host__ __device__ constexpr int ring_units() {
  if (TypeOf<KV>::kCode == kFp8) {
    return KARCH < 800 ? 4 : 6;
  }
  return KARCH < 800 || DIM == 256 ? 3 : 4;
}

template <typename T, typename KV, int DIM>
struct Body {
  static constexpr bool kWiden = TypeOf<KV>::kCode == kFp8;
  static constexpr int kUnits = ring_units<KV, DIM>();
  static constexpr int kTileBytes = kTileKeys * row_bytes<DIM>();
  static constexpr int kUnitBytes = kWiden ? kTileKeys * DIM : kTileBytes;
  static constexpr int kRingBytes = kWarps * kUnits * kUnitBytes;
  static constexpr int kWidenedBytes = kWiden ? kWarps * kTileBytes : 0;
  // Where the rows of two tiles lie, for each warp.
  static constexpr int kOffsetBytes = kWarps * 2 * kTileKeys * sizeof(int64);
  static constexpr int kStateBytes = 2 * kWarps * kHeads * sizeof(float);
  static constexpr int kSharedBytes = kRingBytes + kWidenedBytes + kOffsetBytes + kStateBytes;
  // The warps' sums take the place of the rings when these are empty.
  static_assert(kWarps * kHeads * (DIM + WarpPieces::kPadding) * sizeof(float) <= kRingBytes,
                "no room for the sums");

  const AttentionArguments& arguments;
  unsigned char* shared;
  // This lane's fragments of Q^T.
  uint32_t query[DIM / 16][2];

  __device__ __forceinline__ Body(const AttentionArguments& of, unsigned char* dynamic_shared)
      : arguments(of), shared(dynamic_shared) {}

  __device__ __forceinline__ int64* offsets(int tile) const {
    const int warp = threadIdx.x / kWarpSize;
    return reinterpret_cast<int64*>(shared + kRingBytes + kWidenedBytes) +
           (warp * 2 + tile / kWarps % 2) * kTileKeys;
  }
  __device__ __forceinline__ float* maxima() const {
    return reinterpret_cast<float*>(shared + kRingBytes + kWidenedBytes + kOffsetBytes);
  }
  __device__ __forceinline__ WarpPieces pieces() const {
    return {reinterpret_cast<float*>(shared), maxima(), maxima() + kWarps * kHeads, DIM};
  }

  __device__ __forceinline__ void start(const Item& item) {
    const int lane = threadIdx.x % kWarpSize;
    const int head = lane / 4;
    const int64 row = item.row * arguments.query_stride +
                      static_cast<int64>(item.first_head + head) * arguments.head_dim;
#pragma unroll
    for (int step = 0; step < DIM / 16; step++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int element = step * 16 + half * 8 + lane % 4 * 2;
        const bool inside = head < item.heads && element < arguments.head_dim;
        query[step][half] =
            inside ? load_pair<T>(arguments.query, arguments.query_type, row + element) : 0;
      }
    }
  }

  // What a warp needs to fetch tiles of a split.
  struct Source {
    const int* pages;
    int kv_head;
    int first_key;
    int last_key;

    __device__ __forceinline__ bool sees(int key) const {
      return first_key <= key && key <= last_key;
    }
  };

  // The page of this lane's row of a tile (two lanes have the same); 0 for keys that are not seen,
  // whose pages may not exist.
  __device__ __forceinline__ int load_page(const Source& source, int tile) const {
    const int key = tile * kTileKeys + threadIdx.x % kTileKeys;
    return source.sees(key) ? source.pages[key >> arguments.cache.page_size_log2] : 0;
  }

  // Shares the offsets of a tile's rows with the other lanes.
  __device__ __forceinline__ void keep_offsets(const Source& source, int tile, int page) const {
    const int row = threadIdx.x % kTileKeys;
    const int key = tile * kTileKeys + row;
    if (threadIdx.x % kWarpSize < kTileKeys) {
      offsets(tile)[row] =
          source.sees(key) ? arguments.cache.offset(page, key, source.kv_head) : 0;
    }
    __syncwarp();
  }

  // Starts the copies of one unit. Keys outside the row's sight and elements beyond the head are
  // zeros, whatever the pages hold there.
  __device__ __forceinline__ void fetch(const void* base, const Source& source, int tile,
                                        unsigned char* unit) const {
    // A power of two, so that a lane has the same chunk of each of its rows.
    constexpr int kRowLanes = row_bytes<DIM>() * static_cast<int>(sizeof(KV)) / (2 * kChunk);
    constexpr int kRows = kWarpSize / kRowLanes;
    const int lane = threadIdx.x % kWarpSize;
    const int chunk = lane % kRowLanes;
    const int first_row = lane / kRowLanes;
    const int element = chunk * kChunk / static_cast<int>(sizeof(KV));
    if (DIM == 96 && element >= DIM) {
      return;
    }
    const int before = source.first_key - tile * kTileKeys;
    const int last = source.last_key - tile * kTileKeys;
    const int to = kWiden ? first_row * DIM + chunk * kChunk : chunk_offset<DIM>(first_row, chunk);
    const int64* row_offsets = offsets(tile) + first_row;
#pragma unroll
    for (int i = 0; i < kTileKeys; i += kRows) {
      const int row = first_row + i;
      const bool valid = before <= row && row <= last && element < arguments.head_dim;
      const KV* from = at<KV>(base, row_offsets[i]) + (valid ? element : 0);
      const int at_row = kWiden ? to + i * DIM : (to ^ ((i & 7) * kChunk)) + i * row_bytes<DIM>();
      cp_async16_zfill(unit + at_row, from, valid);
    }
  }

  // The unit as 16-bit elements; all lanes' copies of it have arrived.
  __device__ __forceinline__ const unsigned char* operand(const unsigned char* unit) const {
    if constexpr (kWiden) {
      unsigned char* widened = shared + kRingBytes + threadIdx.x / kWarpSize * kTileBytes;
      widen_tile<T, DIM, kTileKeys, kWarpSize>(unit, widened, threadIdx.x % kWarpSize);
      __syncwarp();
      return widened;
    } else {
      return unit;
    }
  }

  // Sums of a warp: of heads h = lane % 4 * 2 and h + 1; of O^T the elements lane / 4 and
  // lane / 4 + 8 of each 16.
  struct State {
    float maxima[2] = {-INFINITY, -INFINITY};
    float totals[2] = {};  // of this lane's keys
    float sums[DIM / 16][4] = {};
  };

  // S^T of a tile: keys lane / 4 (scores 0, 1) and lane / 4 + 8 (2, 3), heads h and h + 1.
  __device__ __forceinline__ void multiply_keys(const unsigned char* keys,
                                                float (&scores)[4]) const {
    const int lane = threadIdx.x % kWarpSize;
    const int offset = chunk_offset<DIM>(lane % 16, lane / 16);
#pragma unroll
    for (int step = 0; step < DIM / 16; step++) {
      uint32_t fragment[4];
      ldmatrix_x4(fragment, keys + (offset ^ (2 * step * kChunk)));
      mma_m16n8k16<T>(scores, fragment, query[step]);
    }
  }

  // Turns scores into weights, as fragments of P^T, and brings the state to the new maxima.
  __device__ __forceinline__ void weigh(const Source& source, int tile, float (&scores)[4],
                                        State& state, uint32_t (&weights)[2]) const {
    const int first = tile * kTileKeys + threadIdx.x % kWarpSize / 4;
    if (arguments.exponent_of.capped) {
      arguments.exponent_of.cap(scores);
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int key = first + i / 2 * 8;
      const bool seen = source.sees(key);
      scores[i] = seen ? arguments.exponent_of.scaled(scores[i]) : -INFINITY;
    }
    float factors[2];
#pragma unroll
    for (int h = 0; h < 2; h++) {
      float maximum = fmaxf(scores[h], scores[h + 2]);
#pragma unroll
      for (int offset = 16; offset >= 4; offset /= 2) {
        maximum = fmaxf(maximum, __shfl_xor_sync(kFullMask, maximum, offset));
      }
      maximum = fmaxf(maximum, state.maxima[h]);
      factors[h] = rescale_factor(state.maxima[h], maximum);
      state.maxima[h] = maximum;
      scores[h] = softmax_weight(scores[h], maximum);
      scores[h + 2] = softmax_weight(scores[h + 2], maximum);
      state.totals[h] =
          __fmaf_rn(state.totals[h], factors[h], __fadd_rn(scores[h], scores[h + 2]));
    }
#pragma unroll
    for (int step = 0; step < DIM / 16; step++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        state.sums[step][i] = __fmul_rn(state.sums[step][i], factors[i % 2]);
      }
    }
    weights[0] = transpose8x8(pack<T>(scores[0], scores[1]));
    weights[1] = transpose8x8(pack<T>(scores[2], scores[3]));
  }

  __device__ __forceinline__ void add_values(const unsigned char* values,
                                             const uint32_t (&weights)[2], State& state) const {
    const int lane = threadIdx.x % kWarpSize;
    const int offset = chunk_offset<DIM>(lane % 8 + lane / 16 * 8, lane / 8 % 2);
#pragma unroll
    for (int step = 0; step < DIM / 16; step++) {
      uint32_t fragment[4];
      ldmatrix_x4_trans(fragment, values + (offset ^ (2 * step * kChunk)));
      mma_m16n8k16<T>(state.sums[step], fragment, weights);
    }
  }

  // Leaves the warp's piece where pieces() says.
  __device__ __forceinline__ void leave(State& state) const {
    const int lane = threadIdx.x % kWarpSize;
    const int warp = threadIdx.x / kWarpSize;
    const int head = lane % 4 * 2;
    const WarpPieces to = pieces();
#pragma unroll
    for (int h = 0; h < 2; h++) {
#pragma unroll
      for (int offset = 16; offset >= 4; offset /= 2) {
        state.totals[h] =
            __fadd_rn(state.totals[h], __shfl_xor_sync(kFullMask, state.totals[h], offset));
      }
      if (lane < 4) {
        to.maxima[warp * kHeads + head + h] = state.maxima[h];
        to.totals[warp * kHeads + head + h] = state.totals[h];
      }
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
      float* sums = to.sums_of(warp, head + h) + lane / 4;
#pragma unroll
      for (int step = 0; step < DIM / 16; step++) {
        sums[step * 16] = state.sums[step][h];
        sums[step * 16 + 8] = state.sums[step][2 + h];
      }
    }
  }

  __device__ __forceinline__ void attend(const Item& item, int split) {
    const int warp = threadIdx.x / kWarpSize;
    Source source;
    source.pages = arguments.cache.pages(item.entry);
    source.kv_head = item.kv_head;
    source.first_key = item.first_key(split);
    source.last_key = item.last_key(split);
    const int first_tile = source.first_key / kTileKeys;
    const int last_tile = source.last_key / kTileKeys;
    const int own_tile = first_tile + ((warp - first_tile) & (kWarps - 1));
    const int tiles = own_tile > last_tile ? 0 : (last_tile - own_tile) / kWarps + 1;
    unsigned char* ring = shared + warp * kUnits * kUnitBytes;
    int fetched = 0;
    int fetch_slot = 0;
    int use_slot = 0;
    int fetch_tile = own_tile;
    // Pages are asked for a tile ahead.
    int page = load_page(source, own_tile);
    // A group is closed for each unit, also beyond the last, so that waiting is counting.
    const auto fetch_next = [&]() {
      if (fetched < 2 * tiles) {
        unsigned char* unit = ring + fetch_slot * kUnitBytes;
        if (fetched % 2 == 0) {
          keep_offsets(source, fetch_tile, page);
          page = load_page(source, fetch_tile + kWarps);
          fetch(arguments.cache.keys, source, fetch_tile, unit);
        } else {
          fetch(arguments.cache.values, source, fetch_tile, unit);
          fetch_tile += kWarps;
        }
      }
      cp_async_commit();
      fetched++;
      fetch_slot = fetch_slot + 1 == kUnits ? 0 : fetch_slot + 1;
    };
    // Waits for the next unit and then, all lanes being done with the one before, refills that.
    const auto next_unit = [&]() {
      cp_async_wait<kUnits - 2>();
      __syncwarp();
      fetch_next();
      const unsigned char* unit = ring + use_slot * kUnitBytes;
      use_slot = use_slot + 1 == kUnits ? 0 : use_slot + 1;
      return unit;
    };
    for (int i = 0; i < kUnits - 1; i++) {
      fetch_next();
    }
    State state;
    for (int i = 0; i < tiles; i++) {
      float scores[4] = {};
      uint32_t weights[2];
      multiply_keys(operand(next_unit()), scores);
      weigh(source, own_tile + i * kWarps, scores, state, weights);
      add_values(operand(next_unit()), weights, state);
    }
    cp_async_wait<0>();
    // The other warps' rings are empty too: their room becomes the pieces'.
    __syncthreads();
    leave(state);
  }
};

template <typename T, typename KV, int DIM>
__device__ __forceinline__ void run(const AttentionArguments& arguments, const int* work,
                                    float* partials) {
  DYN_SMEM(unsigned char, shared);
  Body<T, KV, DIM> body(arguments, shared);
  attention_output::run<DIM>(arguments, work, partials, body);
}

}  // namespace attention_output_mma
