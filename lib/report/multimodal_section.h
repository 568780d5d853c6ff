// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/run_result.h"

/// The multimodal cache on a run's page and in its comment. Pure functions of the result, every string
/// escaped; "" where the run had none. Thread-safe; nothing throws.
namespace cachebench::report {

[[nodiscard]] std::string multimodal_section(const result::RunResult& result);
/// One line of Markdown.
[[nodiscard]] std::string multimodal_line(const result::RunResult& result);

}  // namespace cachebench::report
