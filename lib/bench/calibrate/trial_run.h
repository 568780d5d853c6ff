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

class TrialRun {
 public:
  TrialRun(const Session& session, const hardware::Profile& base, const std::string& folder);
  ~TrialRun();
  TrialRun(const TrialRun&) = delete;
  TrialRun& operator=(const TrialRun&) = delete;

  /// Predicted and measured service of the hits, tier by tier; one of them may be absent without hits.
  [[nodiscard]] std::vector<result::TierCheck> once(const TrialShape& shape = {}) const;

 private:
  std::string folder_;
};

}  // namespace cachebench::bench
