// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The script and style of the HTML report, as scripts/cmake/web.cmake bundles them from lib/report/web at
/// build time. Static storage; thread-safe; never fails. Neither text can close the element it stands in.
namespace cachebench::report {

[[nodiscard]] std::string_view report_script();
[[nodiscard]] std::string_view report_style();

}  // namespace cachebench::report
