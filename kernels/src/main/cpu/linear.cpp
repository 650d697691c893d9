// SPDX-License-Identifier: Apache-2.0
// Linear layers: out = epilogue(left right^T + bias). A block of 32 rows by 32 columns is four tiles of sums; both operands come in
// tiles, 1 KB each and in the order in which they are read. Each sum is one chain over ascending k, so its bits depend on nothing else;
// where the chain is interrupted, the sums wait in f32 (or int32), which changes nothing.
//
// Three levels of blocks: kInnerSteps of k keep 16 KB of the right operand in the first-level cache while all rows pass it; a slab of k of
// the left operand and the panel stay in the second-level cache; the panel that comes next is fetched from memory meanwhile, a little with each
// step, so that the memory is never idle. Sums become results while the panel that follows is multiplied, a row now and then: products of
// tiles and vectors are the work of different units, and neither waits for the other.
#include <algorithm>

#include "highbeam_cpu.h"
#include "matrix.h"
#include "tile.h"

namespace highbeam {
namespace {

constexpr int kPanelColumns = 2 * kTileColumns;
constexpr int kStepPanelBytes = 2 * kTileBytes;
/// 8 steps: 16 KB of a panel.
constexpr int kInnerSteps = 8;
/// Rows that pass a panel together.
constexpr int kChunkRows = 512;
/// Bytes of the left operand that stay in the second-level cache beside a panel and the sums.
constexpr int kLeftBytes = 1 << 20;
/// Steps of a slab, where the left operand is too large to stay as a whole.
constexpr int kSlabSteps = 32;
/// Panels whose sums wait while a slab is followed by the next.
constexpr int kGroupPanels = 8;

/// Results of so many bytes are not kept in caches.
constexpr size_t kManyBytes = 16 << 20;

constexpr size_t kPanelSums = static_cast<size_t>(kChunkRows) * kPanelColumns;

/// Registers: 0 to 3 the sums, 4 and 5 the left operand, 6 and 7 the right one.
TileShapes full_tiles() {
  TileShapes shapes;
  for (int tile = 0; tile < 8; tile++) {
    shapes.set(tile, kTileRows, kStepBytes);
  }
  return shapes;
}

/// What is fetched into the second-level cache while a block is computed.
class Prefetch {
 public:
  Prefetch(const char* begin, size_t bytes, int steps)
      : next_(begin), end_(begin + bytes), per_step_((bytes / std::max(steps, 1) + 63) & ~size_t{63}) {}

  void step() {
    const char* until = std::min(next_ + per_step_, end_);
    for (; next_ < until; next_ += 64) {
      _mm_prefetch(next_, _MM_HINT_T1);
    }
  }

 private:
  const char* next_;
  const char* end_;
  size_t per_step_;
};

template <bool kInt8>
struct Dot;

template <>
struct Dot<true> {
  static void four() {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  static void two() {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
  }
};

template <>
struct Dot<false> {
  static void four() {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  static void two() {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
  }
};

constexpr int kSumStride = kPanelColumns * 4;

/// 32 rows: sums [32][32] += left [2][steps] tiles times right [steps][2] tiles. Aside is what else is done at each step.
template <bool kInt8, typename Aside>
void multiply_two(const char* left, size_t left_stride, const char* right, int steps, char* sums, bool is_first, Aside& aside) {
  char* lower = sums + kTileRows * kSumStride;
  if (is_first) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  } else {
    _tile_loadd(0, sums, kSumStride);
    _tile_loadd(1, sums + kStepBytes, kSumStride);
    _tile_loadd(2, lower, kSumStride);
    _tile_loadd(3, lower + kStepBytes, kSumStride);
  }
  for (int step = 0; step < steps; step++) {
    _tile_loadd(4, left, kStepBytes);
    _tile_loadd(6, right, kStepBytes);
    _tile_loadd(7, right + kTileBytes, kStepBytes);
    _tile_loadd(5, left + left_stride, kStepBytes);
    Dot<kInt8>::four();
    aside.step();
    left += kTileBytes;
    right += kStepPanelBytes;
  }
  _tile_stored(0, sums, kSumStride);
  _tile_stored(1, sums + kStepBytes, kSumStride);
  _tile_stored(2, lower, kSumStride);
  _tile_stored(3, lower + kStepBytes, kSumStride);
}

/// 16 rows of the same.
template <bool kInt8, typename Aside>
void multiply_one(const char* left, const char* right, int steps, char* sums, bool is_first, Aside& aside) {
  if (is_first) {
    _tile_zero(0);
    _tile_zero(1);
  } else {
    _tile_loadd(0, sums, kSumStride);
    _tile_loadd(1, sums + kStepBytes, kSumStride);
  }
  for (int step = 0; step < steps; step++) {
    _tile_loadd(4, left, kStepBytes);
    _tile_loadd(6, right, kStepBytes);
    _tile_loadd(7, right + kTileBytes, kStepBytes);
    Dot<kInt8>::two();
    aside.step();
    left += kTileBytes;
    right += kStepPanelBytes;
  }
  _tile_stored(0, sums, kSumStride);
  _tile_stored(1, sums + kStepBytes, kSumStride);
}

/// Turns the sums of a block into results. One for each epilogue and layout: what is asked once need not be asked for every row.
template <bool kInt8, Epilogue kEpilogue, Layout kLayout>
class Finisher {
 public:
  explicit Finisher(const LinearCall& call) : call_(call), passes_caches_(passes_caches(call)) {}

