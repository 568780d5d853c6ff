// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/prefetch.h"
#include "policy/accesses/access_stream.h"

/// Who is resident and how large, in the smallest form that a workload's sizes allow; the replay loop is
/// instantiated for each. Room for ids is made block by block, so that a workload's objects need not be
/// known beforehand. Owned by one replay, on cache lines of its own; what it refers to outlives it.
namespace cachebench::policy {

/// Room for as many ids, at once where all are known and else doubling.
template <typename T>
void grow_by_id(std::vector<T>& by_id, std::size_t objects) {
  if (objects > by_id.size()) [[unlikely]]
    by_id.resize(std::max(objects, 2 * by_id.size()));
}

/// A type of its own: the compiler has to take any store of a plain byte for one to anything.
enum class Residence : std::uint8_t { kAbsent, kResident };

/// All objects are alike: one byte an object keeps a million of them near the core.
class UniformState {
 public:
  explicit UniformState(std::uint64_t size) : size_(size) {}
  static constexpr bool kSizesChange = false;
  void make_room(std::size_t objects) { grow_by_id(resident_, objects); }
  void prefetch(std::uint32_t id) const { prefetch_line(&resident_[id]); }
  [[nodiscard]] std::uint64_t size(const AccessBlock&, std::size_t, std::uint32_t) const { return size_; }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return resident_[id] != Residence::kAbsent; }
  void insert(std::uint32_t id, std::uint64_t) { resident_[id] = Residence::kResident; }
  std::uint64_t erase(std::uint32_t id) {
    resident_[id] = Residence::kAbsent;
    return size_;
  }

 private:
  std::uint64_t size_;
  std::vector<Residence> resident_;
};

/// Each object has its size.
class PerObjectState {
 public:
  explicit PerObjectState(const std::vector<std::uint64_t>& sizes) : sizes_(sizes) {}
  static constexpr bool kSizesChange = false;
  void make_room(std::size_t objects) { grow_by_id(resident_, objects); }
  void prefetch(std::uint32_t id) const {
    prefetch_line(&resident_[id]);
    prefetch_line(&sizes_[id]);
  }
  [[nodiscard]] std::uint64_t size(const AccessBlock&, std::size_t, std::uint32_t id) const {
    return sizes_[id];
  }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return resident_[id] != Residence::kAbsent; }
  void insert(std::uint32_t id, std::uint64_t) { resident_[id] = Residence::kResident; }
  std::uint64_t erase(std::uint32_t id) {
    resident_[id] = Residence::kAbsent;
    return sizes_[id];
  }

 private:
  const std::vector<std::uint64_t>& sizes_;
  std::vector<Residence> resident_;
};

/// Sizes differ from access to access, or are not known before: what a resident object occupies is
/// remembered, plus 1 so that 0 is absent.
class PerAccessState {
 public:
  static constexpr bool kSizesChange = true;
  void make_room(std::size_t objects) { grow_by_id(occupied_, objects); }
  void prefetch(std::uint32_t id) const { prefetch_line(&occupied_[id]); }
  [[nodiscard]] std::uint64_t size(const AccessBlock& block, std::size_t access, std::uint32_t) const {
    return block.sizes[access];
  }
  [[nodiscard]] bool is_resident(std::uint32_t id) const { return occupied_[id] != 0; }
  void insert(std::uint32_t id, std::uint64_t size) { occupied_[id] = size + 1; }
  std::uint64_t erase(std::uint32_t id) {
    const std::uint64_t size = occupied_[id] - 1;
    occupied_[id] = 0;
    return size;
  }
  [[nodiscard]] std::uint64_t occupied(std::uint32_t id) const { return occupied_[id] - 1; }

 private:
  std::vector<std::uint64_t> occupied_;
};

}  // namespace cachebench::policy
