// SPDX-License-Identifier: Apache-2.0
#include "engine/async_copies.h"

#include <algorithm>
#include <cstring>

namespace emu {

void GroupedCopies::reset(unsigned threads) {
  if (threads_.size() < threads) threads_.resize(threads);
  if (!used_) return;
  used_ = false;
  for (PerThread& thread : threads_) {
    thread.copies.clear();
    thread.open_group = 0;
  }
}

void GroupedCopies::add(unsigned thread, void* destination, const void* source, int bytes) {
  // Reading now finds a bad source address at the instruction that has it.
  for (int i = 0; i < bytes; i += 16) (void)*(static_cast<const volatile char*>(source) + i);
  memset(destination, 0xff, static_cast<size_t>(bytes));
  threads_[thread].copies.push_back({destination, source, bytes, threads_[thread].open_group});
  used_ = true;
}

void GroupedCopies::commit(unsigned thread) {
  threads_[thread].open_group++;
  used_ = true;
}

void GroupedCopies::perform(PerThread& thread, unsigned groups) {
  auto end = std::find_if(thread.copies.begin(), thread.copies.end(),
                          [groups](const Copy& copy) { return copy.group >= groups; });
  for (auto copy = thread.copies.begin(); copy != end; ++copy) {
    memcpy(copy->destination, copy->source, static_cast<size_t>(copy->bytes));
  }
  thread.copies.erase(thread.copies.begin(), end);
}

void GroupedCopies::wait(unsigned thread, int groups_still_in_flight) {
  PerThread& own = threads_[thread];
  if (static_cast<int>(own.open_group) > groups_still_in_flight) {
    perform(own, own.open_group - static_cast<unsigned>(groups_still_in_flight));
  }
}

void GroupedCopies::finish(unsigned thread) {
  if (used_ && !threads_[thread].copies.empty()) perform(threads_[thread], ~0u);
}

bool DeferredWork::add(void (*run)(void*), const void* argument, size_t bytes, const void* key) {
  if (bytes > kMaxArgumentBytes) return false;
  Item item{run, key, {}};
  if (bytes != 0) memcpy(item.argument, argument, bytes);
  queue_.push_back(item);
  return true;
}

int DeferredWork::run(const void* key) {
  int count = 0;
  for (size_t i = 0; i < queue_.size();) {
    if (queue_[i].key != key) {
      i++;
      continue;
    }
    // On the stack of the running thread: memory that a checked twin may read.
    Item item = queue_[i];
    queue_.erase(queue_.begin() + static_cast<long>(i));
    item.run(item.argument);
    count++;
  }
  return count;
}

}  // namespace emu
