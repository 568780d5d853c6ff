// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hardware/topology.h"

/// What about a machine will make a run fail, slow or blind, a line each: what is wrong, what still works,
/// what to do. A pure function of a Topology; no line means that nothing was found.
namespace cachebench::hardware {

struct MachineNote {
  std::string about;   ///< "pci", "locked-memory", "cache-directory", "memory", "gpu", "io_uring"
  std::string what;    ///< is wrong
  std::string works;   ///< still, and how
  std::string remedy;  ///< what to do
  /// All of it, one line.
  [[nodiscard]] std::string text() const { return what + ": " + works + "; " + remedy; }
};

[[nodiscard]] std::vector<MachineNote> machine_notes(const Topology& topology);

}  // namespace cachebench::hardware
