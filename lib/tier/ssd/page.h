// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "tier/round_up.h"

/// The unit of a segment file: everything starts at a multiple of it and is transferred in multiples of it,
/// which is what O_DIRECT asks of every device. Values and one owning buffer; thread-compatible.
namespace cachebench::tier {

[[nodiscard]] constexpr std::uint64_t round_up_to_page(std::uint64_t bytes) {
  return round_up(bytes, kPage);
}

[[nodiscard]] inline bool is_page_aligned(const std::byte* data) {
  return reinterpret_cast<std::uintptr_t>(data) % kPage == 0;
}

/// Owned memory that starts at a page boundary; empty when default-constructed or when there was no memory.
class PageBuffer {
 public:
  PageBuffer() = default;
  /// `bytes` rounded up to pages, contents undefined; check `data()` for null.
  explicit PageBuffer(std::uint64_t bytes)
      : data_(static_cast<std::byte*>(std::aligned_alloc(kPage, round_up_to_page(bytes)))),
        size_(data_ == nullptr ? 0 : round_up_to_page(bytes)) {}

  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::span<std::byte> span() const { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::uint64_t size_ = 0;
};

}  // namespace cachebench::tier
