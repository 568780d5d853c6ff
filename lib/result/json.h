// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "result/run_result.h"

/// The result document, schema "cachebench/result": RunResult to JSON and back. Key order is stable; integers
/// stay below 2^53; a ratio without a denominator is null and `null_reasons` says why. Readers accept every
/// 1.x and leave unknown keys alone. Stateless functions, thread-safe. Errors: Error{kInput} that names the
/// file and the key, for documents that are malformed and for counts too large to be exact in JSON.
namespace cachebench::result {

inline constexpr const char* kSchema = "cachebench/result";
inline constexpr const char* kSchemaVersion = "1.0";

[[nodiscard]] nlohmann::ordered_json to_json(const RunResult& result);
/// `file` is for messages.
[[nodiscard]] RunResult from_json(const nlohmann::ordered_json& document, const std::string& file);

/// The document as written to files and standard output: indented, with a final newline.
[[nodiscard]] std::string to_text(const RunResult& result);
/// Throws Error{kInput} also when the file cannot be read.
[[nodiscard]] RunResult read_result(const std::string& path);
/// Whole or not at all. Throws Error{kEnvironment} when it cannot be written.
void write_result(const std::string& path, const RunResult& result);

/// The identities every result keeps (hits + covered + misses = accesses, sums over tiers, kinds and causes,
/// peaks within budgets): one line for each that does not hold. A tool that wrote such a result has a bug.
[[nodiscard]] std::vector<std::string> broken_identities(const RunResult& result);

}  // namespace cachebench::result
