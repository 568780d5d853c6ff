// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "result/json_reader.h"
#include "result/run_result.h"

/// The parts that the documents of a run and of a sweep have in common. Stateless, thread-safe; errors as in
/// json.h.
namespace cachebench::result {

[[nodiscard]] nlohmann::ordered_json totals_to_json(const Totals& totals);
[[nodiscard]] Totals totals_from_json(const JsonReader& reader);

[[nodiscard]] nlohmann::ordered_json kind_to_json(const KindResult& kind);
[[nodiscard]] KindResult kind_from_json(const JsonReader& reader);

[[nodiscard]] Status status_from_json(const JsonReader& reader);

/// Null when absent.
[[nodiscard]] nlohmann::ordered_json number_or_null(std::optional<double> value);
/// Nothing where there is no whole.
[[nodiscard]] std::optional<double> quotient(double part, double whole);
/// Nothing where no time passed.
[[nodiscard]] std::optional<double> per_second(std::uint64_t count, std::int64_t ns);

/// Throws Error{kInput} naming the path of any integer in `document` that is not exact below 2^53.
void require_exact_integers(const nlohmann::ordered_json& document);

/// `text` must be that of a JSON object; `key` is for the message (Error{kInput}).
[[nodiscard]] nlohmann::ordered_json parse_opaque(std::string_view text, const std::string& key);

}  // namespace cachebench::result
