// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/units.h"
#include "tier/ssd/io_engine.h"

/// What the SSD plane is asked to be. Plain values.
namespace cachebench::tier {

struct SsdOptions {
  std::string directory{};        ///< "": a fresh temporary one, removed afterwards
  Bytes capacity{};               ///< nominal bytes; a quarter more can be allocated, so that moves find room
  std::string codec = "none";     ///< registry name; each record is stored encoded where that is smaller
  int codec_level = 0;            ///< 0: the codec's default
  std::string io = "auto";        ///< "auto", "io_uring" (else an error) or "threads"
  unsigned queue_depth = 32;      ///< operations under way
  Bytes block{512 * kKiB.value};  ///< the largest of them, whole pages
  bool cold = false;              ///< start empty
  bool keep = true;               ///< leave the files for the next process; else remove all that was created
  /// For tests: put between the plane and its engine.
  std::function<std::unique_ptr<IoEngine>(std::unique_ptr<IoEngine>)> wrap_engine = {};
};

/// Throws Error{kUsage} for an unknown engine name, a queue depth of 0 or above 4096, or blocks that are no
/// whole pages.
const SsdOptions& checked(const SsdOptions& options);

}  // namespace cachebench::tier
