// SPDX-License-Identifier: Apache-2.0
//
// Warpgroup matrix products of sm_90a: D[64 x N] += A[64 x 16] B[16 x N], both operands 16-bit in
// shared memory, sums f32 in registers. See PTX ISA, "Asynchronous warpgroup level matrix
// instructions". Thread t of the warpgroup, with warp = t / 32, group = t % 32 / 4 and pair = t % 4
// * 2, holds in d[j] (columns 8 j to 8 j + 7; "Register fragments for wgmma.mma_async.m64nNk16")
//   d[j][0..1]  D[16 warp + group][8 j + pair, + 1]
//   d[j][2..3]  D[16 warp + group + 8][8 j + pair, + 1]
//
// Order of use: wgmma_fence; products; wgmma_commit; and wgmma_wait before sums are read or
// operands written. wgmma_hold beside the first and the last keeps the compiler from moving
// accesses to the sums past them.
#pragma once

#include "ptx_mbarrier.h"

// Bytes of a row of an operand in shared memory: 64 values of 16 bits.
constexpr int kOperandRowBytes = 128;

#ifdef __CUDACC__

#if KARCH_IS_SM90A

// Where an operand lies and how (PTX ISA, "Matrix descriptor format").
struct MatrixDescriptor {
  uint64_t bits;
};

// Of rows [M or N][64] of 128 bytes each, K-major, with the 128-byte swizzle: 16-byte chunk c of row
// r at chunk c ^ (r & 7). The tile starts at a multiple of 1024 bytes. Fields:
//    0-13  start address / 16 (matrix-descriptor-encode: bits 4 to 17 of the address)
//   16-29  leading dimension byte offset / 16: not used by swizzled K-major layouts, 1 by custom
//   32-45  stride dimension byte offset / 16: from 8 rows to the next 8, 1024 bytes
//   49-51  base offset: 0, as the swizzle's pattern starts at multiples of 1024 bytes
//   62-63  swizzle: 1 is 128 bytes
__device__ __forceinline__ MatrixDescriptor matrix_descriptor(const void* tile) {
  const uint64_t start = (shared_address(tile) & 0x3ffff) >> 4;
  constexpr uint64_t kStride = 8 * kOperandRowBytes >> 4;
  return {start | uint64_t{1} << 16 | kStride << 32 | uint64_t{1} << 62};
}

// The same operand from a later k on, within the 64 of a row. The swizzle works on address bits
// (4-6 are changed by 7-9), so the start simply moves on.
__device__ __forceinline__ MatrixDescriptor from_k(MatrixDescriptor descriptor, int k) {
  return {descriptor.bits + (k * 2 >> 4)};
}

// Counts products under way in the twin; nothing here.
struct WgmmaQueue {};

__device__ __forceinline__ void wgmma_fence() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmma_commit(WgmmaQueue&) {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

// Waits until at most PENDING of the latest committed groups are under way.
template <int PENDING>
__device__ __forceinline__ void wgmma_wait(WgmmaQueue&) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" : : "n"(PENDING) : "memory");
}

template <int COUNT>
__device__ __forceinline__ void wgmma_hold(float (&d)[COUNT][4]) {
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    asm volatile("" : "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3]) : : "memory");
  }
}

// Register lists of the instruction, and the values that go into them.
#define WGMMA_R4 "%0,%1,%2,%3"
#define WGMMA_R8 WGMMA_R4 ",%4,%5,%6,%7"
#define WGMMA_R16 WGMMA_R8 ",%8,%9,%10,%11,%12,%13,%14,%15"
#define WGMMA_R32 \
  WGMMA_R16 ",%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define WGMMA_R64                                                                 \
  WGMMA_R32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"    \
            ",%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define WGMMA_R96                                                                 \
  WGMMA_R64 ",%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79"    \
            ",%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,%94,%95"
#define WGMMA_R128                                                                        \
  WGMMA_R96 ",%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111" \
            ",%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
#define WGMMA_D4(i) "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])
#define WGMMA_D8(i) WGMMA_D4(i), WGMMA_D4(i + 1)
#define WGMMA_D16(i) WGMMA_D8(i), WGMMA_D8(i + 2)
#define WGMMA_D32(i) WGMMA_D16(i), WGMMA_D16(i + 4)
#define WGMMA_D64(i) WGMMA_D32(i), WGMMA_D32(i + 8)

