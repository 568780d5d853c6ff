// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hardware/topology.h"

/// Whether a machine is the one the default profile describes: a pure function of a Topology.
namespace cachebench::hardware {

inline constexpr char kTargetName[] = "i5-10210u+sm61+nvme";

/// One part's verdict, with what it rests on in words.
struct PartVerdict {
  bool matches = false;
  std::string found;   ///< a few words: "GeForce MX250, 6.1", "no NVIDIA card"
  std::string reason;  ///< a sentence
};

struct Target {
  PartVerdict cpu;      ///< the model is i5-10210U
  PartVerdict gpu;      ///< an NVIDIA card of compute capability 6.1
  PartVerdict storage;  ///< an NVMe drive
  [[nodiscard]] bool all() const { return cpu.matches && gpu.matches && storage.matches; }
};

[[nodiscard]] Target recognise_target(const Topology& topology);

}  // namespace cachebench::hardware
