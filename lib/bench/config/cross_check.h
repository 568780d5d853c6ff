// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/config/origin.h"
#include "bench/config/run_config.h"

/// What a schema cannot say: names held against the registries, parameters against their ranges, and keys
/// against each other. Reads only; thread-safe.
namespace cachebench::bench {

/// Throws Error{kUsage} for the first thing that makes no sense, naming key, value and the nearest known
/// name.
void cross_check(const RunConfig& config, const Origin& origin);

/// Fills in the parameters of every policy that the config leaves out, so that a resolved config says all.
/// REQUIRES: cross-checked.
void complete_parameters(RunConfig& config);

}  // namespace cachebench::bench
