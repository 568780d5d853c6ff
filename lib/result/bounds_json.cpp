// SPDX-License-Identifier: Apache-2.0
#include "result/bounds_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

template <typename Integer>
Json integer_or_null(const std::optional<Integer>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

Json bounds_to_json(const Bounds& bounds, const Totals& totals) {
  return {{"basis", name_of(Basis::kModelled)},
          {"method", bounds.method},
          {"compulsory_misses", bounds.compulsory_misses},
          {"compulsory_ratio", number_or_null(ratio_of(bounds.compulsory_misses, totals.accesses))},
          {"infinite_saved_ns", integer_or_null(bounds.infinite_saved_ns)},
          {"saved_ns", integer_or_null(bounds.saved_ns)},
          {"belady_misses", integer_or_null(bounds.belady_misses)},
          {"reachable_ratio", number_or_null(bounds.reachable_ratio(totals))},
          {"regret_ratio", number_or_null(bounds.regret_ratio(totals))},
          {"worth_ns_per_byte", facts_to_json(bounds.worth_ns_per_byte)},
          {"notes", bounds.notes}};
}

Bounds bounds_from_json(const JsonReader& reader) {
  Bounds bounds{.method = reader.text_or("method", ""),
                .compulsory_misses = reader.count("compulsory_misses"),
                .worth_ns_per_byte = facts_from_json(reader, "worth_ns_per_byte")};
  if (reader.has("infinite_saved_ns")) bounds.infinite_saved_ns = reader.integer("infinite_saved_ns");
  if (reader.has("saved_ns")) bounds.saved_ns = reader.integer("saved_ns");
  if (reader.has("belady_misses")) bounds.belady_misses = reader.count("belady_misses");
  if (reader.has("notes")) bounds.notes = reader.texts("notes");
  return bounds;
}

Json prefetch_to_json(const Prefetch& prefetch) {
  const auto amount = [](const PrefetchAmount& value) {
    return Json{{"count", value.count}, {"bytes", value.bytes}};
  };
  Json json = {{"issued", amount(prefetch.issued)}};
  for (const auto& [name, field] : kPrefetchEnds) json[name] = amount(prefetch.*field);
  return json;
}

Prefetch prefetch_from_json(const JsonReader& reader) {
  const auto amount = [&](const char* key) {
    const JsonReader item = reader.object(key);
    return PrefetchAmount{.count = item.count("count"), .bytes = item.count("bytes")};
  };
  Prefetch prefetch;
  prefetch.issued = amount("issued");
  for (const auto& [name, field] : kPrefetchEnds) prefetch.*field = amount(name);
  return prefetch;
}

Json facts_to_json(const std::map<std::string, double>& facts) {
  Json json = Json::object();
  for (const auto& [name, value] : facts) json[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  return json;
}

std::map<std::string, double> facts_from_json(const JsonReader& reader, std::string_view key) {
  return reader.has(key) ? reader.numbers(key) : std::map<std::string, double>{};
}

}  // namespace cachebench::result
