// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "result/run_result.h"

/// What forbids conclusions from a result: a tier that holds everything, a tier that nothing passed through,
/// times that no clock measured. One line each, with its figures. Pure functions; never throw.
namespace cachebench::result {

/// For a tier, or a sweep's one tier, that the whole working set fits into; nothing when it does not.
[[nodiscard]] std::optional<std::string> fits_caution(const std::string& tier, std::uint64_t capacity_bytes,
                                                      std::uint64_t working_set_bytes);

/// All that hold of a run, the gravest first. Nothing of a run without accesses.
[[nodiscard]] std::vector<std::string> cautions(const RunResult& result);

}  // namespace cachebench::result