// After the sums: the two descriptors, whether to add to the sums there are; both operands as they
// are (factors 1) and K-major (0). The numbers are the operands' places after the sums.
#define WGMMA_ASM(n, type, registers, a_number, b_number, p_number, ...)                 \
  asm volatile(                                                                          \
      "{\n"                                                                              \
      ".reg .pred p;\n"                                                                  \
      "setp.ne.b32 p, %" p_number ", 0;\n"                                               \
      "wgmma.mma_async.sync.aligned.m64n" n "k16.f32." type "." type " {" registers "}," \
      " %" a_number ", %" b_number ", p, 1, 1, 0, 0;\n"                                  \
      "}"                                                                                \
      : __VA_ARGS__                                                                      \
      : "l"(a.bits), "l"(b.bits), "r"(accumulate))

#define WGMMA_BOTH(n, registers, a_number, b_number, p_number, ...)                \
  if constexpr (IsBf16<T>::kValue) {                                               \
    WGMMA_ASM(n, "bf16", registers, a_number, b_number, p_number, __VA_ARGS__);    \
  } else {                                                                         \
    WGMMA_ASM(n, "f16", registers, a_number, b_number, p_number, __VA_ARGS__);     \
  }

// d = A B, plus the former d if accumulate is not 0; N = 8 * COUNT columns.
template <typename T, int COUNT>
__device__ __forceinline__ void wgmma(WgmmaQueue&, float (&d)[COUNT][4], MatrixDescriptor a,
                                      MatrixDescriptor b, int accumulate) {
  if constexpr (COUNT == 1) {
    WGMMA_BOTH("8", WGMMA_R4, "4", "5", "6", WGMMA_D4(0))
  } else if constexpr (COUNT == 2) {
    WGMMA_BOTH("16", WGMMA_R8, "8", "9", "10", WGMMA_D8(0))
  } else if constexpr (COUNT == 4) {
    WGMMA_BOTH("32", WGMMA_R16, "16", "17", "18", WGMMA_D16(0))
  } else if constexpr (COUNT == 8) {
    WGMMA_BOTH("64", WGMMA_R32, "32", "33", "34", WGMMA_D32(0))
  } else if constexpr (COUNT == 16) {
    WGMMA_BOTH("128", WGMMA_R64, "64", "65", "66", WGMMA_D64(0))
  } else if constexpr (COUNT == 24) {
    WGMMA_BOTH("192", WGMMA_R96, "96", "97", "98", WGMMA_D64(0), WGMMA_D32(16))
  } else {
    static_assert(COUNT == 32, "8, 16, 32, 64, 128, 192 or 256 columns");
    WGMMA_BOTH("256", WGMMA_R128, "128", "129", "130", WGMMA_D64(0), WGMMA_D64(16))
  }
}

#endif

#else  // twins

struct MatrixDescriptor {
  const char* start;
};

static inline MatrixDescriptor matrix_descriptor(const void* tile) {
  if (reinterpret_cast<uintptr_t>(tile) % (8 * kOperandRowBytes) != 0) {
    emu_trap("wgmma: a swizzled operand is not aligned to 1024 bytes");
  }
  return {static_cast<const char*>(tile)};
}

static inline MatrixDescriptor from_k(MatrixDescriptor descriptor, int k) {
  return {descriptor.start + k * 2};
}

// Element (row, k) of an operand: the address as if there were no swizzle, then its bits 4-6
// changed by its bits 7-9.
TWIN_UNCHECKED static uint16_t twin_operand(MatrixDescriptor descriptor, int row, int k) {
  uintptr_t address =
      reinterpret_cast<uintptr_t>(descriptor.start) + row * kOperandRowBytes + k * 2;
  address ^= (address >> 3) & 0x70;
  return *reinterpret_cast<const uint16_t*>(address);
}

// Sums that products under way will change. The threads' own copies are NaN meanwhile.
struct TwinSums {
  float (*d[128])[4];
  float values[128][128];  // [thread][4 * j + i]
  int products;
};

// What is under way. Each thread has one; that of the warpgroup's first thread serves them all.
struct WgmmaQueue {
  static constexpr int kGroups = 8;
  static constexpr int kSums = 4;
  char keys[kGroups];  // their addresses are the names of the latest groups
  int committed = 0;
  TwinSums* sums[kSums] = {};
};

struct TwinWgmma {
  WgmmaQueue* queue;
  float (*d)[4];
  MatrixDescriptor a;
  MatrixDescriptor b;
  int accumulate;
};

struct TwinProduct {
  TwinSums** sums;
  MatrixDescriptor a;
  MatrixDescriptor b;
  int accumulate;
};

