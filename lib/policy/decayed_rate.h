// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/det_math.h"
#include "core/ids.h"

/// How often entries are used, recent uses weighted more: a count that halves every `half_life` accesses of
/// all entries, as uses an access. 16 bytes an id, O(1) an operation. Owned by one policy, one thread; the
/// same on every machine. No errors.
namespace cachebench::policy {

class DecayedRate {
 public:
  /// REQUIRES: half_life > 0, in accesses.
  explicit DecayedRate(double half_life) : decay_(kLn2 / half_life) {}

  /// Entry `id` is used at access number `sequence`.
  void add(EntryId id, std::uint64_t sequence) {
    if (index_of(id) >= counts_.size()) [[unlikely]]
      counts_.resize(std::max<std::size_t>(index_of(id) + std::size_t{1}, 2 * counts_.size()));
    Count& count = counts_[index_of(id)];
    count.value = count.value * faded(sequence - count.at) + 1;
    count.at = sequence;
  }
  /// Expected uses an access, as of access number `sequence`; 0 for an id never used.
  [[nodiscard]] double rate(EntryId id, std::uint64_t sequence) const {
    if (index_of(id) >= counts_.size()) return 0;
    const Count& count = counts_[index_of(id)];
    return count.value * faded(sequence - count.at) * decay_;
  }

 private:
  static constexpr double kLn2 = 0.693147180559945309;
  struct Count {
    double value = 0;
    std::uint64_t at = 0;
  };
  [[nodiscard]] double faded(std::uint64_t gap) const {
    return gap == 0 ? 1.0 : det::exp(-decay_ * static_cast<double>(gap));
  }

  double decay_;
  std::vector<Count> counts_;
};

}  // namespace cachebench::policy
