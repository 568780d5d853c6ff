// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bench/calibrate/session.h"
#include "bench/run/lookup_class.h"
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
  bool verify = false;
  std::uint64_t requests = 500;
  std::optional<RunConfig> policies{};  ///< in the place of these
};

struct TrialTimes {
  struct Lookups {
    std::uint64_t count = 0;
    double median = 0;  ///< ns
    double mean = 0;
    double quartile = 1;  ///< how far the quartiles lie from the median: the root of one over the other
  };
  std::vector<result::TierCheck> tiers;  ///< predicted and measured service; one without hits is absent
  std::array<Lookups, kLookupClasses> lookups{};
  Lookups first_reads{};  ///< hits that were first of their request to read the drive
};

class TrialRun {
 public:
  TrialRun(const Session& session, const hardware::Profile& base, const std::string& folder);
  ~TrialRun();
  TrialRun(const TrialRun&) = delete;
  TrialRun& operator=(const TrialRun&) = delete;

  [[nodiscard]] TrialTimes once(const TrialShape& shape = {}) const;
  /// The figures that the model of the runs has: no extras, whatever the base knows of.
  [[nodiscard]] const hardware::Profile& profile() const { return profile_; }

 private:
  std::string folder_;
  hardware::Profile profile_;
};

}  // namespace cachebench::bench
