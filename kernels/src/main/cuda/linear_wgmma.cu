// SPDX-License-Identifier: Apache-2.0
//
// Linear layers on Hopper's warpgroup products (wgmma), bf16 and f16, sm_90a only: see
// include/linear.h for the formula, the segments and the layout of weights. Weights are the 64-row
// operand, tokens the n operand, so that few tokens cost no more than their share of a product.
//
// A thread block is one producer warpgroup and one or two consumer warpgroups of 64 weight rows
// each. Per k tile of 64 the producer brings the weights by bulk copies (8 KiB tiles, swizzled when
// they were packed) and x by asynchronous 16-byte copies that swizzle on the way; a ring of
// kStages stages with a full and an empty barrier each lies between. The producer runs ahead over
// the ends of tiles: blocks stay and take every gridDim-th item, an item being a row tile, a token
// tile and, if segments have blocks of their own, a segment.
//
// Few tokens (n8 to n64): bound by memory. Each weight byte is read once; x comes from the L2 cache
// and adds n / 64 of the weights' bytes (n / 128 for n64). 96 to 168 KiB of weights are on their way
// to each multiprocessor, where 4.8 TB/s x 0.8 us / 132 = 29 KiB cover the latency. The first
// weights are asked for before the number of tokens is known.
// Many tokens (n128 to n256): bound by the tensor cores, 128 x 256 x 64 products in 1024 cycles
// against 48 KiB of loads (48 B a cycle and multiprocessor from L2) and 80 B a cycle of operand
// reads from shared memory, of 128. At 1.75 GHz and 132 multiprocessors 946 TFLOP/s dense.
// Accumulators: n / 2 registers, twice that if one block does several segments, hence n192.
#include "include/linear.h"
#include "include/linear_order.h"
#include "include/ptx_wgmma.h"

#if KARCH_IS_SM90A

namespace linear_wgmma {

constexpr int kWarpgroup = 128;
constexpr int kBarrierBytes = 1024;

// Named barriers; 0 is the block's.
constexpr int kConsumersBarrier = 1;
constexpr int kStagingBarrier = 2;  // of the first consumer, the next one of the second

// Sizes by token tile. kLag: the producer tells that a stage is full when it has started so many
// more. At most kStages - 2, as a consumer gives a stage back when it has begun the next one.
template <int TOKENS>
struct Shape {
  static constexpr int kConsumers = TOKENS >= 64 ? 2 : 1;
  static constexpr int kRows = kConsumers * kTileRows;
  static constexpr int kThreads = (1 + kConsumers) * kWarpgroup;
  static constexpr int kBlocks = TOKENS <= 32 ? 3 : TOKENS <= 64 ? 2 : 1;
  static constexpr int kStages = TOKENS <= 8     ? 7
                                 : TOKENS <= 16  ? 6
                                 : TOKENS <= 32  ? 5
                                 : TOKENS <= 64  ? 4
                                 : TOKENS <= 128 ? 6
                                 : TOKENS <= 192 ? 5
                                                 : 4;
  static constexpr int kLag = TOKENS <= 64 ? kStages - 2 : 1;
  static constexpr int kWeightBytes = kRows * kTileRowBytes;
  static constexpr int kStageBytes = kWeightBytes + TOKENS * kTileRowBytes;
  static constexpr int kFragments = TOKENS / 8;

  // Whether a total fits beside the partial sums.
  static constexpr bool kHasTotal = TOKENS <= 192;

  // Whether segments may have blocks of their own.
  static constexpr bool kSplits = TOKENS <= 128;

  // Whether the row tile and segment of a block's first item follow from its number alone.
  static constexpr bool kStartsEarly = TOKENS <= 64;

  // At the end a warpgroup stages its sums, some tokens at a time, four floats apart.
  static constexpr int kStagedTokens = TOKENS <= 8 ? 8 : TOKENS <= 64 ? 16 : 32;
  static constexpr int kStagedFloats = kTileRows + 4;
  static constexpr int kStagedBytes = kStagedTokens * kStagedFloats * 4;

