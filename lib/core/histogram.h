// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace cachebench {

/// Latency histogram in the manner of HdrHistogram (Tene): log-linear buckets, 128 per octave, so a reported
/// value is at most 1/128 (0.8%) above the recorded one. Covers 0 to 2^63-1 ns in about 58 KiB at most, grown
/// on demand. Merging is exact. Thread-compatible: one per thread, merged at the end.
class Histogram {
 public:
  void record(std::int64_t value) { record(value, 1); }
  /// Negative values count as 0.
  void record(std::int64_t value, std::uint64_t count);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The smallest recorded-bucket value with at least `quantile` (0 to 1) of the records at or below it;
  /// exact maximum at 1; 0 when empty.
  [[nodiscard]] std::int64_t quantile(double quantile) const;
  [[nodiscard]] std::int64_t max() const { return max_; }
  [[nodiscard]] std::int64_t min() const { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] double mean() const;
  /// (largest value of the bucket, count) of every non-empty bucket, ascending.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::uint64_t>> buckets() const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  std::int64_t min_ = INT64_MAX;
  double sum_ = 0;
};

}  // namespace cachebench