  /// A row of a panel; sums [32].
  void finish(int panel, int row, const char* sums) const {
    constexpr bool kGated = kEpilogue == Epilogue::kGatedSilu || kEpilogue == Epilogue::kGatedGeluTanh;
    const __m512 x = value(Columns(call_, panel * kPanelColumns), row, sums);
    const __m512 y = value(Columns(call_, panel * kPanelColumns + kLanes), row, sums + kStepBytes);
    const int column = panel * (kGated ? kLanes : kPanelColumns);
    if constexpr (kGated) {
      store(column, row, _mm512_mul_ps(kEpilogue == Epilogue::kGatedSilu ? silu(x) : gelu_tanh(x), y));
    } else {
      store(column, row, x);
      store(column + kLanes, row, y);
    }
  }

 private:
  /// What sixteen columns have in common.
  struct Columns {
    Columns(const LinearCall& call, int column)
        : scales(kInt8 ? _mm512_loadu_ps(call.right_scales + column) : _mm512_setzero_ps()),
          bias(call.bias == nullptr ? _mm512_setzero_ps() : _mm512_loadu_ps(call.bias + column)) {}

    __m512 scales;
    __m512 bias;
  };

  __m512 value(const Columns& columns, int row, const char* sums) const {
    __m512 x;
    if constexpr (kInt8) {
      const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(call_.left_scales[row]), columns.scales);
      x = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(sums)), scale);
    } else {
      x = _mm512_loadu_ps(sums);
    }
    return call_.bias == nullptr ? x : _mm512_add_ps(x, columns.bias);
  }

  /// Logits of many rows would only push other things out, and come back for sampling from memory anyway.
  static bool passes_caches(const LinearCall& call) {
    const size_t bytes = static_cast<size_t>(call.rows) * call.out.width * 4;
    return kEpilogue == Epilogue::kStore && kLayout == Layout::kF32Rows && bytes >= kManyBytes && call.out.width % kLanes == 0;
  }

  void store(int column, int row, __m512 x) const {
    if (column < call_.out.width) {
      if (passes_caches_) {
        _mm512_stream_ps(static_cast<float*>(call_.out.data) + static_cast<size_t>(row) * call_.out.width + column, x);
        return;
      }
      Matrix out = call_.out;
      out.layout = kLayout;
      store_lanes(out, row, column, out.width - column, x, kEpilogue == Epilogue::kAdd);
    }
  }

  const LinearCall& call_;
  const bool passes_caches_;
};

/// The panel whose sums are complete and become results, so many rows to so many steps.
template <bool kInt8, Epilogue kEpilogue, Layout kLayout>
class Pending {
 public:
  explicit Pending(const LinearCall& call) : finisher_(call) {}

  /// Takes the rows [row, end) of a panel, sums [end - row][32], to be done in so many steps; nothing else may be left.
  void begin(int panel, int row, int end, const char* sums, int steps) {
    panel_ = panel;
    row_ = row;
    end_ = end;
    sums_ = sums;
    rows_ = end - row;
    steps_ = std::max(1, steps);
    due_ = 0;
  }

  void step() {
    for (due_ += rows_; due_ >= steps_ && row_ < end_; due_ -= steps_) {
      next();
    }
  }

  /// Does what is left.
  void finish() {
    while (row_ < end_) {
      next();
    }
  }

 private:
  void next() {
    finisher_.finish(panel_, row_, sums_);
    row_++;
    sums_ += kSumStride;
  }

  const Finisher<kInt8, kEpilogue, kLayout> finisher_;
  int panel_ = 0;
  int row_ = 0;
  int end_ = 0;
  int rows_ = 0;
  int steps_ = 1;
  int due_ = 0;
  const char* sums_ = nullptr;
};

template <bool kInt8, Epilogue kEpilogue, Layout kLayout>
class Multiplier {
 public:
  Multiplier(const LinearCall& call, char* sums) : call_(call), pending_(call), sums_(sums) {}

  void run(int begin, int end) {
    for (int row = 0; row < call_.rows; row += kChunkRows) {
      first_row_ = row;
      end_row_ = std::min(call_.rows, row + kChunkRows);
      const size_t left_bytes = static_cast<size_t>(end_row_ - row) * call_.steps * kStepBytes;
      // A left operand that fits stays whole, and the right one is then read front to back.
      const int slab = left_bytes <= kLeftBytes ? call_.steps : kSlabSteps;
      for (int panel = begin; panel < end; panel += kGroupPanels) {
        group(panel, std::min(end, panel + kGroupPanels), end, slab);
      }
      pending_.finish();
    }
  }

