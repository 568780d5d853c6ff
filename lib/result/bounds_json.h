// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "result/bounds.h"
#include "result/json_reader.h"
#include "result/run_result.h"

/// Bounds, prefetch outcomes and the free-form facts of policies as parts of a document, and back. The ratios
/// that bounds.h derives are written too. Stateless, thread-safe; errors as in json.h.
namespace cachebench::result {

/// `totals`: of the run or sweep point that the bounds stand beside.
[[nodiscard]] nlohmann::ordered_json bounds_to_json(const Bounds& bounds, const Totals& totals);
[[nodiscard]] Bounds bounds_from_json(const JsonReader& reader);

[[nodiscard]] nlohmann::ordered_json prefetch_to_json(const Prefetch& prefetch);
[[nodiscard]] Prefetch prefetch_from_json(const JsonReader& reader);

/// A fact that is not finite is written as null, and left out when read.
[[nodiscard]] nlohmann::ordered_json facts_to_json(const std::map<std::string, double>& facts);
/// Empty where `key` is absent.
[[nodiscard]] std::map<std::string, double> facts_from_json(const JsonReader& reader, std::string_view key);

}  // namespace cachebench::result
