// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <map>

#include "tier/pinned_memory.h"

/// A device's pinned memory for tests: so much of it and no more, and how much is out. For one thread.
namespace cachebench::tier {

class BoundedPinned final : public PinnedMemory {
 public:
  explicit BoundedPinned(Bytes bound) : bound_(bound) {}
  [[nodiscard]] std::byte* allocate(Bytes size) override {
    if (size > bound_ - out) return nullptr;
    auto* const memory = static_cast<std::byte*>(std::aligned_alloc(4096, size.value));
    pieces_.emplace(memory, size);
    out += size;
    return memory;
  }
  void release(std::byte* memory) noexcept override {
    out -= pieces_.at(memory);
    pieces_.erase(memory);
    std::free(memory);
  }

  Bytes out{};

 private:
  const Bytes bound_;
  std::map<std::byte*, Bytes> pieces_;
};

}  // namespace cachebench::tier
