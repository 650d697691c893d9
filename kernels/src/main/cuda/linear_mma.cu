// SPDX-License-Identifier: Apache-2.0
//
// Linear layers on warp matrix products (mma.sync.m16n8k16), bf16 from sm_80, f16 from sm_75; sm_90a
// has linear_wgmma instead. See include/linear.h for the formula, the segments and the layout of
// weights. Weights are the 16-row operand, tokens the 8-column one, so that one token wastes 7
// columns of a product and no memory.
//
// A thread block owns kRows weight rows and kTokens tokens, and of each k tile of 64 brings both
// into shared memory, kStages deep: asynchronous copies from sm_80 on, before that loads into
// registers that are stored after the current tile's products. x gets the weights' swizzle, so that
// ldmatrix meets no bank conflict. A warp owns a part of the rows and tokens; sums stay in
// registers, those of a finished segment beside those under way.
//
// Up to 32 tokens: 64 rows a block, 3 blocks a multiprocessor, 72 KiB or more of weights in flight
// each: bound by memory, every weight byte read once, x from the L2 cache (tokens / 64 of the
// weights' bytes). From 64 tokens: 128 rows, 6 ldmatrix to 16 products a warp: bound by the tensor
// cores, tiles in an order that keeps x in the L2 cache.
#include "include/linear.h"
#include "include/linear_order.h"
#include "include/ptx.h"

#if !KARCH_IS_SM90A

namespace linear_mma {

// Sizes by token tile.
template <int TOKENS>
struct Shape {
  static constexpr int kRows = TOKENS >= 64 ? 128 : 64;
  static constexpr int kRowWarps = 4;
  static constexpr int kTokenWarps = TOKENS >= 64 ? 2 : 1;
  static constexpr int kThreads = kRowWarps * kTokenWarps * kWarpSize;
#if KARCH >= 800
  static constexpr int kStages = TOKENS <= 16 ? 5 : TOKENS <= 32 ? 4 : 3;
  static constexpr int kBlocks = TOKENS <= 32 ? 3 : TOKENS <= 64 ? 2 : 1;
#else
  static constexpr int kStages = 2;
  static constexpr int kBlocks = TOKENS <= 16 ? 3 : TOKENS <= 32 ? 2 : 1;
#endif
  static constexpr int kWeightBytes = kRows * kTileRowBytes;
  static constexpr int kStageBytes = kWeightBytes + TOKENS * kTileRowBytes;
  static constexpr int kWarpRows = kRows / kRowWarps;
  static constexpr int kWarpTokens = TOKENS / kTokenWarps;
  static constexpr int kProductRows = kWarpRows / 16;
  static constexpr int kProductTokens = kWarpTokens / 8;
  static constexpr int kProducts = kProductRows * kProductTokens;
  // At the end a warp stages its sums, some tokens at a time.
  static constexpr int kStagedTokens = TOKENS >= 16 ? 16 : 8;
  static constexpr int kStagedFloats = kWarpRows + 4;
  static constexpr int kStagedBytes = kStagedTokens * kStagedFloats * 4;
  static_assert(kThreads / kWarpSize * kStagedBytes <= kStages * kStageBytes, "staging fits");
};

// Brings one k tile of weights and x into a stage: start, then (perhaps much later) finish.
template <int TOKENS>
class StageCopy {
  using S = Shape<TOKENS>;
  static constexpr int kRowsPerPass = S::kThreads / 8;
  static constexpr int kWeightChunks = S::kWeightBytes / kChunkBytes / S::kThreads;
  static constexpr int kTokenPasses = (TOKENS + kRowsPerPass - 1) / kRowsPerPass;

 public:
  __device__ __forceinline__ StageCopy(const Linear& linear, int row_tile, int first_token,
                                       int tokens)
      : linear_(linear),
        k_tiles_(linear.padded_k / kTileK),
        row_tile_(row_tile),
        chunk_(threadIdx.x % 8),
        row_(threadIdx.x / 8),
        tokens_left_(tokens - first_token - row_) {
    x_ = static_cast<const unsigned char*>(linear.x) +
         ((first_token + row_) * linear.x_stride + chunk_ * 8) * 2;
  }

