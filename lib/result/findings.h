// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "result/run_result.h"

/// What a run means, in at most three sentences with numbers, the most pressing first. A pure function of the
/// result; every sentence says whether its times are measured or modelled. Never throws.
namespace cachebench::result {

[[nodiscard]] std::vector<std::string> findings(const RunResult& result);

/// For people: "62.3%"; "–" when absent.
[[nodiscard]] std::string format_share(std::optional<double> ratio);
/// For people: "1,234,567".
[[nodiscard]] std::string format_count(std::uint64_t count);
/// For people: core's format_duration for any sign.
[[nodiscard]] std::string format_ns(std::int64_t ns);

}  // namespace cachebench::result
