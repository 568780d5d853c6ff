// SPDX-License-Identifier: Apache-2.0
#include "result/totals_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

void require_exact(const Json& node, const std::string& path) {
  if (node.is_structured()) {
    for (const auto& [key, value] : node.items()) require_exact(value, path + "/" + key);
    return;
  }
  const bool too_large = (node.is_number_unsigned() && node.get<std::uint64_t>() > kMaxExactInteger) ||
                         (node.is_number_integer() && !node.is_number_unsigned() &&
                          node.get<std::int64_t>() < -static_cast<std::int64_t>(kMaxExactInteger));
  if (too_large) {
    throw Error(ErrorKind::kInput,
                fmt::format("result{}: {} exceeds 2^53 and would not be exact in JSON; replay fewer records",
                            path, node.dump()));
  }
}

}  // namespace

Json number_or_null(std::optional<double> value) {
  if (!value) return nullptr;
  return *value;
}

std::optional<double> quotient(double part, double whole) {
  if (!(whole > 0)) return std::nullopt;
  return part / whole;
}

std::optional<double> per_second(std::uint64_t count, std::int64_t ns) {
  if (ns <= 0) return std::nullopt;
  return static_cast<double>(count) * 1e9 / static_cast<double>(ns);
}

Json totals_to_json(const Totals& totals) {
  return {{"requests", totals.requests},
          {"accesses", totals.accesses},
          {"hits", totals.hits},
          {"covered", totals.covered},
          {"misses", totals.misses},
          {"hit_ratio", number_or_null(totals.hit_ratio())},
          {"served_ratio", number_or_null(totals.served_ratio())},
          {"similar_hits", totals.similar_hits},
          {"joined_hits", totals.joined_hits},
          {"bytes_requested", totals.bytes_requested},
          {"bytes_hit", totals.bytes_hit},
          {"bytes_missed", totals.bytes_missed},
          {"byte_hit_ratio", number_or_null(totals.byte_hit_ratio())},
          {"evictions", totals.evictions},
          {"promotions", totals.promotions},
          {"demotions", totals.demotions},
          {"saved_ns", totals.saved_ns},
          {"service_ns", totals.service_ns},
          {"verified_bytes", totals.verified_bytes},
          {"wrong_bytes", totals.wrong_bytes},
          {"elapsed_ns", totals.elapsed_ns},
          {"accesses_per_second", number_or_null(totals.accesses_per_second())}};
}

Totals totals_from_json(const JsonReader& reader) {
  return {.requests = reader.count("requests"),
          .accesses = reader.count("accesses"),
          .hits = reader.count("hits"),
          .covered = reader.count("covered"),
          .misses = reader.count("misses"),
          .similar_hits = reader.count("similar_hits"),
          .joined_hits = reader.count("joined_hits"),
          .bytes_requested = reader.count("bytes_requested"),
          .bytes_hit = reader.count("bytes_hit"),
          .bytes_missed = reader.count_or("bytes_missed", 0),
          .evictions = reader.count("evictions"),
          .promotions = reader.count("promotions"),
          .demotions = reader.count("demotions"),
          .saved_ns = reader.integer("saved_ns"),
          .service_ns = reader.integer("service_ns"),
          .verified_bytes = reader.count("verified_bytes"),
          .wrong_bytes = reader.count("wrong_bytes"),
          .elapsed_ns = reader.integer("elapsed_ns")};
}

Json kind_to_json(const KindResult& kind) {
  return {{"accesses", kind.accesses},
          {"hits", kind.hits},
          {"covered", kind.covered},
          {"misses", kind.misses},
          {"hit_ratio", number_or_null(ratio_of(kind.hits, kind.hits + kind.misses))},
          {"served_ratio", number_or_null(ratio_of(kind.hits + kind.covered, kind.accesses))},
          {"bytes_requested", kind.bytes_requested},
          {"saved_ns", kind.saved_ns}};
}

KindResult kind_from_json(const JsonReader& reader) {
  return {.accesses = reader.count("accesses"),
          .hits = reader.count("hits"),
          .covered = reader.count("covered"),
          .misses = reader.count("misses"),
          .bytes_requested = reader.count("bytes_requested"),
          .saved_ns = reader.integer("saved_ns")};
}

Status status_from_json(const JsonReader& reader) {
  const std::string text = reader.text("status");
  for (const Status status : {Status::kComplete, Status::kPartial, Status::kInvalid}) {
    if (text == name_of(status)) return status;
  }
  reader.complain("status", fmt::format("is '{}', not complete, partial or invalid", text));
}

void require_exact_integers(const Json& document) {
  require_exact(document, "");
}

Json parse_opaque(std::string_view text, const std::string& key) {
  Json value = parse_json(text, "result " + key, ErrorKind::kInput);
  if (!value.is_object()) throw Error(ErrorKind::kInput, fmt::format("result {}: not a JSON object", key));
  return value;
}

}  // namespace cachebench::result
