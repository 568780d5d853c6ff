// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.h"
#include "core/units.h"

/// What policies are told of an entry. Metadata only, never bytes or keys.
namespace cachebench::policy {

/// Next use of an entry nobody will ask for again, or whose future is not known.
inline constexpr std::uint64_t kNeverUsed = UINT64_MAX;

/// The request an access belongs to; all 0 where there are none.
struct RequestInfo {
  std::uint64_t sequence = 0;  ///< of the request, from 0
  std::uint64_t session = 0;
  std::uint32_t turn = 0;
  bool operator==(const RequestInfo&) const = default;
};

struct AccessInfo {
  Bytes bytes{1};       ///< nominal
  Nanoseconds cost{1};  ///< to compute it again, modelled; 1 in the short-form sweep
  /// What its next use costs more once the copy in this tier is gone: serving it from the next place where it
  /// would still live, a lower tier or recomputation, less serving it from here. Modelled; at most `cost`.
  Nanoseconds loss{1};
  Nanoseconds now{0};                   ///< decision clock
  std::uint64_t sequence = 0;           ///< number of the access, from 0
  std::uint64_t next_use = kNeverUsed;  ///< sequence of the next access, for policies that see the future
  /// Its own past: accesses so far, this one included (0 where not told), the number of the last of them,
  /// which is `sequence` at an access and older where the entry only moves, and what lay between that one and
  /// the one before. Covered references are none.
  std::uint32_t uses = 0;
  std::uint64_t last_use = 0;
  std::uint64_t last_gap = 0;
  RequestInfo request{};
  std::uint32_t depth = 0;  ///< K/V blocks before it in its chain, without which it is of no use; else 0
  ArtefactKind kind = ArtefactKind::kObject;
};

/// Entries that must stay because a handle on them is alive. One thread.
class PinSet {
 public:
  void pin(EntryId id) {
    if (index_of(id) >= counts_.size()) counts_.resize(index_of(id) + 1);
    if (counts_[index_of(id)]++ == 0) ++pinned_;
  }
  void unpin(EntryId id) {
    if (--counts_[index_of(id)] == 0) --pinned_;
  }
  [[nodiscard]] bool none() const { return pinned_ == 0; }
  [[nodiscard]] bool is_pinned(EntryId id) const {
    return pinned_ != 0 && index_of(id) < counts_.size() && counts_[index_of(id)] != 0;
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::size_t pinned_ = 0;
};

}  // namespace cachebench::policy
