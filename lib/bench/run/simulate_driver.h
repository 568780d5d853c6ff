// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/run/replay.h"
#include "bench/run/virtual_machine.h"

namespace cachebench::bench {

/// Replays a workload in virtual time: discrete events over links, drives, host and device, each serving one
/// transfer or computation at a time, in order of asking. Closed loop keeps `in_flight` requests under way;
/// open loop starts them at their recorded times. Deterministic to the last digit. `machine` is the one that
/// the manager's ModelledTransfers occupy.
[[nodiscard]] ReplayOutcome replay_simulated(const ReplayInputs& inputs, VirtualMachine& machine);

}  // namespace cachebench::bench