  // Registers of a producer's and of a consumer's thread; together no more than at launch.
  static constexpr int kProducerRegisters = 40;
  static constexpr int kConsumerRegisters = TOKENS <= 32 ? 112 : TOKENS <= 64 ? 96 : 232;
};

// Shared memory: barriers, stages, staged sums.
template <int TOKENS>
struct Memory {
  using S = Shape<TOKENS>;
  unsigned char* base;

  __device__ __forceinline__ Mbarrier* full(int stage) const {
    return reinterpret_cast<Mbarrier*>(base) + stage;
  }
  __device__ __forceinline__ Mbarrier* empty(int stage) const {
    return reinterpret_cast<Mbarrier*>(base) + S::kStages + stage;
  }
  __device__ __forceinline__ int* flag() const {
    return reinterpret_cast<int*>(base + 2 * S::kStages * sizeof(Mbarrier));
  }
  __device__ __forceinline__ unsigned char* weights(int stage) const {
    return base + kBarrierBytes + stage * S::kStageBytes;
  }
  __device__ __forceinline__ unsigned char* x(int stage) const {
    return weights(stage) + S::kWeightBytes;
  }
  __device__ __forceinline__ float* staged(int consumer) const {
    return reinterpret_cast<float*>(base + kBarrierBytes + S::kStages * S::kStageBytes +
                                    consumer * S::kStagedBytes);
  }
};

// The place in the ring. Waiting for a stage the parity-th time.
template <int STAGES>
struct Ring {
  int stage = 0;
  int parity = 0;

  __device__ __forceinline__ void next() {
    if (++stage == STAGES) {
      stage = 0;
      parity ^= 1;
    }
  }
};

// What one block does in one go: a tile, over k tiles from k_begin to k_end.
struct Item {
  int row_tile;
  int token_tile;
  int segment;
  int k_begin;
  int k_end;
};

// The launch's items. Few tokens: row tiles fastest, then segments; many: see banded_tile.
template <int TOKENS>
struct Items {
  const Linear& linear;
  const int row_tiles;
  const int k_tiles;
  const int segment_tiles;
  const int segments;  // of blocks
  int tokens = 0;
  int count = 0;

  __device__ __forceinline__ explicit Items(const Linear& linear)
      : linear(linear),
        row_tiles(ceil_div(linear.rows, Shape<TOKENS>::kRows)),
        k_tiles(linear.padded_k / kTileK),
        segment_tiles(linear.segment_length / kTileK),
        segments(linear.split_blocks ? linear.segment_count : 1) {}

  // Reads the number of tokens; the grid's y covers them.
  __device__ __forceinline__ void read_tokens() {
    const int given = rows_left(linear.count, linear.count_start);
    const int covered = gridDim.y * TOKENS;
    tokens = given < covered ? given : covered;
    count = row_tiles * segments * ceil_div(tokens, TOKENS);
  }

  __device__ __forceinline__ int first() const { return blockIdx.x + gridDim.x * blockIdx.y; }
  __device__ __forceinline__ int step() const { return gridDim.x * gridDim.y; }

