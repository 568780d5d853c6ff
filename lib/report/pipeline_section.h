// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/run_result.h"

/// The inference pipeline in reports: rates, what caches saved, stages. Pure functions of the result that
/// yield well-formed HTML or Markdown, empty where no pipeline ran.
namespace cachebench::report {

[[nodiscard]] std::string pipeline_section(const result::RunResult& result);
/// Lines of Markdown.
[[nodiscard]] std::string pipeline_lines(const result::RunResult& result);

}  // namespace cachebench::report
