// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "result/compare.h"

/// A comparison for people: the table of the terminal, and an HTML page with the largest differences drawn.
/// Pure functions of the comparison, every string of it escaped; thread-safe; nothing throws.
namespace cachebench::report {

/// The rows that differ, the largest difference first, `most` of them at most.
[[nodiscard]] std::string compare_table(const result::Comparison& comparison, std::size_t most);
[[nodiscard]] std::string compare_page(const result::Comparison& comparison);

}  // namespace cachebench::report