  // Without read_tokens all but the token tile is right if kStartsEarly.
  __device__ __forceinline__ Item at(int index) const {
    Item item;
    if (Shape<TOKENS>::kStartsEarly || segments > 1) {
      item.row_tile = index % row_tiles;
      item.segment = index / row_tiles % segments;
      item.token_tile = index / row_tiles / segments;
    } else {
      const TilePlace place = banded_tile<8>(index, row_tiles, ceil_div(tokens, TOKENS));
      item.row_tile = place.row_tile;
      item.segment = 0;
      item.token_tile = place.token_tile;
    }
    item.k_begin = item.segment * segment_tiles;
    item.k_end = item.k_begin + segment_tiles;
    if (segments == 1 || item.k_end > k_tiles) {
      item.k_end = k_tiles;
    }
    return item;
  }
};

// ---- producer

template <int TOKENS>
__device__ __forceinline__ void bring_weights(const Items<TOKENS>& items,
                                              const Memory<TOKENS>& memory, int stage,
                                              int row_tile, int k_tile) {
  using S = Shape<TOKENS>;
  mbarrier_expect_bytes(memory.full(stage), S::kWeightBytes);
#pragma unroll
  for (int i = 0; i < S::kConsumers; i++) {
    bulk_copy(memory.weights(stage) + i * kTileBytes,
              weight_tile(items.linear, row_tile * S::kConsumers + i, items.k_tiles, k_tile),
              kTileBytes, memory.full(stage));
  }
}

// The producer warpgroup. All its threads bring x, the first also asks for the weights.
template <int TOKENS>
__device__ __forceinline__ void produce(Items<TOKENS>& items, const Memory<TOKENS>& memory) {
  using S = Shape<TOKENS>;
  constexpr int kRowsPerPass = kWarpgroup / 8;
  constexpr int kPasses = (TOKENS + kRowsPerPass - 1) / kRowsPerPass;
  const Linear& linear = items.linear;
  const int chunk = threadIdx.x % 8;
  const int row = threadIdx.x / 8;

  int early = 0;
  if constexpr (S::kStartsEarly) {
    const Item item = items.at(items.first());
    const int wanted = item.k_end - item.k_begin;
    early = wanted < S::kStages ? wanted : S::kStages;
    if (threadIdx.x == 0) {
      for (int i = 0; i < early; i++) {
        bring_weights<TOKENS>(items, memory, i, item.row_tile, item.k_begin + i);
      }
    }
  }
  items.read_tokens();
  if (S::kStartsEarly && items.first() >= items.count) {
    // Nothing to do after all, but a block must not end while copies into it are under way.
    for (int i = 0; i < early; i++) {
      mbarrier_arrive(memory.full(i));
      mbarrier_wait(memory.full(i), 0);
    }
    return;
  }

  Ring<S::kStages> ring;    // the next stage to fill
  Ring<S::kStages> behind;  // the next one to be told full
  int lag = 0;
  int started = 0;
  for (int index = items.first(); index < items.count; index += items.step()) {
    const Item item = items.at(index);
    const int first_token = item.token_tile * TOKENS;
    const int tokens_left = items.tokens - first_token - row;
    const int64 pass_bytes = kRowsPerPass * linear.x_stride * 2;
    const unsigned char* x = static_cast<const unsigned char*>(linear.x) +
                             ((first_token + row) * linear.x_stride + chunk * 8) * 2 +
                             item.k_begin * static_cast<int64>(kTileRowBytes);
    for (int k_tile = item.k_begin; k_tile < item.k_end; k_tile++) {
      // Of the first round nobody has to give stages back: the phase before the first is over.
      mbarrier_wait(memory.empty(ring.stage), ring.parity ^ 1);
      if (threadIdx.x == 0 && started >= early) {
        bring_weights<TOKENS>(items, memory, ring.stage, item.row_tile, k_tile);
      }
      started++;
      unsigned char* to = memory.x(ring.stage) + swizzled(row, chunk);
      const unsigned char* from = x;
#pragma unroll
      for (int i = 0; i < kPasses; i++) {
        if (TOKENS % kRowsPerPass == 0 || row < TOKENS) {
          // Passes are multiples of 8 rows apart, so the swizzle of a thread's chunks is the same.
          cp_async16_zfill(to + i * kRowsPerPass * kTileRowBytes, from,
                           i * kRowsPerPass < tokens_left);
          from += pass_bytes;
        }
      }
      cp_async_commit();
      x += kTileRowBytes;
      ring.next();
      if (lag < S::kLag) {
        lag++;
      } else {
        cp_async_wait<S::kLag>();
        fence_proxy_async();
        mbarrier_arrive(memory.full(behind.stage));
        behind.next();
      }
    }
  }
  cp_async_wait<0>();
  fence_proxy_async();
  for (; lag > 0; lag--) {
    mbarrier_arrive(memory.full(behind.stage));
    behind.next();
  }
}

// ---- consumers

// sums = the products of a segment's k tiles, in ascending k, from zero.
template <typename T, int TOKENS>
__device__ __forceinline__ void multiply(const Memory<TOKENS>& memory, int consumer, int k_tiles,
                                         Ring<Shape<TOKENS>::kStages>& ring, WgmmaQueue& queue,
                                         float (&sums)[Shape<TOKENS>::kFragments][4]) {
  const bool gives_back = threadIdx.x % kWarpSize == 0;
  int previous = -1;
  wgmma_hold(sums);
  for (int i = 0; i < k_tiles; i++) {
    mbarrier_wait(memory.full(ring.stage), ring.parity);
    const MatrixDescriptor weights =
        matrix_descriptor(memory.weights(ring.stage) + consumer * kTileBytes);
    const MatrixDescriptor x = matrix_descriptor(memory.x(ring.stage));
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < kTileK; k += kProductK) {
      wgmma<T>(queue, sums, from_k(weights, k), from_k(x, k), i > 0 || k > 0);
    }
    wgmma_commit(queue);
    // The products of the tile before are done now: its stage may be filled again.
    wgmma_wait<1>(queue);
    if (previous >= 0 && gives_back) {
      mbarrier_arrive(memory.empty(previous));
    }
    previous = ring.stage;
    ring.next();
  }
  wgmma_wait<0>(queue);
  wgmma_hold(sums);
  if (gives_back) {
    mbarrier_arrive(memory.empty(previous));
  }
}

