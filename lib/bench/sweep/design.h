// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/sweep/sweep_config.h"
#include "result/sweep_result.h"

/// The points of a sweep by number: the same on every machine for a config, so that processes share work by
/// numbers alone. Immutable once made; thread-safe. Errors: none, the config is checked.
namespace cachebench::bench {

/// One experiment of a sweep.
struct WorkItem {
  std::uint64_t point = 0;  ///< number in the design
  std::uint32_t slice = 0;  ///< 0: the whole trace, else which part
  std::uint32_t rung = 0;   ///< 0: no halving, else which round
  bool operator==(const WorkItem&) const = default;
};

/// What an item sets, and what tables call it.
struct PointSetting {
  std::vector<std::string> assignments;
  std::map<std::string, std::string> axes;  ///< name -> label, slice and rung included
  std::string name;                         ///< the labels, short
};

class Design {
 public:
  /// REQUIRES: `config` outlives it.
  explicit Design(const SweepConfig& config);
  /// Points of the whole design; saturates.
  [[nodiscard]] std::uint64_t points() const { return points_; }
  /// Points that are run: `limit` applied.
  [[nodiscard]] std::uint64_t points_run() const;
  /// Of the first round, in order: each point's whole trace, then its slices.
  [[nodiscard]] std::vector<WorkItem> items() const;
  [[nodiscard]] PointSetting setting(const WorkItem& item) const;
  /// The axes as they stand in the document, slices and rungs included.
  [[nodiscard]] std::vector<result::SweepAxis> axes() const;

 private:
  [[nodiscard]] std::vector<std::size_t> choice(std::uint64_t point) const;
  void draw();

  const SweepConfig& config_;
  std::uint64_t points_ = 0;
  std::vector<std::uint64_t> drawn_;  ///< numbers in the grid; random designs
};

/// Balanced and the same everywhere: item `i` belongs to shard i % count.
struct Shard {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
};
/// "0/4" to "3/4". Throws Error{kUsage}.
[[nodiscard]] Shard parse_shard(const std::string& text);

}  // namespace cachebench::bench
