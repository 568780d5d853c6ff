// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/calibrate/session.h"
#include "hardware/profile.h"
#include "result/tier_check.h"

/// A short run of a made-up chat through three tiers, with the figures that a session has so far: what hits
/// take while a cache moves entries about, which no part measures alone. The trace is this class's own and is
/// made from a fixed seed. Owns a folder below the given one, removed with it. Thread-compatible. Throws
/// Error{kEnvironment} as a run does.
namespace cachebench::bench {

struct TrialShape {
  std::string migration = "demote-on-evict";
  bool multimodal = false;
  std::uint64_t requests = 500;
};

struct TrialTimes {
  std::vector<result::TierCheck> tiers;  ///< predicted and measured service; one without hits is absent
  std::uint64_t firsts = 0;              ///< hits of the first tier looked up first of their request
  Nanoseconds first_lookup{0};           ///< median of what they took
};

class TrialRun {
 public:
  TrialRun(const Session& session, const hardware::Profile& base, const std::string& folder);
  ~TrialRun();
  TrialRun(const TrialRun&) = delete;
  TrialRun& operator=(const TrialRun&) = delete;

  [[nodiscard]] TrialTimes once(const TrialShape& shape = {}) const;
  /// The figures that the model of the runs has.
  [[nodiscard]] const hardware::Profile& profile() const { return profile_; }

 private:
  std::string folder_;
  hardware::Profile profile_;
};

}  // namespace cachebench::bench
