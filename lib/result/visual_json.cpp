// SPDX-License-Identifier: Apache-2.0
#include "result/visual_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "result/run_result.h"
#include "result/totals_json.h"

namespace cachebench::result {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::optional<double> Visual::hit_rate() const {
  return ratio_of(hits, hits + misses);
}

Json visual_to_json(const Visual& visual) {
  Json json = {{"eviction_policy", visual.eviction_policy}};
  for (const auto& [key, field] : kVisualCounts) json[key] = visual.*field;
  json["visual_cache_hit_rate"] = number_or_null(visual.hit_rate());
  json["encoder_saved_ns"] = visual.encoder_saved_ns;
  json["dp_mode_flag"] = "--mm-encoder-tp-mode data";
  json["dp_mode_rules"] = Json::object();
  for (const auto& [rule, count] : visual.dp_mode_rules) json["dp_mode_rules"][rule] = count;
  json["modalities"] = Json::object();
  for (const auto& [name, lookups] : visual.modalities)
    json["modalities"][name] = {{"hits", lookups.hits}, {"misses", lookups.misses}};
  return json;
}

Visual visual_from_json(const JsonReader& reader) {
  Visual visual{.eviction_policy = reader.text("eviction_policy")};
  for (const auto& [key, field] : kVisualCounts) visual.*field = reader.count(key);
  visual.encoder_saved_ns = reader.integer("encoder_saved_ns");
  for (const auto& [rule, count] : reader.numbers("dp_mode_rules")) {
    if (!(count >= 0 && count <= static_cast<double>(kMaxExactInteger)))
      reader.complain("dp_mode_rules", "has a member that is no count");
    visual.dp_mode_rules[rule] = static_cast<std::uint64_t>(count);
  }
  reader.members("modalities", [&](const std::string& name, const JsonReader& item) {
    visual.modalities[name] = {.hits = item.count("hits"), .misses = item.count("misses")};
  });
  return visual;
}

std::vector<std::string> check_visual(const Visual& visual) {
  std::vector<std::string> broken;
  const auto expect = [&](std::uint64_t a, std::uint64_t b, const char* what) {
    if (a != b) broken.push_back(fmt::format("visual registry: {}: {} is not {}", what, a, b));
  };
  VisualLookups sum;
  for (const auto& [name, lookups] : visual.modalities) {
    sum.hits += lookups.hits;
    sum.misses += lookups.misses;
  }
  expect(sum.hits, visual.hits, "hits summed over modalities");
  expect(sum.misses, visual.misses, "misses summed over modalities");
  std::uint64_t advice = 0;
  for (const auto& [rule, count] : visual.dp_mode_rules) advice += count;
  expect(advice, visual.dp_mode_recommendations + visual.dp_mode_refusals, "advice summed over rules");
  return broken;
}

}  // namespace cachebench::result