 private:
  struct Aside {
    Prefetch prefetch;
    Pending<kInt8, kEpilogue, kLayout>& pending;

    void step() {
      prefetch.step();
      pending.step();
    }
  };

  void group(int begin, int end, int all_end, int slab) {
    for (int step = 0; step < call_.steps; step += slab) {
      const int slab_end = std::min(step + slab, call_.steps);
      for (int panel = begin; panel < end; panel++) {
        const bool is_last_panel = panel + 1 == end;
        const char* next = nullptr;
        if (!is_last_panel) {
          next = right(panel + 1, step);
        } else if (slab_end < call_.steps) {
          next = right(begin, slab_end);
        } else if (end < all_end) {
          next = right(end, 0);
        }
        block(panel, sums_ + (panel - begin) * kPanelSums * 4, step, slab_end, next);
      }
    }
  }

  const char* right(int panel, int step) const {
    return call_.right + (static_cast<size_t>(panel) * call_.steps + step) * kStepPanelBytes;
  }

  /// All rows of the chunk by one panel and the steps [step, slab_end) of k; next is read after it.
  void block(int panel, char* sums, int step, int slab_end, const char* next) {
    const int pairs = (end_row_ - first_row_ + 2 * kTileRows - 1) / (2 * kTileRows);
    const bool is_last_slab = slab_end == call_.steps;
    for (int begin = step; begin < slab_end; begin += kInnerSteps) {
      const int count = std::min(kInnerSteps, slab_end - begin);
      const char* following = begin + count < slab_end ? right(panel, begin + count) : next;
      Aside aside{Prefetch(following, following == nullptr ? 0 : kInnerSteps * kStepPanelBytes, pairs * count), pending_};
      for (int row = first_row_; row < end_row_; row += 2 * kTileRows) {
        char* to = sums + static_cast<size_t>(row - first_row_) * kSumStride;
        multiply(row, right(panel, begin), begin, count, to, aside);
        if (!kInt8 && begin + count == call_.steps) {
          pending_.begin(panel, row, std::min(end_row_, row + 2 * kTileRows), to, 1);
          pending_.finish();
        }
      }
    }
    if (kInt8 && is_last_slab) {
      pending_.finish();
      pending_.begin(panel, first_row_, end_row_, sums, pairs * (slab_end - step));
    }
  }

  void multiply(int row, const char* right, int begin, int count, char* sums, Aside& aside) const {
    const size_t stride = static_cast<size_t>(call_.left_stride) * kTileBytes;
    const char* left = call_.left + (row / kTileRows) * stride + static_cast<size_t>(begin) * kTileBytes;
    if (row + kTileRows < end_row_) {
      multiply_two<kInt8>(left, stride, right, count, sums, begin == 0, aside);
    } else {
      multiply_one<kInt8>(left, right, count, sums, begin == 0, aside);
    }
  }

  const LinearCall& call_;
  Pending<kInt8, kEpilogue, kLayout> pending_;
  char* const sums_;
  int first_row_ = 0;
  int end_row_ = 0;
};

template <bool kInt8, Epilogue kEpilogue>
void run(const LinearCall& call, int begin, int end, char* sums) {
  switch (call.out.layout) {
    case Layout::kF32Rows:
      return Multiplier<kInt8, kEpilogue, Layout::kF32Rows>(call, sums).run(begin, end);
    case Layout::kBf16Rows:
      return Multiplier<kInt8, kEpilogue, Layout::kBf16Rows>(call, sums).run(begin, end);
    case Layout::kBf16Tiles:
      return Multiplier<kInt8, kEpilogue, Layout::kBf16Tiles>(call, sums).run(begin, end);
  }
}

template <bool kInt8>
void run(const LinearCall& call, int begin, int end, char* sums) {
  switch (call.epilogue) {
    case Epilogue::kStore:
      return run<kInt8, Epilogue::kStore>(call, begin, end, sums);
    case Epilogue::kAdd:
      return run<kInt8, Epilogue::kAdd>(call, begin, end, sums);
    case Epilogue::kGatedSilu:
      return run<kInt8, Epilogue::kGatedSilu>(call, begin, end, sums);
    case Epilogue::kGatedGeluTanh:
      return run<kInt8, Epilogue::kGatedGeluTanh>(call, begin, end, sums);
  }
}

}  // namespace

size_t linear_scratch_bytes() { return kGroupPanels * kPanelSums * 4; }

void linear(const LinearCall& call, int begin, int end, void* scratch) {
  const TileScope scope(full_tiles());
  if (call.is_int8) {
    run<true>(call, begin, end, static_cast<char*>(scratch));
  } else {
    run<false>(call, begin, end, static_cast<char*>(scratch));
  }
  // Stores that pass the caches are seen by other threads in no order unless one is made.
  _mm_sfence();
}

}  // namespace highbeam
