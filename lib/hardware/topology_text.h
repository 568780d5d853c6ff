// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hardware/target.h"
#include "hardware/topology.h"

/// A topology for people: one short table, unknown facts said as unknown. Pure.
namespace cachebench::hardware {

enum class TopologyDetail : std::uint8_t {
  kShort,    ///< the table, and the verdict on each part in a few words
  kExplain,  ///< and why, and where facts come from
};

[[nodiscard]] std::string topology_text(const Topology& topology, const Target& target,
                                        TopologyDetail detail);

}  // namespace cachebench::hardware
