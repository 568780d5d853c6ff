// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/huge_pages.h"
#include "core/units.h"
#include "policy/accesses/access_stream.h"

/// A whole workload of plain accesses in memory, as the one-tier simulator reads it: a column of dense object
/// ids, and sizes in the smallest of three forms. Built once by appending, then shared read-only by any
/// number of simulations (thread-compatible: no writer beside readers). 4 bytes an access as long as every
/// object keeps its size. Errors: CACHEBENCH_CHECK alone, callers pass ids in the order of first appearance.
namespace cachebench::policy {

/// How sizes are held; later forms cost more memory and time.
enum class SizeForm : std::uint8_t {
  kUniform,    ///< all alike
  kPerObject,  ///< each object always the same
  kPerAccess,  ///< some object changes its size
};

/// Next use of an object nobody asks for again.
inline constexpr std::uint32_t kNoNextUse = 0xFFFFFFFFU;

class AccessColumns {
 public:
  /// Room for so many accesses; only pages that are written count as memory.
  void reserve(std::size_t accesses) { reserve_huge(ids_, accesses); }
  /// One access. REQUIRES: `id` was seen before or is the number of ids seen so far.
  void append(std::uint32_t id, std::uint64_t size) {
    if (id < first_sizes_.size() && (form_ == SizeForm::kPerAccess || size != first_sizes_[id]))
        [[unlikely]] {
      append_changed(size);
    } else if (id >= first_sizes_.size()) {
      append_new(id, size);
    }
    ids_.push_back(id);
    bytes_requested_ += size;
  }
  /// One access where every object counts 1 and sizes are not looked at: append(id, 1), faster.
  void append_unit(std::uint32_t id) {
    unit_objects_ = id < unit_objects_ ? unit_objects_ : std::size_t{id} + 1;
    ids_.push_back(id);
  }

  /// Either of the two for a whole block, by whether it has sizes.
  void append(const AccessBlock& block);

  [[nodiscard]] const std::vector<std::uint32_t>& ids() const { return ids_; }
  [[nodiscard]] std::size_t accesses() const { return ids_.size(); }
  [[nodiscard]] std::size_t objects() const {
    return unit_objects_ != 0 ? unit_objects_ : first_sizes_.size();
  }
  [[nodiscard]] SizeForm form() const { return form_; }
  /// Of every access, in kUniform.
  [[nodiscard]] std::uint64_t uniform_size() const { return first_sizes_.empty() ? 1 : first_sizes_.front(); }
  /// By id, in kPerObject; the size at first sight otherwise. Empty when filled by append_unit.
  [[nodiscard]] const std::vector<std::uint64_t>& object_sizes() const { return first_sizes_; }
  /// By access, in kPerAccess.
  [[nodiscard]] const std::vector<std::uint64_t>& access_sizes() const { return access_sizes_; }
  [[nodiscard]] Bytes bytes_requested() const {
    return Bytes{unit_objects_ != 0 ? ids_.size() : bytes_requested_};
  }
  /// The working set: every object once, at the size of its first access.
  [[nodiscard]] Bytes bytes_distinct() const {
    return Bytes{unit_objects_ != 0 ? unit_objects_ : bytes_distinct_};
  }

 private:
  void append_new(std::uint32_t id, std::uint64_t size);
  void append_changed(std::uint64_t size);

  std::vector<std::uint32_t> ids_;
  std::vector<std::uint64_t> first_sizes_;
  std::vector<std::uint64_t> access_sizes_;
  SizeForm form_ = SizeForm::kUniform;
  std::size_t unit_objects_ = 0;
  std::uint64_t bytes_requested_ = 0;
  std::uint64_t bytes_distinct_ = 0;
};

/// By access: the number of the next access to the same object, or kNoNextUse. One pass from the end.
/// REQUIRES: fewer than 2^32 - 1 accesses.
[[nodiscard]] std::vector<std::uint32_t> next_uses_of(const AccessColumns& columns);

}  // namespace cachebench::policy
