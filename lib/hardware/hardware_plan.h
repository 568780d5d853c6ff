// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/units.h"
#include "hardware/profile.h"
#include "hardware/topology.h"

/// What a cache should look like on a machine: the numbers that code uses, and beside each of them, for
/// people, where it comes from. Plain values without behaviour; hardware_optimizer.h makes them.
namespace cachebench::hardware {

/// What the planner has to know of a model, as numbers.
struct ModelFigures {
  std::string name;
  Bytes vision_weights;
  Bytes text_weights;
  Bytes activations;            ///< at once, while the vision tower runs
  Bytes typical_entry;          ///< encoder output of a middling image
  std::uint64_t typical_flops;  ///< to compute it
  Bytes row;                    ///< of such a tensor
};

/// Qwen3-VL-2B in 16 bits; the typical entry is the encoder's output for a picture of 512 × 512.
[[nodiscard]] ModelFigures qwen3_vl_2b_figures();

/// What it may know of a workload.
struct TraceSummary {
  Bytes distinct;  ///< of all different entries: the working set
  Bytes mean;      ///< of an entry
};

/// Whether entries may be kept in fewer bits, within a stated error.
enum class Losses : std::uint8_t { kForbidden, kAllowed };

struct OptimizerInput {
  Topology topology;
  Profile profile;
  ModelFigures model;
  std::optional<TraceSummary> trace{};
  Losses losses = Losses::kForbidden;
};

/// One number and its reason.
struct PlanItem {
  std::string name;  ///< "l1.capacity"
  std::variant<std::uint64_t, std::string> value;
  std::string unit;    ///< "bytes", "threads", "" for words
  std::string reason;  ///< the formula with the figures in it
};

enum class FirstTier : std::uint8_t { kCuda, kEmulated };

struct HardwarePlan {
  FirstTier first_tier = FirstTier::kEmulated;
  Bytes l1;  ///< 0: no such tier
  Bytes l2;
  Bytes l3;
  bool pin_memory = true;
  std::string l1_compression = "none";
  std::string l2_compression = "none";
  std::string l3_compression = "none";
  // Transfers.
  double copy_bytes_per_second = 0;  ///< up, as far as the link lets them
  Bytes copy_chunk;                  ///< one copy between host and device
  Bytes small_copy;                  ///< below this, copies travel together
  std::uint32_t copy_batch = 1;      ///< of 64 KiB, in one submission
  std::uint32_t streams = 1;         ///< on the device
  Bytes ssd_block;                   ///< one request to the drive
  std::uint32_t ssd_depth = 1;       ///< requests in flight
  Bytes staging;                     ///< host memory that transfers take
  // Threads; the pins are numbers of the system's, none: left to the system.
  std::uint32_t compute_threads = 1;
  std::uint32_t mover_threads = 1;  ///< each way
  std::uint32_t codec_threads = 1;
  std::vector<int> compute_pins;
  std::vector<int> mover_pins;
  // Layout.
  Bytes row_alignment{256};
  Bytes disk_alignment{4096};
  std::uint32_t warp = 32;
  Bytes shared_memory{48 * 1024};     ///< of a block on the device
  std::uint32_t block_threads = 256;  ///< of a kernel that works on rows
  std::uint32_t rows_per_block = 1;
  std::vector<PlanItem> items;  ///< all of these, in this order of parts, each with its reason

  void add(std::string name, std::uint64_t value, std::string unit, std::string reason);
  void add(std::string name, std::string value, std::string reason);
};

}  // namespace cachebench::hardware
