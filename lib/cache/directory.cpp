// SPDX-License-Identifier: Apache-2.0
#include "cache/directory.h"

#include "core/check.h"

namespace cachebench::cache {

const char* name_of(MissCause cause) {
  switch (cause) {
    case MissCause::kCold:
      return "cold";
    case MissCause::kCapacity:
      return "capacity";
    case MissCause::kNotAdmitted:
      return "not_admitted";
    case MissCause::kExpired:
      return "expired";
    case MissCause::kCorrupt:
      return "corrupt";
    case MissCause::kBrokenPrefix:
      return "broken_prefix";
    case MissCause::kLatePrefetch:
      return "late_prefetch";
    case MissCause::kTooLarge:
      return "too_large";
  }
  CACHEBENCH_CHECK(false, "miss cause {}", static_cast<int>(cause));
}

EntryId Directory::intern(const EntryDescription& what) {
  const EntryId id = index_.add(what.key);
  if (index_of(id) == entries_.size()) {
    entries_.push_back(Entry{.what = what, .copies = {}});
  } else if (entries_[index_of(id)].what.recompute.count() == 0) {
    entries_[index_of(id)].what.recompute = what.recompute;  // found on a plane: its cost was not known
  }
  return id;
}

}  // namespace cachebench::cache