// A barrier of one consumer. With a number that is no constant a block would take all 16.
__device__ __forceinline__ void staging_barrier(int consumer) {
  if (consumer == 0) {
    named_barrier(kStagingBarrier, kWarpgroup);
  } else {
    named_barrier(kStagingBarrier + 1, kWarpgroup);
  }
}

// Gives every thread the 16 rows of a token's group and finishes them.
template <int TOKENS>
__device__ __forceinline__ void finish(const Items<TOKENS>& items, const Memory<TOKENS>& memory,
                                       const Item& item, int consumer,
                                       const float (&sums)[Shape<TOKENS>::kFragments][4]) {
  using S = Shape<TOKENS>;
  constexpr int kGroups = kTileRows / kGroupRows;
  const int thread = threadIdx.x % kWarpgroup;
  const int lane = thread % kWarpSize;
  const int row = item.row_tile * S::kRows + consumer * kTileRows;
  const int first_token = item.token_tile * TOKENS;
  float* staged = memory.staged(consumer);
  float* to = staged + lane % 4 * 2 * S::kStagedFloats + thread / kWarpSize * 16 + lane / 4;
  const int token = thread / kGroups;
  const int group = thread % kGroups;
  // One loop for the code of the epilogue's sake; registers have no addresses, hence the ifs.
#pragma unroll 1
  for (int begin = 0; begin < TOKENS && first_token + begin < items.tokens;
       begin += S::kStagedTokens) {
    staging_barrier(consumer);
#pragma unroll
    for (int f = 0; f < S::kFragments; f += S::kStagedTokens / 8) {
      if (f * 8 != begin) {
        continue;
      }
#pragma unroll
      for (int j = 0; j < S::kStagedTokens / 8; j++) {
        const float(&fragment)[4] = sums[f + j];
        to[j * 8 * S::kStagedFloats] = fragment[0];
        to[(j * 8 + 1) * S::kStagedFloats] = fragment[1];
        to[j * 8 * S::kStagedFloats + 8] = fragment[2];
        to[(j * 8 + 1) * S::kStagedFloats + 8] = fragment[3];
      }
    }
    staging_barrier(consumer);
    if (token < S::kStagedTokens && first_token + begin + token < items.tokens) {
      finish_group(items.linear, first_token + begin + token, row + group * kGroupRows,
                   staged + token * S::kStagedFloats + group * kGroupRows);
    }
  }
}

