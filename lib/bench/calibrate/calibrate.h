// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/calibrate/session.h"

/// All the parts of a calibration, one after the other. Throws Error{kUsage} for a part or a base profile
/// that is not there, Error{kEnvironment} where a part cannot work; nothing is left on the disk either way,
/// but a process that is killed while the SSD tier's records are measured leaves their folder, calibrate-PID.
namespace cachebench::bench {

/// Names of the parts, in the order in which they run.
[[nodiscard]] std::vector<std::string> calibration_parts();

/// Throws Error{kUsage} naming the nearest.
void check_parts(const std::vector<std::string>& names);

/// Runs the parts that `session` was asked for. Throws Error{kUsage} naming each row that was asked for and
/// that none of them measured, unless the time was over.
void calibrate(Session& session);

}  // namespace cachebench::bench
