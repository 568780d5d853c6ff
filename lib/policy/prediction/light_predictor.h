// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "core/ids.h"
#include "core/rng.h"
#include "policy/predictor.h"
#include "policy/tracker.h"

/// The light form of SimpleMLPredictor, for eviction: it learns from a share of the ids, drawn by hash, as if
/// they were the whole workload (spatial sampling), and answers for all others from a table of the
/// probabilities it gave to sampled ids of the same class: kind, band of uses, band of size. What an entry's
/// idle time says is added by rule: a reuse is taken to be equally likely at any time of the window. An id
/// that is not sampled costs one hash an access. Owned by one policy; one thread; same bits everywhere.
namespace cachebench::policy {

class LightPredictor {
 public:
  struct Options {
    std::size_t window = 100'000;  ///< accesses of all entries within which a reuse counts
    unsigned shift = 7;            ///< one id of 2^shift is learnt from
    std::uint64_t seed = 1;
  };
  explicit LightPredictor(const Options& options);

  [[nodiscard]] bool is_sampled(EntryId id) const {
    return ((index_of(id) * salt_) >> kHashBits & mask_) == 0;
  }
  /// Every access, in order.
  void on_access(EntryId id, const AccessInfo& access, std::uint32_t uses) {
    if (is_sampled(id)) [[unlikely]]
      learn(id, access, class_of(access, uses));
  }
  /// The class of an entry after so many uses; below kClasses.
  [[nodiscard]] static std::uint32_t class_of(const AccessInfo& access, std::uint32_t uses) {
    return class_of(group_of(access.kind, access.bytes), uses);
  }
  /// The same in two steps, where the first stays the same for long.
  [[nodiscard]] static std::uint32_t group_of(ArtefactKind kind, Bytes bytes);
  [[nodiscard]] static std::uint32_t class_of(std::uint32_t group, std::uint32_t uses);
  static constexpr std::uint32_t kClasses = kArtefactKinds * 8 * 8;

  /// The probability that an entry of the class, idle for so many accesses, is used within the window.
  [[nodiscard]] double chance(std::uint32_t klass, std::uint64_t idle) const;
  /// Whether answers are better than none.
  [[nodiscard]] bool trusted() const { return trusted_; }
  [[nodiscard]] const SimpleMLPredictor& model() const { return predictor_; }
  void report_facts(std::map<std::string, double>& facts) const;

 private:
  static constexpr unsigned kHashBits = 40;  // of a product with a large odd number, the upper ones are mixed
  struct Cell {
    double mean = 0;
    double count = 0;
  };
  void learn(EntryId id, const AccessInfo& access, std::uint32_t klass);

  std::uint64_t salt_;  // odd
  std::uint64_t mask_;
  double window_;
  AccessPatternTracker tracker_;
  SimpleMLPredictor predictor_;
  std::array<Cell, kClasses> table_{};
  Cell all_;
  bool trusted_ = false;
};

}  // namespace cachebench::policy
