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
  /// The same of a read while the tier takes in another record and lets one go, as a hit does that comes up
  /// and sends others down.
  [[nodiscard]] Nanoseconds once_in_exchange(Bytes size);
  static constexpr Bytes kLargest{512 * kKiB.value};

 private:
  [[nodiscard]] tier::Block allocated(Bytes size);
  [[nodiscard]] tier::Ticket write(const tier::Block& block);
  [[nodiscard]] tier::Block written(Bytes size, Nanoseconds& service);
  void prepare(Bytes size);

  const RecordDirection direction_;
  std::unique_ptr<tier::Plane> plane_;
  tier::PageBuffer buffer_;           // what is written
  tier::PageBuffer scratch_;          // what is read
  std::vector<tier::Block> records_;  // all of one size
  std::size_t next_ = 0;
};

}  // namespace cachebench::bench