  __device__ __forceinline__ void start(unsigned char* stage, int k_tile) {
    const int offset = threadIdx.x * kChunkBytes;
#pragma unroll
    for (int i = 0; i < kWeightChunks; i++) {
      // A pass lies within one tile of 64 rows: tiles are whole numbers of passes.
      const int at = i * S::kThreads * kChunkBytes;
      const unsigned char* tile =
          weight_tile(linear_, row_tile_ + at / kTileBytes, k_tiles_, k_tile);
      copy(stage + at + offset, tile + at % kTileBytes + offset, i, true);
    }
    const unsigned char* x = x_ + k_tile * static_cast<int64>(kTileRowBytes);
    unsigned char* x_stage = stage + S::kWeightBytes;
#pragma unroll
    for (int i = 0; i < kTokenPasses; i++) {
      const int pass = i * kRowsPerPass;
      if (TOKENS % kRowsPerPass == 0 || row_ + pass < TOKENS) {
        copy(x_stage + swizzled(row_ + pass, chunk_), x + pass * linear_.x_stride * 2,
             kWeightChunks + i, pass < tokens_left_);
      }
    }
  }

#if KARCH >= 800
  __device__ __forceinline__ void finish(unsigned char*) {}

 private:
  __device__ __forceinline__ void copy(unsigned char* to, const unsigned char* from, int,
                                       bool valid) {
    cp_async16_zfill(to, from, valid);
  }
#else
  __device__ __forceinline__ void finish(unsigned char* stage) {
    const int offset = threadIdx.x * kChunkBytes;
#pragma unroll
    for (int i = 0; i < kWeightChunks; i++) {
      *reinterpret_cast<uint4*>(stage + i * S::kThreads * kChunkBytes + offset) = loaded_[i];
    }
#pragma unroll
    for (int i = 0; i < kTokenPasses; i++) {
      const int pass = i * kRowsPerPass;
      if (TOKENS % kRowsPerPass == 0 || row_ + pass < TOKENS) {
        *reinterpret_cast<uint4*>(stage + S::kWeightBytes + swizzled(row_ + pass, chunk_)) =
            loaded_[kWeightChunks + i];
      }
    }
  }

 private:
  __device__ __forceinline__ void copy(unsigned char*, const unsigned char* from, int i,
                                       bool valid) {
    loaded_[i] = valid ? *reinterpret_cast<const uint4*>(from) : uint4{0, 0, 0, 0};
  }

  uint4 loaded_[kWeightChunks + kTokenPasses];
#endif

  const Linear& linear_;
  const int k_tiles_;
  const int row_tile_;
  const int chunk_;
  const int row_;
  const int tokens_left_;
  const unsigned char* x_;
};

// sums += the products of one stage; sums[i * kProductTokens + j] is the fragment of the warp's
// rows from 16 i on and tokens from 8 j on.
template <typename T, int TOKENS>
__device__ __forceinline__ void multiply_stage(const unsigned char* stage,
                                               float (&sums)[Shape<TOKENS>::kProducts][4]) {
  using S = Shape<TOKENS>;
  const int lane = threadIdx.x % kWarpSize;
  const int warp = threadIdx.x / kWarpSize;
  const int first_row = warp % S::kRowWarps * S::kWarpRows;
  const int first_token = warp / S::kRowWarps * S::kWarpTokens;
  const unsigned char* x = stage + S::kWeightBytes;
#pragma unroll
  for (int k = 0; k < kTileK / kProductK; k++) {
    // Matrices of 8 x 8: rows 0-7 and 8-15 of the lower k, then of the upper k.
    uint32_t weights[S::kProductRows][4];
#pragma unroll
    for (int i = 0; i < S::kProductRows; i++) {
      ldmatrix_x4(weights[i],
                  stage + swizzled(first_row + i * 16 + lane % 16, 2 * k + lane / 16));
    }
    if constexpr (S::kProductTokens == 1) {
      uint32_t tokens[2];
      ldmatrix_x2(tokens, x + swizzled(first_token + lane % 8, 2 * k + lane / 8 % 2));
#pragma unroll
      for (int i = 0; i < S::kProductRows; i++) {
        mma_m16n8k16<T>(sums[i], weights[i], tokens);
      }
    } else {
#pragma unroll
      for (int j = 0; j < S::kProductTokens; j += 2) {
        // Tokens 0-7, lower and upper k, then tokens 8-15.
        uint32_t tokens[4];
        ldmatrix_x4(tokens, x + swizzled(first_token + j * 8 + lane / 16 * 8 + lane % 8,
                                         2 * k + lane / 8 % 2));
        const uint32_t first[2] = {tokens[0], tokens[1]};
        const uint32_t second[2] = {tokens[2], tokens[3]};
#pragma unroll
        for (int i = 0; i < S::kProductRows; i++) {
          mma_m16n8k16<T>(sums[i * S::kProductTokens + j], weights[i], first);
          mma_m16n8k16<T>(sums[i * S::kProductTokens + j + 1], weights[i], second);
        }
      }
    }
  }
}

// The places in the ring of stages: where the current k tile is, and where the next one goes.
template <int STAGES>
struct Ring {
  int now;
  int next;

