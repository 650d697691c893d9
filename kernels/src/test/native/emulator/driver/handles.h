// SPDX-License-Identifier: Apache-2.0
// Handles are numbers that are never used again, so that a stale one is always noticed, and that
// differ between kinds of objects, so that an event never passes for a stream.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace emu {

inline uintptr_t next_handle() {
  static uintptr_t last = 0xE0000;
  return last += 16;
}

template <class T, class Handle>
class HandleTable {
 public:
  Handle add(std::shared_ptr<T> object) {
    uintptr_t value = next_handle();
    objects_[value] = std::move(object);
    return reinterpret_cast<Handle>(value);
  }
  std::shared_ptr<T> find(Handle handle) const {
    auto found = objects_.find(reinterpret_cast<uintptr_t>(handle));
    return found == objects_.end() ? nullptr : found->second;
  }
  std::shared_ptr<T> take(Handle handle) {
    std::shared_ptr<T> object = find(handle);
    objects_.erase(reinterpret_cast<uintptr_t>(handle));
    return object;
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    for (auto entry = objects_.begin(); entry != objects_.end();) {
      entry = predicate(*entry->second) ? objects_.erase(entry) : std::next(entry);
    }
  }
  template <class Visitor>
  void for_each(Visitor visitor) const {
    for (const auto& entry : objects_) visitor(*entry.second);
  }
  size_t size() const { return objects_.size(); }

 private:
  std::unordered_map<uintptr_t, std::shared_ptr<T>> objects_;
};

}  // namespace emu