template <int COUNT>
TWIN_UNCHECKED static TwinSums** twin_sums(void** threads) {
  const TwinWgmma& first = *static_cast<TwinWgmma*>(threads[0]);
  TwinSums** free = nullptr;
  for (TwinSums*& sums : first.queue->sums) {
    if (sums == nullptr) {
      free = &sums;
    } else if (sums->d[0] == first.d) {
      return &sums;
    }
  }
  if (free == nullptr) emu_trap("wgmma: the twin keeps four arrays of sums at most");
  *free = new TwinSums;
  (*free)->products = 0;
  for (int t = 0; t < 128; t++) {
    (*free)->d[t] = static_cast<TwinWgmma*>(threads[t])->d;
    memcpy((*free)->values[t], (*free)->d[t], sizeof(float) * 4 * COUNT);
    memset(static_cast<void*>((*free)->d[t]), 0xff, sizeof(float) * 4 * COUNT);
  }
  return free;
}

// Performed when waited for: the operands are read as they are then, and the threads get their
// sums after the last product. So operands overwritten and sums read too early both show.
template <bool BF16, int COUNT>
TWIN_UNCHECKED static void twin_product(void* argument) {
  constexpr int kColumns = 8 * COUNT;
  const TwinProduct& product = *static_cast<TwinProduct*>(argument);
  TwinSums& sums = **product.sums;
  float b[16][kColumns];
  for (int k = 0; k < 16; k++) {
    for (int n = 0; n < kColumns; n++) {
      b[k][n] = twin_half_of<BF16>(twin_operand(product.b, n, k), 0);
    }
  }
  for (int m = 0; m < 64; m++) {
    float row[kColumns];
    float* values[kColumns];
    for (int n = 0; n < kColumns; n++) {
      const int thread = m / 16 * 32 + m % 8 * 4 + n % 8 / 2;
      values[n] = &sums.values[thread][n / 8 * 4 + m % 16 / 8 * 2 + n % 2];
      row[n] = product.accumulate ? *values[n] : 0.0f;
    }
    for (int k = 0; k < 16; k++) {
      const float a = twin_half_of<BF16>(twin_operand(product.a, m, k), 0);
      for (int n = 0; n < kColumns; n++) row[n] += a * b[k][n];
    }
    for (int n = 0; n < kColumns; n++) *values[n] = row[n];
  }
  if (--sums.products == 0) {
    for (int t = 0; t < 128; t++) memcpy(sums.d[t], sums.values[t], sizeof(float) * 4 * COUNT);
    delete &sums;
    *product.sums = nullptr;
  }
}

template <bool BF16, int COUNT>
TWIN_UNCHECKED static void twin_wgmma(void** threads) {
  const TwinWgmma& first = *static_cast<TwinWgmma*>(threads[0]);
  for (int t = 1; t < 128; t++) {
    const TwinWgmma& other = *static_cast<TwinWgmma*>(threads[t]);
    if (other.a.start != first.a.start || other.b.start != first.b.start ||
        other.accumulate != first.accumulate) {
      emu_trap("wgmma: the threads of a warpgroup disagree");
    }
  }
  TwinSums** sums = twin_sums<COUNT>(threads);
  (*sums)->products++;
  const TwinProduct product{sums, first.a, first.b, first.accumulate};
  emu_defer(twin_product<BF16, COUNT>, &product, sizeof(product),
            &first.queue->keys[first.queue->committed % WgmmaQueue::kGroups]);
}

template <typename T, int COUNT>
static inline void wgmma(WgmmaQueue& queue, float (&d)[COUNT][4], MatrixDescriptor a,
                         MatrixDescriptor b, int accumulate) {
  if (EMU_ARCH != 900) emu_trap("wgmma needs sm_90a");
  TwinWgmma call{&queue, d, a, b, accumulate};
  emu_group_collective(128, twin_wgmma<IsBf16<T>::kValue, COUNT>, &call, "wgmma.mma_async");
}

static inline void twin_meet(void**) {}

static inline void wgmma_fence() {
  emu_group_collective(128, twin_meet, nullptr, "wgmma.fence");
}

static inline void wgmma_commit(WgmmaQueue& queue) {
  emu_group_collective(128, twin_meet, nullptr, "wgmma.commit_group");
  queue.committed++;
}

// Runs all committed groups but the latest PENDING.
template <int PENDING>
TWIN_UNCHECKED static void twin_wgmma_wait(void** threads) {
  WgmmaQueue& queue = *static_cast<WgmmaQueue*>(threads[0]);
  for (int group = queue.committed - WgmmaQueue::kGroups + 1; group < queue.committed - PENDING;
       group++) {
    if (group >= 0) emu_run_deferred(&queue.keys[group % WgmmaQueue::kGroups]);
  }
}

template <int PENDING>
static inline void wgmma_wait(WgmmaQueue& queue) {
  emu_group_collective(128, twin_wgmma_wait<PENDING>, &queue, "wgmma.wait_group");
}

template <int COUNT>
static inline void wgmma_hold(float (&)[COUNT][4]) {}

#endif
