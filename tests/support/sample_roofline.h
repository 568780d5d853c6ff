// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "result/roofline.h"

/// A roofline with figures that are easy to check by hand.
namespace cachebench::test {

/// Four seconds of work, three of them computing on two cores: two seconds at best.
inline result::Roofline sample_roofline() {
  return {.elapsed_ns = 2'500'000'000,
          .stages = {{.name = "load",
                      .resource = "ssd read",
                      .basis = "measured",
                      .busy_ns = 1'000'000'000,
                      .cpu_ns = 100'000'000},
                     {.name = "compute",
                      .resource = "cpu cores",
                      .basis = "measured",
                      .busy_ns = 3'000'000'000,
                      .cpu_ns = 3'000'000'000}},
          .resources = {{.name = "cpu cores", .basis = "measured", .units = 2, .busy_ns = 4'000'000'000},
                        {.name = "link up", .basis = "emulated", .units = 1, .busy_ns = 500'000'000},
                        {.name = "ssd read", .basis = "modelled", .units = 1, .busy_ns = 9'000'000'000}},
          .compute = result::RooflineCompute{.basis = "measured",
                                             .flops = 6'000'000'000,
                                             .bytes = 3'000'000'000,
                                             .busy_ns = 3'000'000'000,
                                             .peak_flops_per_second = 1e10,
                                             .peak_bytes_per_second = 1.5e10}};
}

}  // namespace cachebench::test
