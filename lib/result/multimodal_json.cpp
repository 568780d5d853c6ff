// SPDX-License-Identifier: Apache-2.0
#include "result/multimodal_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "result/run_result.h"
#include "result/totals_json.h"

namespace cachebench::result {

namespace {

using Json = nlohmann::ordered_json;

Json counts_to_json(const EntryTypeCounts& counts) {
  Json json = Json::object();
  for (const auto& [key, field] : kEntryTypeCounts) json[key] = counts.*field;
  json["saved_ns"] = counts.saved_ns;
  json["hit_ratio"] = number_or_null(counts.hit_ratio());
  json["reduction_ratio"] = number_or_null(counts.reduction_ratio());
  return json;
}

EntryTypeCounts counts_from_json(const JsonReader& reader) {
  EntryTypeCounts counts;
  for (const auto& [key, field] : kEntryTypeCounts) counts.*field = reader.count(key);
  counts.saved_ns = reader.integer("saved_ns");
  return counts;
}

}  // namespace

std::optional<double> EntryTypeCounts::hit_ratio() const {
  return ratio_of(exact_hits + similar_hits, exact_hits + similar_hits + misses);
}

std::optional<double> EntryTypeCounts::reduction_ratio() const {
  if (plain_bytes == 0) return std::nullopt;
  return 1.0 - static_cast<double>(compressed_bytes) / static_cast<double>(plain_bytes);
}

std::optional<double> EvictionOutcome::efficiency_ratio() const {
  return ratio_of(let_go, asked_again + let_go);
}

EntryTypeCounts Multimodal::all() const {
  EntryTypeCounts sum;
  for (const auto& [kind, counts] : kinds) {
    for (const auto& [key, field] : kEntryTypeCounts) sum.*field += counts.*field;
    sum.saved_ns += counts.saved_ns;
  }
  return sum;
}

namespace {

Json bins_to_json(const std::vector<std::uint64_t>& histogram) {
  Json bins = Json::array();
  for (std::size_t i = 0; i < histogram.size(); ++i)
    bins.push_back({{"from", kErrorBinWidth * static_cast<double>(i)}, {"count", histogram[i]}});
  return bins;
}

Json error_to_json(const SimilarityError& error) {
  const bool any = error.compared > 0;
  const auto of = [&](double value) { return any ? Json(value) : Json(nullptr); };
  return {{"verdict", error.verdict},
          {"basis", error.basis},
          {"compared", error.compared},
          {"not_comparable", error.not_comparable},
          {"mean_relative_l2", of(error.mean_relative_l2)},
          {"p50_relative_l2", of(error.p50_relative_l2)},
          {"p90_relative_l2", of(error.p90_relative_l2)},
          {"max_relative_l2", of(error.max_relative_l2)},
          {"mean_cosine", of(error.mean_cosine)},
          {"min_cosine", of(error.min_cosine)},
          {"histogram", bins_to_json(error.histogram)}};
}

SimilarityError error_from_json(const JsonReader& reader) {
  SimilarityError error{.verdict = reader.text("verdict"),
                        .basis = reader.text("basis"),
                        .compared = reader.count("compared"),
                        .not_comparable = reader.count("not_comparable")};
  reader.each("histogram", [&](const JsonReader& bin) { error.histogram.push_back(bin.count("count")); });
  if (error.compared == 0) return error;
  error.mean_relative_l2 = reader.number("mean_relative_l2");
  error.p50_relative_l2 = reader.number("p50_relative_l2");
  error.p90_relative_l2 = reader.number("p90_relative_l2");
  error.max_relative_l2 = reader.number("max_relative_l2");
  error.mean_cosine = reader.number("mean_cosine");
  error.min_cosine = reader.number("min_cosine");
  return error;
}

SimilarityOutcome similarity_from_json(const JsonReader& reader) {
  SimilarityOutcome similarity{.enabled = reader.flag("enabled"),
                               .threshold = reader.number("threshold"),
                               .judged = reader.count("judged"),
                               .false_accepts = reader.count("false_accepts")};
  if (reader.has("mean_score")) similarity.mean_score = reader.number("mean_score");
  if (reader.has("confirm")) similarity.confirm = reader.flag("confirm");
  if (reader.has("unconfirmable")) similarity.unconfirmable = reader.count("unconfirmable");
  if (!reader.has("errors")) return similarity;  // of a version before these
  reader.each("errors", [&](const JsonReader& item) { similarity.errors.push_back(error_from_json(item)); });
  return similarity;
}

}  // namespace

Json multimodal_to_json(const Multimodal& multimodal) {
  const EvictionOutcome& eviction = multimodal.eviction;
  const SimilarityOutcome& similarity = multimodal.similarity;
  Json json = {{"eviction_policy", multimodal.eviction_policy},
               {"capacity_bytes", multimodal.capacity_bytes},
               {"limit_bytes", multimodal.limit_bytes},
               {"resizes", multimodal.resizes},
               {"resident_entries", multimodal.resident_entries},
               {"comparable_entries", multimodal.comparable_entries},
               {"index_bytes", multimodal.index_bytes}};
  json["eviction"] = {{"evicted", eviction.evicted},
                      {"asked_again", eviction.asked_again},
                      {"let_go", eviction.let_go},
                      {"window_accesses", eviction.window_accesses},
                      {"efficiency_ratio", number_or_null(eviction.efficiency_ratio())}};
  json["similarity"] = {
      {"enabled", similarity.enabled},
      {"threshold", similarity.threshold},
      {"judged", similarity.judged},
      {"false_accepts", similarity.false_accepts},
      {"false_accept_ratio", number_or_null(ratio_of(similarity.false_accepts, similarity.judged))},
      {"mean_score", number_or_null(similarity.mean_score)},
      {"confirm", similarity.confirm},
      {"unconfirmable", similarity.unconfirmable},
      {"errors", Json::array()}};
  for (const SimilarityError& error : similarity.errors)
    json["similarity"]["errors"].push_back(error_to_json(error));
  json["all"] = counts_to_json(multimodal.all());
  json["kinds"] = Json::object();
  for (const auto& [kind, counts] : multimodal.kinds) json["kinds"][kind] = counts_to_json(counts);
  return json;
}

Multimodal multimodal_from_json(const JsonReader& reader) {
  Multimodal multimodal{.eviction_policy = reader.text("eviction_policy"),
                        .capacity_bytes = reader.count("capacity_bytes"),
                        .limit_bytes = reader.count("limit_bytes"),
                        .resizes = reader.count("resizes"),
                        .resident_entries = reader.count("resident_entries"),
                        .comparable_entries = reader.count("comparable_entries"),
                        .index_bytes = reader.count("index_bytes")};
  const JsonReader eviction = reader.object("eviction");
  multimodal.eviction = {.evicted = eviction.count("evicted"),
                         .asked_again = eviction.count("asked_again"),
                         .let_go = eviction.count("let_go"),
                         .window_accesses = eviction.count("window_accesses")};
  multimodal.similarity = similarity_from_json(reader.object("similarity"));
  reader.members("kinds", [&](const std::string& name, const JsonReader& item) {
    multimodal.kinds[name] = counts_from_json(item);
  });
  return multimodal;
}

std::vector<std::string> check_multimodal(const Multimodal& multimodal, std::uint64_t similar_hits) {
  std::vector<std::string> broken;
  const auto expect = [&](bool holds, const std::string& what) {
    if (!holds) broken.push_back("multimodal cache: " + what);
  };
  for (const auto& [kind, counts] : multimodal.kinds) {
    const std::uint64_t sum = counts.exact_hits + counts.similar_hits + counts.covered + counts.misses;
    expect(sum == counts.accesses,
           fmt::format("{}: hits, covered and misses are {} of {} accesses", kind, sum, counts.accesses));
    expect(counts.compressed_bytes <= counts.plain_bytes, kind + ": compression made entries larger");
  }
  const std::uint64_t similar = multimodal.all().similar_hits;
  expect(similar == similar_hits,
         fmt::format("similar hits summed over kinds: {} is not {}", similar, similar_hits));
  const SimilarityOutcome& judged = multimodal.similarity;
  expect(judged.judged <= similar && judged.false_accepts <= judged.judged,
         fmt::format("{} false accepts of {} judged of {} similar hits", judged.false_accepts, judged.judged,
                     similar));
  for (const SimilarityError& error : judged.errors) {
    const std::uint64_t binned =
        std::accumulate(error.histogram.begin(), error.histogram.end(), std::uint64_t{0});
    expect(binned == error.compared,
           fmt::format("errors of {} hits: {} in bins of {}", error.verdict, binned, error.compared));
  }
  const EvictionOutcome& eviction = multimodal.eviction;
  expect(eviction.asked_again + eviction.let_go <= eviction.evicted, "more evictions judged than happened");
  return broken;
}

}  // namespace cachebench::result
