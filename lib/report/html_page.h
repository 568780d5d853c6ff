// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "result/run_result.h"

/// The parts of the HTML report, in their order on the page. Each is a pure function of the result (and of
/// its document, where config and manifest are shown as they are) and yields well-formed HTML with every
/// string of the result escaped. A part without anything to show says so in a sentence. Thread-safe; nothing
/// throws.
namespace cachebench::report {

/// What ran, on what, valid or not, the main figures, the findings, the command to repeat it.
[[nodiscard]] std::string first_screen(const result::RunResult& result,
                                       const nlohmann::ordered_json& document);

[[nodiscard]] std::string tiers_section(const result::RunResult& result);
[[nodiscard]] std::string kinds_section(const result::RunResult& result);
[[nodiscard]] std::string misses_section(const result::RunResult& result);
[[nodiscard]] std::string latency_section(const result::RunResult& result);
[[nodiscard]] std::string series_section(const result::RunResult& result);
[[nodiscard]] std::string model_section(const result::RunResult& result);
/// Configuration and manifest, key by key.
[[nodiscard]] std::string settings_section(const nlohmann::ordered_json& document);

}  // namespace cachebench::report
