// SPDX-License-Identifier: Apache-2.0
#include "hardware/hardware_plan.h"

#include <utility>

namespace cachebench::hardware {

// docs/geometry.md derives the counts; tests hold them against the published file's size. Activations: 8160
// patches (1920 × 1080) of the widest layer and the residual, 8192 floats.
ModelFigures qwen3_vl_2b_figures() {
  return {.name = "2b",
          .vision_weights = Bytes{2ULL * 406'957'056},
          .text_weights = Bytes{2ULL * 1'720'574'976},
          .activations = Bytes{8160ULL * 8192 * 4},
          .typical_entry = Bytes{256ULL * 8192 * 2},
          .typical_flops = 776'315'338'752,
          .row = Bytes{8192ULL * 2}};
}

void HardwarePlan::add(std::string name, std::uint64_t value, std::string unit, std::string reason) {
  items.push_back(
      {.name = std::move(name), .value = value, .unit = std::move(unit), .reason = std::move(reason)});
}

void HardwarePlan::add(std::string name, std::string value, std::string reason) {
  items.push_back(
      {.name = std::move(name), .value = std::move(value), .unit = {}, .reason = std::move(reason)});
}

}  // namespace cachebench::hardware
