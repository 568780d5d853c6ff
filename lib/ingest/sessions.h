// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>

#include "core/ids.h"

/// Sessions of a log that names none: a request continues the request whose messages are a proper prefix of
/// its own, the longest there is. Every end can be continued once, by whoever comes first, so two people who
/// open alike stay apart, and a second continuation of the same end is a session of its own. Remembers the
/// last kRemembered ends, 48 bytes each or so, and no content. One thread; nothing throws.
namespace cachebench::ingest {

struct Turn {
  std::uint64_t session = 0;  ///< from 0, in order of first appearance
  std::uint32_t turn = 1;     ///< from 1
  bool operator==(const Turn&) const = default;
};

class SessionFinder {
 public:
  static constexpr std::size_t kRemembered = std::size_t{1} << 20;

  /// `prefixes`: the chained identity after each message, first to last. REQUIRES: not empty.
  Turn next(std::span<const Key> prefixes);
  [[nodiscard]] std::uint64_t sessions() const { return sessions_; }

 private:
  void remember(const Key& end, const Turn& turn);

  std::unordered_map<Key, std::deque<Turn>> ends_;
  std::deque<Key> order_;  // of remembering; continued ones included
  std::uint64_t sessions_ = 0;
};

}  // namespace cachebench::ingest
