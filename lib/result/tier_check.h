// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// What a hit in one tier took by the model and by the clock, over the whole of a real run: totals and
/// medians of the same accesses. Service alone: queues and the hand-over between threads are in the
/// latencies. A value.
namespace cachebench::result {

struct TierCheck {
  std::string tier{};
  std::uint64_t count = 0;
  std::int64_t predicted_ns = 0;  ///< total, modelled
  std::int64_t measured_ns = 0;   ///< total, by the clock
  std::int64_t predicted_p50_ns = 0;
  std::int64_t measured_p50_ns = 0;
  /// Why the tier is in no sum: its hits pass a link that this host cannot emulate. "" where they do not.
  std::string left_out{};
  /// measured / predicted - 1.
  [[nodiscard]] std::optional<double> total_error() const;
  [[nodiscard]] std::optional<double> p50_error() const;
  bool operator==(const TierCheck&) const = default;
};

}  // namespace cachebench::result
