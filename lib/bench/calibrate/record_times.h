// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/units.h"
#include "tier/plane.h"
#include "tier/ssd/page.h"

/// What single records take through the SSD tier's own plane: header, checksum and hand-over to its thread
/// included, as a cache sees it. Owns a store in a folder of its own below the given one, removed with it.
/// Thread-compatible. Throws Error{kEnvironment} as the plane does.
namespace cachebench::bench {

enum class RecordDirection : std::uint8_t { kRead, kWrite };

class RecordTimes {
 public:
  RecordTimes(const std::string& folder, RecordDirection direction);
  ~RecordTimes();
  RecordTimes(const RecordTimes&) = delete;
  RecordTimes& operator=(const RecordTimes&) = delete;

  /// Service of one record of that size, others of it having been used before. At most kLargest.
  [[nodiscard]] Nanoseconds once(Bytes size);
  static constexpr Bytes kLargest{512 * kKiB.value};

 private:
  [[nodiscard]] tier::Block written(Bytes size, Nanoseconds& service);
  void prepare(Bytes size);

  const RecordDirection direction_;
  std::unique_ptr<tier::Plane> plane_;
  tier::PageBuffer buffer_;
  std::vector<tier::Block> records_;  // all of one size
  std::size_t next_ = 0;
};

}  // namespace cachebench::bench
