// SPDX-License-Identifier: Apache-2.0
// Shuffles, votes, matches and reductions: one rendezvous each, computed for all lanes at once by
// the lane that comes last.
#pragma once

template <class T>
struct EmuShuffle {
  T value;
  T result;
  unsigned source;
};

template <class T>
void emu_shuffle_lanes(uint32_t mask, void** lanes) {
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    auto* own = static_cast<EmuShuffle<T>*>(lanes[__builtin_ctz(rest)]);
    if ((mask >> own->source & 1) == 0) emu_trap("shuffle reads a lane that is not in the mask");
    own->result = static_cast<EmuShuffle<T>*>(lanes[own->source])->value;
  }
}

template <class T>
static inline T emu_shuffle(unsigned mask, T value, unsigned source) {
  EmuShuffle<T> own{value, value, source & 31};
  emu_collective(mask, emu_shuffle_lanes<T>, &own, "shuffle");
  return own.result;
}

// Lane arithmetic within segments of `width` lanes, a power of two.
template <class T>
static inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  unsigned segment = emu_cur->lane & ~static_cast<unsigned>(width - 1);
  return emu_shuffle(mask, value, segment | (static_cast<unsigned>(source & (width - 1))));
}

template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32) {
  unsigned lane = emu_cur->lane;
  unsigned source = lane ^ static_cast<unsigned>(lane_mask);
  unsigned end = (lane & ~static_cast<unsigned>(width - 1)) + static_cast<unsigned>(width);
  return emu_shuffle(mask, value, source >= end ? lane : source);
}

template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  unsigned lane = emu_cur->lane;
  unsigned end = (lane & ~static_cast<unsigned>(width - 1)) + static_cast<unsigned>(width);
  return emu_shuffle(mask, value, lane + delta >= end ? lane : lane + delta);
}

template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  unsigned lane = emu_cur->lane;
  unsigned start = lane & ~static_cast<unsigned>(width - 1);
  return emu_shuffle(mask, value, lane < start + delta ? lane : lane - delta);
}

struct EmuBallot {
  int predicate;
  unsigned result;
};

static inline void emu_ballot_lanes(uint32_t mask, void** lanes) {
  unsigned votes = 0;
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    int lane = __builtin_ctz(rest);
    if (static_cast<EmuBallot*>(lanes[lane])->predicate != 0) votes |= 1u << lane;
  }
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    static_cast<EmuBallot*>(lanes[__builtin_ctz(rest)])->result = votes;
  }
}

static inline unsigned __ballot_sync(unsigned mask, int predicate) {
  EmuBallot own{predicate, 0};
  emu_collective(mask, emu_ballot_lanes, &own, "ballot");
  return own.result;
}
static inline int __any_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) != 0;
}
static inline int __all_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) == mask;
}

template <class T>
struct EmuMatch {
  T value;
  unsigned equal;  // lanes with the same value
};

template <class T>
void emu_match_lanes(uint32_t mask, void** lanes) {
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    auto* own = static_cast<EmuMatch<T>*>(lanes[__builtin_ctz(rest)]);
    own->equal = 0;
    for (uint32_t other = mask; other != 0; other &= other - 1) {
      int lane = __builtin_ctz(other);
      if (static_cast<EmuMatch<T>*>(lanes[lane])->value == own->value) own->equal |= 1u << lane;
    }
  }
}

template <class T>
static inline unsigned __match_any_sync(unsigned mask, T value) {
  EmuMatch<T> own{value, 0};
  emu_collective(mask, emu_match_lanes<T>, &own, "match");
  return own.equal;
}

template <class T>
static inline unsigned __match_all_sync(unsigned mask, T value, int* all_equal) {
  unsigned equal = __match_any_sync(mask, value);
  *all_equal = equal == mask;
  return equal == mask ? mask : 0;
}

// Integer reductions over the lanes of the mask (sm_80 and later).
#if EMU_ARCH >= 800
template <class T, T (*Combine)(T, T)>
void emu_reduce_lanes(uint32_t mask, void** lanes) {
  uint32_t rest = mask & (mask - 1);
  T total = *static_cast<T*>(lanes[__builtin_ctz(mask)]);
  for (; rest != 0; rest &= rest - 1) {
    total = Combine(total, *static_cast<T*>(lanes[__builtin_ctz(rest)]));
  }
  for (rest = mask; rest != 0; rest &= rest - 1) {
    *static_cast<T*>(lanes[__builtin_ctz(rest)]) = total;
  }
}

template <class T>
T emu_add(T a, T b) {
  return a + b;
}
template <class T>
T emu_min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
T emu_max(T a, T b) {
  return a < b ? b : a;
}
template <class T>
T emu_and(T a, T b) {
  return a & b;
}
template <class T>
T emu_or(T a, T b) {
  return a | b;
}
template <class T>
T emu_xor(T a, T b) {
  return a ^ b;
}

#define EMU_REDUCE(name, T)                                                            \
  static inline T __reduce_##name##_sync(unsigned mask, T value) {                     \
    emu_collective(mask, emu_reduce_lanes<T, emu_##name<T>>, &value, "reduce_" #name); \
    return value;                                                                      \
  }
EMU_REDUCE(add, int)
EMU_REDUCE(add, unsigned)
EMU_REDUCE(min, int)
EMU_REDUCE(min, unsigned)
EMU_REDUCE(max, int)
EMU_REDUCE(max, unsigned)
EMU_REDUCE(and, unsigned)
EMU_REDUCE(or, unsigned)
EMU_REDUCE(xor, unsigned)
#undef EMU_REDUCE
#endif
