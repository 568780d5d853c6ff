// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "hardware/profile.h"

/// The policies of a run: what of its config decides how long the cache thinks, whatever the workload and the
/// sizes are. By them a profile knows what a run's look-ups and reads take beyond those with the usual ones.
/// Pure functions.
namespace cachebench::bench {

/// The migration, each tier's eviction, admission and compression, the multimodal cache's switches, and
/// whether bytes are verified, which leaves less of the cache's books in the processor's own, take the place
/// of the base's. A tier that only one of them has stays, or is left out.
[[nodiscard]] RunConfig with_policies(RunConfig base, const RunConfig& policies);

/// The variants of the multimodal cache and of verified bytes, and what names of policies as a whole begin
/// with.
inline constexpr char kMultimodalVariant[] = "multimodal";
inline constexpr char kVerifyVariant[] = "verify";
inline constexpr char kPoliciesVariant[] = "policies.";

/// "policies.3fa94c21": the same for configs with the same policies.
[[nodiscard]] std::string policies_name(const RunConfig& config);

/// What such a run's figures vary by in a profile: its policies as a whole, where that was calibrated, else
/// each that a profile knows apart, which are the first tier's eviction, the migration, the multimodal cache
/// and the verifying.
[[nodiscard]] std::vector<std::string> variants_of(const RunConfig& config, const hardware::Profile& profile);

/// Those that decisions may know of, as if nothing were verified: what is checked must not change what is
/// done.
[[nodiscard]] std::vector<std::string> deciding_variants_of(RunConfig config,
                                                            const hardware::Profile& profile);

}  // namespace cachebench::bench
