// SPDX-License-Identifier: Apache-2.0
// Copies and completions that the hardware performs later than the instruction that starts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emu {

// cp.async of one block: per thread, in groups, performed at the wait.
class GroupedCopies {
 public:
  void reset(unsigned threads);
  void add(unsigned thread, void* destination, const void* source, int bytes);
  void commit(unsigned thread);
  void wait(unsigned thread, int groups_still_in_flight);
  // The hardware completes a thread's copies when it exits.
  void finish(unsigned thread);

 private:
  struct Copy {
    void* destination;
    const void* source;
    int bytes;
    unsigned group;
  };
  struct PerThread {
    std::vector<Copy> copies;  // oldest first
    unsigned open_group = 0;
  };

  void perform(PerThread& thread, unsigned groups);

  std::vector<PerThread> threads_;
  bool used_ = false;  // most blocks never copy this way and then pay nothing
};

// Completions queued by emu_defer.
class DeferredWork {
 public:
  void clear() { queue_.clear(); }
  bool empty() const { return queue_.empty(); }
  size_t size() const { return queue_.size(); }
  // False if the argument is too large.
  bool add(void (*run)(void*), const void* argument, size_t bytes, const void* key);
  int run(const void* key);

 private:
  static constexpr size_t kMaxArgumentBytes = 256;
  struct Item {
    void (*run)(void*);
    const void* key;
    uint64_t argument[kMaxArgumentBytes / 8];
  };
  std::vector<Item> queue_;
};

}  // namespace emu
