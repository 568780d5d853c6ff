// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "result/pipeline.h"

/// What forbids a pipeline to be faster, in reports: the bound on overlapping and what was reached of it,
/// what each stage and each resource was busy for, and the computing against the machine's peaks. Pure
/// functions of the result that yield well-formed HTML, Markdown or plain text, empty where there is no
/// roofline.
namespace cachebench::report {

/// A card of the pipeline's section.
[[nodiscard]] std::string roofline_card(const result::Pipeline& pipeline);
/// Lines of Markdown.
[[nodiscard]] std::string roofline_lines(const result::Pipeline& pipeline);
/// Lines for a terminal.
[[nodiscard]] std::string roofline_summary(const result::Pipeline& pipeline);

}  // namespace cachebench::report