template <typename T, int TOKENS>
__device__ __forceinline__ void consume(Items<TOKENS>& items, const Memory<TOKENS>& memory,
                                        int consumer) {
  using S = Shape<TOKENS>;
  const Linear& linear = items.linear;
  items.read_tokens();
  Ring<S::kStages> ring;
  WgmmaQueue queue;
  for (int index = items.first(); index < items.count; index += items.step()) {
    const Item item = items.at(index);
    const int length = item.k_end - item.k_begin;
    const int first_length = length < items.segment_tiles ? length : items.segment_tiles;
    float total[S::kFragments][4] = {};
    multiply<T, TOKENS>(memory, consumer, first_length, ring, queue, total);
    if constexpr (S::kHasTotal) {
      for (int done = first_length; done < length; done += items.segment_tiles) {
        const int left = length - done;
        float sums[S::kFragments][4] = {};
        multiply<T, TOKENS>(memory, consumer,
                            left < items.segment_tiles ? left : items.segment_tiles, ring, queue,
                            sums);
        add_segment(total, sums);
      }
    }
    if constexpr (S::kSplits) {
      if (items.segments > 1) {
        const int tile = item.token_tile * items.row_tiles + item.row_tile;
        constexpr int kConsumerThreads = S::kConsumers * kWarpgroup;
        if (!add_split_segments(linear, total, tile, item.segment, threadIdx.x - kWarpgroup,
                                kConsumerThreads, memory.flag(),
                                [] { named_barrier(kConsumersBarrier, kConsumerThreads); })) {
          continue;
        }
      }
    }
    finish<TOKENS>(items, memory, item, consumer, total);
  }
}

template <typename T, int TOKENS>
__device__ __forceinline__ void run(const Linear& linear) {
  using S = Shape<TOKENS>;
  DYN_SMEM(unsigned char, shared);
  const Memory<TOKENS> memory{shared};
  if (threadIdx.x == 0) {
    for (int i = 0; i < S::kStages; i++) {
      mbarrier_init(memory.full(i), kWarpgroup);
      mbarrier_init(memory.empty(i), S::kConsumers * kWarpgroup / kWarpSize);
    }
    fence_proxy_async();
  }
  __syncthreads();
  Items<TOKENS> items(linear);
  // Launches that this size cannot do: their sums would lack segments.
  if ((!S::kHasTotal && items.segment_tiles < items.k_tiles) ||
      (!S::kSplits && items.segments > 1)) {
    __trap();
  }
  if (threadIdx.x < kWarpgroup) {
    give_registers_down_to<S::kProducerRegisters>();
    produce<TOKENS>(items, memory);
  } else {
    take_registers_up_to<S::kConsumerRegisters>();
    consume<T, TOKENS>(items, memory, threadIdx.x / kWarpgroup - 1);
  }
}

}  // namespace linear_wgmma

extern "C" __global__ void __launch_bounds__(256, linear_wgmma::Shape<8>::kBlocks)
    linear_wgmma_bf16_n8(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 8>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_wgmma::Shape<16>::kBlocks)
    linear_wgmma_bf16_n16(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 16>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_wgmma::Shape<32>::kBlocks)
    linear_wgmma_bf16_n32(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 32>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<64>::kBlocks)
    linear_wgmma_bf16_n64(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 64>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<128>::kBlocks)
    linear_wgmma_bf16_n128(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 128>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<192>::kBlocks)
    linear_wgmma_bf16_n192(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 192>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<256>::kBlocks)
    linear_wgmma_bf16_n256(LINEAR_PARAMETERS) {
  linear_wgmma::run<bf16, 256>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_wgmma::Shape<8>::kBlocks)
    linear_wgmma_f16_n8(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 8>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_wgmma::Shape<16>::kBlocks)
    linear_wgmma_f16_n16(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 16>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_wgmma::Shape<32>::kBlocks)
    linear_wgmma_f16_n32(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 32>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<64>::kBlocks)
    linear_wgmma_f16_n64(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 64>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<128>::kBlocks)
    linear_wgmma_f16_n128(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 128>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<192>::kBlocks)
    linear_wgmma_f16_n192(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 192>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(384, linear_wgmma::Shape<256>::kBlocks)
    linear_wgmma_f16_n256(LINEAR_PARAMETERS) {
  linear_wgmma::run<f16, 256>(LINEAR_ARGUMENTS);
}

#endif
