// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What this machine's cores can do at most, measured in well under a second: products of single precision
/// with the widest instructions it has, and reading of memory that no cache near a core holds. For holding
/// what a computation reached against. Nothing is kept between calls; what else runs meanwhile lowers the
/// figures, so the best of a few tries counts.
namespace cachebench::bench {

struct MachinePeak {
  double flops_per_second = 0;  ///< a multiply-add counts two
  double bytes_per_second = 0;
};

/// Of so many threads at the same time. REQUIRES: at least one.
[[nodiscard]] MachinePeak measure_machine_peak(std::uint32_t threads);

}  // namespace cachebench::bench
