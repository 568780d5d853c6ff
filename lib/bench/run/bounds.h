// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/config/run_config.h"
#include "cache/decision_engine.h"
#include "cache/key_index.h"
#include "hardware/cost.h"
#include "model/artefact.h"
#include "policy/offline/reuse_table.h"
#include "result/bounds.h"

/// What no policy can pass in a run: the compulsory misses, what an infinite cache saves, and the tiered
/// bound of lib/policy/offline. Reads the workload once more, front to back. One thread. Errors: those of
/// Workload; Error{kUsage} for bounds that were asked for and cannot be had.
namespace cachebench::bench {

class LoadedWorkload;

enum class BoundsChoice : std::uint8_t {
  kAuto,  ///< where they can be had at moderate cost
  kOn,
  kOff,
};
/// Throws Error{kUsage} for anything but auto, on, off.
[[nodiscard]] BoundsChoice parse_bounds(std::string_view text);

/// More accesses than this are not bounded unless it is asked for: memory is 28 bytes an access.
inline constexpr std::uint64_t kMostAccessesAuto = 5'000'000;

/// Whether a run of so many accesses is to have bounds. Throws Error{kUsage} when they are asked for and the
/// run is one that no bound is valid for.
[[nodiscard]] bool wants_bounds(const RunConfig& config, BoundsChoice choice, std::uint64_t accesses);
/// Why no bound is valid for such a run; "" when one is. Bounds are of exact service: every hit is the
/// content asked for, and an entry takes its own bytes in every tier.
[[nodiscard]] std::string_view why_no_bounds(const RunConfig& config);

/// Turns plans into the table of reuse that bounds are made of.
class ReuseBuilder {
 public:
  /// `costs` outlives it.
  ReuseBuilder(std::vector<hardware::Medium> media, const hardware::CostModel& costs);
  /// Before all others: a plan of the warm-up.
  void skip(const model::Plan& plan);
  void add(const model::Plan& plan);
  [[nodiscard]] const policy::ReuseTable& table() const { return table_; }
  /// The size that all artefacts have; 0 when they differ.
  [[nodiscard]] Bytes uniform_bytes() const { return is_uniform_ ? size_ : Bytes{}; }

 private:
  struct Seen {
    std::uint32_t step = policy::kNoStep;
    Bytes bytes;
    Nanoseconds recompute{0};
  };

  [[nodiscard]] policy::ReuseFacts facts_of(const model::Artefact& artefact);
  void set_coverage(const model::Plan& plan);

  const hardware::CostModel& costs_;
  std::vector<hardware::Medium> media_;
  policy::ReuseTable table_;
  cache::KeyIndex index_;
  std::vector<Seen> seen_;
  std::vector<policy::ReuseFacts> request_;
  Bytes size_;
  bool is_uniform_ = true;
};

/// The part of a workload that a run replayed.
struct ReplayedPart {
  std::uint64_t warmup_requests = 0;
  std::uint64_t requests = 0;              ///< measured
  const LoadedWorkload* loaded = nullptr;  ///< the workload, where it was loaded before
};
[[nodiscard]] ReuseBuilder read_reuse(const RunConfig& config, const std::vector<hardware::Medium>& media,
                                      const hardware::CostModel& costs, const ReplayedPart& part);

/// Bounds for tiers of these capacities; `reuse` was read for their media.
[[nodiscard]] result::Bounds bounds_of(const ReuseBuilder& reuse,
                                       const std::vector<cache::TierOptions>& tiers,
                                       const NamedParameters& prefetch);

}  // namespace cachebench::bench
