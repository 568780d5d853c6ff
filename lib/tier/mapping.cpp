// SPDX-License-Identifier: Apache-2.0
#include "tier/mapping.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "tier/round_up.h"

namespace cachebench::tier {
namespace {

constexpr std::uint64_t kHugePage = 2 * kMiB.value;

std::byte* map_anonymous(std::uint64_t size) {
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

}  // namespace

std::optional<Mapping> Mapping::try_map(Bytes size) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 46;  // what user space can address
  if (size.value > kLargest) return std::nullopt;
  Mapping mapping;
  mapping.size_ = round_up(size.value == 0 ? 1 : size.value, kPage);
  if (mapping.size_ < kHugePage) {
    mapping.data_ = map_anonymous(mapping.size_);
    if (mapping.data_ == nullptr) return std::nullopt;
    return mapping;
  }
  // Huge pages need their own alignment: map more, and give back what lies before and after.
  std::byte* const memory = map_anonymous(mapping.size_ + kHugePage);
  if (memory == nullptr) return std::nullopt;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uint64_t before = round_up(address, kHugePage) - address;
  if (before > 0) munmap(memory, before);
  mapping.data_ = memory + before;
  munmap(mapping.data_ + mapping.size_, kHugePage - before);
  (void)madvise(mapping.data_, mapping.size_, MADV_HUGEPAGE);  // a wish: without it the pages are small
  return mapping;
}

std::optional<Mapping> Mapping::try_pinned(Bytes size, const std::shared_ptr<PinnedMemory>& pinned) {
  if (pinned == nullptr) return try_map(size);
  const std::uint64_t whole = round_up(size.value == 0 ? 1 : size.value, kPage);
  std::byte* const memory = pinned->allocate(Bytes{whole});
  if (memory == nullptr) return try_map(size);
  Mapping mapping;
  mapping.data_ = memory;
  mapping.size_ = whole;
  mapping.pinned_ = pinned;
  return mapping;
}

Mapping::~Mapping() {
  if (data_ == nullptr) return;
  if (pinned_ != nullptr) {
    pinned_->release(data_);
  } else {
    munmap(data_, size_);
  }
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      pinned_(std::move(other.pinned_)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(pinned_, other.pinned_);
  return *this;
}

int Mapping::lock() const noexcept {
  if (is_pinned()) return 0;
  return mlock2(data_, size_, MLOCK_ONFAULT) == 0 ? 0 : errno;
}

std::string describe_lock_failure(Bytes asked, int code) {
  rlimit limit{};
  if ((code == ENOMEM || code == EPERM) && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
      limit.rlim_cur != RLIM_INFINITY) {
    return fmt::format(
        "locked-memory limit too low: {} allowed, {} asked; going on with host memory that is not "
        "page-locked "
        "(raise it with 'ulimit -l' or LimitMEMLOCK=)",
        format_bytes(Bytes{limit.rlim_cur}), format_bytes(asked));
  }
  return fmt::format("cannot lock {} of host memory ({}); going on with memory that is not page-locked",
                     format_bytes(asked), std::generic_category().message(code));
}

std::string describe_pageable(Bytes asked) {
  return fmt::format(
      "the GPU's driver cannot lock {} of host memory; going on with memory that it has to stage: copies are "
      "slower",
      format_bytes(asked));
}

}  // namespace cachebench::tier
