// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/ablation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/sweep/design.h"
#include "bench/sweep/sweep_config.h"
#include "core/error.h"
#include "result/pipeline_json.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

result::Pipeline run_one(const RunConfig& config, StopToken& stop) {
  RunInputs inputs;
  inputs.config = config;
  inputs.stop = &stop;
  inputs.bounds = BoundsChoice::kOff;
  result::RunResult result = run_experiment(inputs);
  if (!result.pipeline) throw Error(ErrorKind::kUsage, config.name + ": not a run of mode pipeline");
  return std::move(*result.pipeline);
}

}  // namespace

std::vector<AblationVariant> ablation_variants(const std::string& sweep_file,
                                               const std::vector<std::string>& overrides) {
  const SweepConfig config = load_sweep_config(sweep_file, overrides);
  if (config.design != SweepDesign::kList)
    throw Error(ErrorKind::kUsage, sweep_file + ": an ablation takes a sweep of design list");
  const Design design(config);
  std::vector<AblationVariant> variants;
  for (const WorkItem& item : design.items()) {
    const PointSetting setting = design.setting(item);
    AblationVariant variant{.name = setting.name, .config = resolve_point(config, setting.assignments)};
    if (variant.config.name != config.name) variant.name = variant.config.name;
    if (variant.config.mode != RunMode::kPipeline)
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: point '{}' is not of mode pipeline", sweep_file, variant.name));
    variants.push_back(std::move(variant));
  }
  return variants;
}

Ablation run_ablation(const std::vector<AblationVariant>& variants, std::uint32_t rounds, StopToken& stop,
                      const AblationProgress& progress) {
  Ablation ablation;
  for (const AblationVariant& variant : variants) {
    ablation.rows.emplace_back();
    ablation.rows.back().name = variant.name;
  }
  for (std::uint32_t round = 0; round < rounds; ++round) {
    std::vector<result::Pipeline> results;
    for (const AblationVariant& variant : variants) {
      if (progress) progress(round, variant.name);
      results.push_back(run_one(variant.config, stop));
      if (stop.requested()) break;
    }
    if (stop.requested()) break;
    ++ablation.rounds;
    const double first = results.front().requests_per_second().value_or(0);
    const std::string answers = results.front().answers_hash;
    for (std::size_t i = 0; i < results.size(); ++i) {
      AblationRow& row = ablation.rows[i];
      row.requests_per_second.push_back(results[i].requests_per_second().value_or(0));
      row.ratio.push_back(first > 0 ? row.requests_per_second.back() / first : 0);
      row.same_answers = row.same_answers && results[i].answers_hash == answers;
      row.pipeline = std::move(results[i]);
    }
  }
  for (AblationRow& row : ablation.rows) {
    row.median_ratio = median_of(row.ratio);
    row.interval = median_interval(row.ratio);
  }
  return ablation;
}

Json to_json(const Ablation& ablation) {
  Json rows = Json::array();
  for (const AblationRow& row : ablation.rows) {
    Json interval = nullptr;
    if (row.interval) interval = Json{row.interval->low, row.interval->high};
    rows.push_back({{"name", row.name},
                    {"requests_per_second", row.requests_per_second},
                    {"ratio", row.ratio},
                    {"median_ratio", row.median_ratio},
                    {"interval", interval},
                    {"same_answers", row.same_answers},
                    {"pipeline", result::pipeline_to_json(row.pipeline)}});
  }
  return {{"schema", "cachebench/ablation"},
          {"schema_version", "1.0"},
          {"name", ablation.name},
          {"rounds", ablation.rounds},
          {"rows", rows}};
}

std::string to_markdown(const Ablation& ablation) {
  std::string text =
      "| variant | requests/s | ratio to all on | 95% interval | encoder calls | padding | overlap | same "
      "answers |\n"
      "|---|---:|---:|---:|---:|---:|---:|---|\n";
  const auto share = [](std::optional<double> value) {
    return value ? fmt::format("{:.1f}%", 100 * *value) : std::string("-");
  };
  for (const AblationRow& row : ablation.rows) {
    const std::string interval =
        row.interval ? fmt::format("{:.3f} to {:.3f}", row.interval->low, row.interval->high) : "-";
    text += fmt::format("| {} | {:.1f} | {:.3f} | {} | {} of {} | {} | {} | {} |\n", row.name,
                        median_of(row.requests_per_second), row.median_ratio, interval,
                        row.pipeline.images_encoded, row.pipeline.images,
                        share(row.pipeline.padding_waste_ratio()), share(row.pipeline.overlap_ratio()),
                        row.same_answers ? "yes" : "NO");
  }
  return text;
}

}  // namespace cachebench::bench
