// SPDX-License-Identifier: Apache-2.0
#include "policy/migration.h"

#include "policy/resolve.h"

namespace cachebench::policy {

Level LevelSet::top() const {
  for (std::size_t i = 0; i < kMaxTiers; ++i) {
    if (has(level_at(i))) return level_at(i);
  }
  return Level::kNone;
}

std::optional<Level> next_lower(const TierLayout& layout, Level from, Bytes bytes) {
  for (std::size_t i = index_of(from) + 1; i < layout.count; ++i) {
    if (layout.fits(level_at(i), bytes)) return level_at(i);
  }
  return std::nullopt;
}

Level uppermost_above(const TierLayout& layout, Level at, Bytes bytes) {
  for (std::size_t i = 0; i < index_of(at) && i < layout.count; ++i) {
    if (layout.fits(level_at(i), bytes)) return level_at(i);
  }
  return Level::kNone;
}

std::unique_ptr<MigrationPolicy> make_migration(const NamedParameters& spec, const TierLayout& layout) {
  const auto resolved = resolve<MigrationDescriptor>(spec, "migration policy");
  return resolved.descriptor.make(layout, resolved.parameters);
}

}  // namespace cachebench::policy
