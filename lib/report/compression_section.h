// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/run_result.h"

/// Compression and the cost of hashing on a run's page and in its comment. Pure functions of the result,
/// every string escaped; "" where the run had neither. Thread-safe; nothing throws.
namespace cachebench::report {

[[nodiscard]] std::string compression_section(const result::RunResult& result);
/// A table and a line of Markdown.
[[nodiscard]] std::string compression_markdown(const result::RunResult& result);

}  // namespace cachebench::report