  __device__ __forceinline__ void advance() {
    now = now + 1 == STAGES ? 0 : now + 1;
    next = next + 1 == STAGES ? 0 : next + 1;
  }
};

// sums = the products of the k tiles of a segment, in ascending k, from zero. Goes on bringing
// tiles up to k_end, beyond the segment.
template <typename T, int TOKENS>
__device__ __forceinline__ void multiply(StageCopy<TOKENS>& copy, unsigned char* shared,
                                         int segment_begin, int segment_end, int k_end,
                                         Ring<Shape<TOKENS>::kStages>& ring,
                                         float (&sums)[Shape<TOKENS>::kProducts][4]) {
  using S = Shape<TOKENS>;
#pragma unroll
  for (int i = 0; i < S::kProducts; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) {
      sums[i][j] = 0.0f;
    }
  }
  for (int k_tile = segment_begin; k_tile < segment_end; k_tile++) {
    // The tile has arrived, and nobody reads the stage before it any more.
    cp_async_wait<S::kStages - 2>();
    __syncthreads();
    const bool has_next = k_tile + S::kStages - 1 < k_end;
    unsigned char* target = shared + ring.next * S::kStageBytes;
    if (has_next) {
      copy.start(target, k_tile + S::kStages - 1);
    }
    cp_async_commit();
    multiply_stage<T, TOKENS>(shared + ring.now * S::kStageBytes, sums);
    if (has_next) {
      copy.finish(target);
    }
    ring.advance();
  }
}

// Gives every lane the 16 rows of a token's group and finishes them.
template <int TOKENS>
__device__ __forceinline__ void finish(const Linear& linear, unsigned char* shared, int row,
                                       int first_token, int tokens,
                                       const float (&sums)[Shape<TOKENS>::kProducts][4]) {
  using S = Shape<TOKENS>;
  constexpr int kGroups = S::kWarpRows / kGroupRows;
  constexpr int kFragments = S::kStagedTokens / 8;
  const int lane = threadIdx.x % kWarpSize;
  const int warp = threadIdx.x / kWarpSize;
  float* staged = reinterpret_cast<float*>(shared + warp * S::kStagedBytes);
  row += warp % S::kRowWarps * S::kWarpRows;
  first_token += warp / S::kRowWarps * S::kWarpTokens;
  // One loop for the code of the epilogue's sake; registers have no addresses, hence the ifs.
#pragma unroll 1
  for (int begin = 0; begin < S::kWarpTokens; begin += S::kStagedTokens) {
    __syncwarp();
#pragma unroll
    for (int f = 0; f < S::kProductTokens; f += kFragments) {
      if (f * 8 != begin) {
        continue;
      }
#pragma unroll
      for (int i = 0; i < S::kProductRows; i++) {
#pragma unroll
        for (int j = 0; j < kFragments; j++) {
          const float(&fragment)[4] = sums[i * S::kProductTokens + f + j];
          float* to = staged + (j * 8 + lane % 4 * 2) * S::kStagedFloats + i * 16 + lane / 4;
          to[0] = fragment[0];
          to[S::kStagedFloats] = fragment[1];
          to[8] = fragment[2];
          to[S::kStagedFloats + 8] = fragment[3];
        }
      }
    }
    __syncwarp();
    const int token = lane / kGroups;
    const int group = lane % kGroups;
    if (token < S::kStagedTokens && first_token + begin + token < tokens) {
      finish_group(linear, first_token + begin + token, row + group * kGroupRows,
                   staged + token * S::kStagedFloats + group * kGroupRows);
    }
  }
}

