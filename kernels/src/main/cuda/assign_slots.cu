// SPDX-License-Identifier: Apache-2.0
//
// Gives state slots to sequences, as the step's arena says: arena[8] assignments from word arena[9],
// each {slot, last token, words of this assignment, 16 slot words, end ids, bias ids, biases}, the
// next one beginning where it ends. Later kernels of the step find the parameters in
// slots [slot][16], the lists in slotLists [slot][128 + 2 * 1024] (ends, bias ids, biases: fixed
// offsets) and the sequence's last token in lastTokens [slot].
//
// A thread block takes every gridDim.x-th assignment; it walks the chain to it, one load each. A
// step that admits nobody has none, and the kernel ends at once.
#include "include/sampling.h"

namespace assign_slots_kernel {

constexpr int kThreads = 128;
constexpr int kHeadWords = 3;

__device__ __forceinline__ void copy(int* to, const int* from, int words) {
  for (int i = threadIdx.x; i < words; i += kThreads) {
    to[i] = from[i];
  }
}

}  // namespace assign_slots_kernel

extern "C" __global__ void __launch_bounds__(assign_slots_kernel::kThreads)
    assign_slots(const int* arena, int* slots, int* slot_lists, int* last_tokens) {
  using namespace assign_slots_kernel;
  using namespace sampling;
  const int count = arena[kAssignmentCount];
  const int* assignment = arena + arena[kAssignmentOffset];
  int next = blockIdx.x;
  for (int i = 0; i < count; i++) {
    if (i == next) {
      const int slot = assignment[0];
      const int* words = assignment + kHeadWords;
      const Slot parameters = {words};
      const int ends = parameters.end_token_count();
      const int biases = parameters.bias_count();
      int* lists = slot_lists + slot * static_cast<int64>(kListWords);
      const int* from = words + kSlotWords;
      copy(slots + slot * static_cast<int64>(kSlotWords), words, kSlotWords);
      copy(lists, from, ends);
      copy(lists + kMaxEndTokens, from + ends, biases);
      copy(lists + kMaxEndTokens + kMaxBiases, from + ends + biases, biases);
      if (threadIdx.x == 0) {
        last_tokens[slot] = assignment[1];
      }
      next += gridDim.x;
    }
    assignment += assignment[2];
  }
}
