// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ids.h"
#include "core/units.h"
#include "policy/offline/request_choice.h"

/// A workload as the tiered bound sees it: every reference with the step of the one before it, what a hit in
/// each tier saves, and what a hit makes unnecessary. A step is what can be served from what was kept before
/// it: a request, or a single plain access. Depends on trace, lowering, profile and media, not on capacities
/// or policies, so one table serves many bounds. 28 bytes a reference, 8 a request. Built by one thread, then
/// read by any number. Savings are rounded up and sizes down, so that no bound made of them is too low.
namespace cachebench::policy {

/// No reference before.
inline constexpr std::uint32_t kNoStep = 0xFFFFFFFFU;

struct ReuseReference {
  float value = 0;                       ///< saved when something else makes it unnecessary
  std::array<float, kMaxTiers> saved{};  ///< by a hit in each tier
  float bytes = 0;                       ///< kept since the reference before
  std::uint32_t since = kNoStep;         ///< step of that one
  std::uint32_t needs = kNeverCovered;   ///< see Choice; the uppermost two bits hold `covers`
};

/// One reference as it is added.
struct ReuseFacts {
  Nanoseconds recompute{0};
  std::array<Nanoseconds, kMaxTiers> fetch{};  ///< from each tier there is
  Bytes bytes;                                 ///< that had to be kept since
  std::uint32_t since = kNoStep;
  std::uint32_t needs = kNeverCovered;
  Covers covers = Covers::kNothing;
};

class ReuseTable {
 public:
  explicit ReuseTable(std::size_t tiers) : tiers_(tiers) {}

  /// The step that is added next, from 0.
  [[nodiscard]] std::uint32_t step() const { return step_; }
  /// A request as one step; its first `chain` references are the blocks. REQUIRES: no add_access.
  void add_request(std::span<const ReuseFacts> references, std::size_t chain);
  /// A plain access as one step. REQUIRES: no add_request.
  void add_access(const ReuseFacts& reference);
  /// A step nobody counts (warm-up): time passes, and what it asked for may be kept. REQUIRES: nothing added.
  void skip_step();

  [[nodiscard]] std::size_t tiers() const { return tiers_; }
  [[nodiscard]] const std::vector<ReuseReference>& references() const { return references_; }
  [[nodiscard]] std::size_t requests() const { return begins_.size(); }
  /// Plain accesses: reference i is of step first_step() + i, and there are no requests.
  [[nodiscard]] std::uint32_t first_step() const { return first_step_; }
  struct RequestView {
    std::span<const ReuseReference> references;
    std::size_t chain;
    std::uint32_t step;
  };
  [[nodiscard]] RequestView request(std::size_t i) const;

  /// What a tier that holds everything saves.
  [[nodiscard]] std::int64_t infinite_saved_ns() const { return infinite_saved_ns_; }
  /// References to what was never asked for before.
  [[nodiscard]] std::uint64_t first_references() const { return first_references_; }

 private:
  [[nodiscard]] ReuseReference pack(const ReuseFacts& facts);
  [[nodiscard]] double best_saved(const ReuseFacts& facts) const;

  std::size_t tiers_;
  std::uint32_t step_ = 0;
  std::uint32_t first_step_ = 0;
  std::vector<ReuseReference> references_;
  std::vector<std::uint32_t> begins_;  // of requests, in references_
  std::vector<std::uint32_t> chains_;
  RequestChoice choice_;
  std::int64_t infinite_saved_ns_ = 0;
  std::uint64_t first_references_ = 0;
};

[[nodiscard]] inline Covers covers_of(const ReuseReference& reference) {
  return static_cast<Covers>(reference.needs >> 30U);
}
[[nodiscard]] inline std::uint32_t needs_of(const ReuseReference& reference) {
  return reference.needs & kNeverCovered;
}

}  // namespace cachebench::policy
