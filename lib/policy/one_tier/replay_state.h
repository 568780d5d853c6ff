// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/accesses/access_columns.h"

/// Who is resident and how large, in the smallest form that a workload's sizes allow; the replay loop is
/// instantiated for each. Owned by one replay, on cache lines of its own; the columns outlive it.
namespace cachebench::policy {

/// All objects are alike: one byte an object keeps a million of them near the core.
class UniformState {
 public:
  explicit UniformState(const AccessColumns& columns)
      : size_(columns.uniform_size()), resident_(columns.objects()) {}
  static constexpr bool kSizesChange = false;
  void prefetch(std::uint32_t id) const { __builtin_prefetch(&resident_[id]); }
  [[nodiscard]] std::uint64_t size(std::size_t, std::uint32_t) const { return size_; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return resident_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t) { resident_[id] = 1; }
  std::uint64_t erase(std::uint32_t id) {
    resident_[id] = 0;
    return size_;
  }

 private:
  std::uint64_t size_;
  std::vector<std::uint8_t> resident_;
};

/// Each object has its size.
class PerObjectState {
 public:
  explicit PerObjectState(const AccessColumns& columns)
      : sizes_(columns.object_sizes()), resident_(columns.objects()) {}
  static constexpr bool kSizesChange = false;
  void prefetch(std::uint32_t id) const {
    __builtin_prefetch(&resident_[id]);
    __builtin_prefetch(&sizes_[id]);
  }
  [[nodiscard]] std::uint64_t size(std::size_t, std::uint32_t id) const { return sizes_[id]; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return resident_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t) { resident_[id] = 1; }
  std::uint64_t erase(std::uint32_t id) {
    resident_[id] = 0;
    return sizes_[id];
  }

 private:
  const std::vector<std::uint64_t>& sizes_;
  std::vector<std::uint8_t> resident_;
};

/// Sizes differ from access to access: what a resident object occupies is remembered, plus 1 so that 0 is
/// absent.
class PerAccessState {
 public:
  explicit PerAccessState(const AccessColumns& columns)
      : sizes_(columns.access_sizes()), occupied_(columns.objects()) {}
  static constexpr bool kSizesChange = true;
  void prefetch(std::uint32_t id) const { __builtin_prefetch(&occupied_[id]); }
  [[nodiscard]] std::uint64_t size(std::size_t access, std::uint32_t) const { return sizes_[access]; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return occupied_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t size) { occupied_[id] = size + 1; }
  std::uint64_t erase(std::uint32_t id) {
    const std::uint64_t size = occupied_[id] - 1;
    occupied_[id] = 0;
    return size;
  }
  [[nodiscard]] std::uint64_t occupied(std::uint32_t id) const { return occupied_[id] - 1; }

 private:
  const std::vector<std::uint64_t>& sizes_;
  std::vector<std::uint64_t> occupied_;
};

}  // namespace cachebench::policy