template <typename T, int TOKENS>
__device__ __forceinline__ void run(const Linear& linear) {
  using S = Shape<TOKENS>;
  DYN_SMEM(unsigned char, shared);
  const int tokens = rows_left(linear.count, linear.count_start);
  const TilePlace place =
      banded_tile<8>(blockIdx.x + gridDim.x * blockIdx.y, gridDim.x, gridDim.y);
  const int first_token = place.token_tile * TOKENS;
  if (first_token >= tokens) {
    return;
  }
  const int segment_tiles = linear.segment_length / kTileK;
  const int k_tiles = linear.padded_k / kTileK;
  const int k_begin = linear.split_blocks ? blockIdx.z * segment_tiles : 0;
  const int k_end =
      linear.split_blocks && k_begin + segment_tiles < k_tiles ? k_begin + segment_tiles : k_tiles;

  StageCopy<TOKENS> copy(linear, place.row_tile * (S::kRows / kTileRows), first_token, tokens);
#pragma unroll
  for (int i = 0; i < S::kStages - 1; i++) {
    unsigned char* stage = shared + i * S::kStageBytes;
    if (k_begin + i < k_end) {
      copy.start(stage, k_begin + i);
      copy.finish(stage);
    }
    cp_async_commit();
  }
  Ring<S::kStages> ring{0, S::kStages - 1};
  const int first_end = k_begin + segment_tiles < k_end ? k_begin + segment_tiles : k_end;
  float total[S::kProducts][4];
  multiply<T, TOKENS>(copy, shared, k_begin, first_end, k_end, ring, total);
  for (int k = first_end; k < k_end; k += segment_tiles) {
    const int end = k + segment_tiles < k_end ? k + segment_tiles : k_end;
    float sums[S::kProducts][4];
    multiply<T, TOKENS>(copy, shared, k, end, k_end, ring, sums);
    add_segment(total, sums);
  }
  if (linear.split_blocks && linear.segment_count > 1) {
    const int tile = place.token_tile * gridDim.x + place.row_tile;
    if (!add_split_segments(linear, total, tile, blockIdx.z, threadIdx.x, S::kThreads,
                            reinterpret_cast<int*>(shared), [] { __syncthreads(); })) {
      return;
    }
  }
  // The stages become the place where sums are put in order.
  __syncthreads();
  finish<TOKENS>(linear, shared, place.row_tile * S::kRows, first_token, tokens, total);
}

}  // namespace linear_mma

#if KARCH >= 800

extern "C" __global__ void __launch_bounds__(128, linear_mma::Shape<8>::kBlocks)
    linear_mma_bf16_n8(LINEAR_PARAMETERS) {
  linear_mma::run<bf16, 8>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(128, linear_mma::Shape<16>::kBlocks)
    linear_mma_bf16_n16(LINEAR_PARAMETERS) {
  linear_mma::run<bf16, 16>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(128, linear_mma::Shape<32>::kBlocks)
    linear_mma_bf16_n32(LINEAR_PARAMETERS) {
  linear_mma::run<bf16, 32>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_mma::Shape<64>::kBlocks)
    linear_mma_bf16_n64(LINEAR_PARAMETERS) {
  linear_mma::run<bf16, 64>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_mma::Shape<128>::kBlocks)
    linear_mma_bf16_n128(LINEAR_PARAMETERS) {
  linear_mma::run<bf16, 128>(LINEAR_ARGUMENTS);
}

#endif

extern "C" __global__ void __launch_bounds__(128, linear_mma::Shape<8>::kBlocks)
    linear_mma_f16_n8(LINEAR_PARAMETERS) {
  linear_mma::run<f16, 8>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(128, linear_mma::Shape<16>::kBlocks)
    linear_mma_f16_n16(LINEAR_PARAMETERS) {
  linear_mma::run<f16, 16>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(128, linear_mma::Shape<32>::kBlocks)
    linear_mma_f16_n32(LINEAR_PARAMETERS) {
  linear_mma::run<f16, 32>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_mma::Shape<64>::kBlocks)
    linear_mma_f16_n64(LINEAR_PARAMETERS) {
  linear_mma::run<f16, 64>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(256, linear_mma::Shape<128>::kBlocks)
    linear_mma_f16_n128(LINEAR_PARAMETERS) {
  linear_mma::run<f16, 128>(LINEAR_ARGUMENTS);
}

#endif
