// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/run/replay.h"
#include "cache/movers.h"

namespace cachebench::bench {

/// Replays a workload on real planes by the machine's clock: `in_flight` workers in closed loop; in open loop
/// requests start at their recorded times, paced by absolute deadlines, and their latency counts from the
/// planned start. What misses is not computed but synthesised from its key, so the time of computing stays
/// modelled; everything else is moved for real. With `verify` every byte served is compared with what was
/// stored. Throws Error{kEnvironment} when a plane fails for another reason than a checksum.
[[nodiscard]] ReplayOutcome replay_real(const ReplayInputs& inputs, cache::Movers& movers);

}  // namespace cachebench::bench
