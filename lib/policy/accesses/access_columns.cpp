// SPDX-License-Identifier: Apache-2.0
#include "policy/accesses/access_columns.h"

#include "core/check.h"

namespace cachebench::policy {

void AccessColumns::append_new(std::uint32_t id, std::uint64_t size) {
  CACHEBENCH_CHECK(id == first_sizes_.size(), "id {} after {} objects", id, first_sizes_.size());
  CACHEBENCH_CHECK(unit_objects_ == 0, "append after append_unit");
  if (form_ == SizeForm::kUniform && !first_sizes_.empty() && size != first_sizes_.front()) {
    form_ = SizeForm::kPerObject;
  }
  first_sizes_.push_back(size);
  bytes_distinct_ += size;
  if (form_ == SizeForm::kPerAccess) access_sizes_.push_back(size);
}

void AccessColumns::append_changed(std::uint64_t size) {
  if (form_ != SizeForm::kPerAccess) {
    access_sizes_.reserve(ids_.capacity());
    for (const std::uint32_t id : ids_) access_sizes_.push_back(first_sizes_[id]);
    form_ = SizeForm::kPerAccess;
  }
  access_sizes_.push_back(size);
}

void AccessColumns::append(const AccessBlock& block) {
  if (block.sizes.empty()) {
    unit_objects_ = block.objects;
    ids_.insert(ids_.end(), block.ids.begin(), block.ids.end());
    return;
  }
  for (std::size_t i = 0; i < block.ids.size(); ++i) append(block.ids[i], block.sizes[i]);
}

std::vector<std::uint32_t> next_uses_of(const AccessColumns& columns) {
  const std::vector<std::uint32_t>& ids = columns.ids();
  CACHEBENCH_CHECK(ids.size() < kNoNextUse, "{} accesses are too many", ids.size());
  std::vector<std::uint32_t> next_uses(ids.size());
  std::vector<std::uint32_t> seen(columns.objects(), kNoNextUse);
  for (std::size_t i = ids.size(); i-- > 0;) {
    next_uses[i] = seen[ids[i]];
    seen[ids[i]] = static_cast<std::uint32_t>(i);
  }
  return next_uses;
}

}  // namespace cachebench::policy
