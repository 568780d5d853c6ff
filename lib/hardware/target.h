// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hardware/topology.h"

/// Whether a machine is the one the default profile describes, and what follows from it: pure functions of a
/// Topology.
namespace cachebench::hardware {

inline constexpr char kTargetName[] = "i5-10210u+sm61+nvme";

/// One part's verdict, with what it rests on in words.
struct PartVerdict {
  bool matches = false;
  std::string found;     ///< a few words: "GeForce MX250, 6.1", "no NVIDIA card"
  std::string reason;    ///< a sentence
  bool is_near = false;  ///< not the target's, but what is built for that one fits this one too
};

struct Target {
  PartVerdict cpu;      ///< the model is i5-10210U
  PartVerdict gpu;      ///< an NVIDIA card of compute capability 6.1
  PartVerdict storage;  ///< an NVMe drive
  [[nodiscard]] bool all() const { return cpu.matches && gpu.matches && storage.matches; }
};

[[nodiscard]] Target recognise_target(const Topology& topology);

/// What the verdict means for a run on this machine, a sentence each: which figures hold, which code runs.
[[nodiscard]] std::vector<std::string> what_follows(const Topology& topology, const Target& target);

/// 61 for "6.1"; nothing where it is not known.
[[nodiscard]] std::optional<int> capability_of(const Gpu& gpu);

/// The machine when no driver answers for its cards: none of them can be used.
[[nodiscard]] Topology without_driver(Topology topology);

/// The card a run would use: of NVIDIA's the one with most memory, the first of them by bus id; null without.
[[nodiscard]] const Gpu* chosen_gpu(const Topology& topology);

}  // namespace cachebench::hardware
