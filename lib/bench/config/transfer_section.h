// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/units.h"

/// How the bytes of a real run travel between the tiers: `cache.transfer`. Plain values with their defaults,
/// as in run_config.h; nothing of it decides which entries move, and a simulation does not look at it.
namespace cachebench::bench {

class SectionReader;

struct TransferSection {
  Bytes chunk{8 * kMiB.value};   ///< the largest single copy between host and device
  Bytes small{64 * kKiB.value};  ///< up to here copies that wait travel together
  std::uint32_t batch = 64;      ///< so many of those in one submission
  std::uint32_t streams = 2;     ///< on the device: 1 for all; 2: up, down; 3: what is decoded there apart
  Bytes alignment{256};          ///< of an entry in device memory
  Bytes ssd_block{512 * kKiB.value};  ///< one request to the drive
  std::uint32_t ssd_depth = 32;       ///< requests to the drive under way
  Bytes staging{256 * kMiB.value};    ///< host memory kept for bytes on their way
  std::uint32_t threads = 4;          ///< each way
  std::string processors;             ///< where these threads run, "0-2,5"; "": left to the system
  bool gpu_direct = false;            ///< from the drive to a GPU past host memory, where cuFile is there
  bool operator==(const TransferSection&) const = default;
};

void read_transfer(const SectionReader& section, TransferSection& transfer);
[[nodiscard]] nlohmann::ordered_json to_json(const TransferSection& transfer);

}  // namespace cachebench::bench
