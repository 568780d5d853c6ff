// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

/// Whether two result documents (of runs or of sweeps) measured the same thing: the same trace, seed,
/// profile, mode and lowering. What is being compared, such as a policy or a capacity, may differ. Pure
/// functions, thread-safe. Errors: Error{kInput} naming the file, for what is not a result document.
namespace cachebench::result {

/// Reads a result of a run or of a sweep and holds it to its schema: every key that the document must have.
[[nodiscard]] nlohmann::ordered_json read_any_result(const std::string& path);
/// The same check of a document that was read already.
void require_result(const nlohmann::ordered_json& document, const std::string& file);

/// One line for each thing that must agree and does not: "the traces differ (sha256 6ede8a…, 000000…)".
[[nodiscard]] std::vector<std::string> setup_differences(const nlohmann::ordered_json& a,
                                                         const nlohmann::ordered_json& b);

}  // namespace cachebench::result
