// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/ablation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/sweep/ablation_journal.h"
#include "bench/sweep/design.h"
#include "bench/sweep/sweep_config.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/error.h"
#include "result/pipeline_json.h"
#include "result/statistics.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;
using result::median_of;

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

Ablation compare_rounds(const std::vector<AblationVariant>& variants, std::vector<AblationRound> rounds) {
  Ablation ablation;
  ablation.rounds = static_cast<std::uint32_t>(rounds.size());
  std::vector<std::vector<double>> bounds(variants.size());
  std::vector<std::vector<double>> machine_bounds(variants.size());
  for (const AblationVariant& variant : variants) {
    ablation.rows.emplace_back();
    ablation.rows.back().name = variant.name;
  }
  for (AblationRound& round : rounds) {
    CACHEBENCH_CHECK(round.size() == variants.size(), "{} results of {}", round.size(), variants.size());
    const double first = round.front().requests_per_second().value_or(0);
    const std::string answers = round.front().answers_hash;
    const std::int64_t first_ns = round.front().elapsed_ns;
    for (std::size_t i = 0; i < round.size(); ++i) {
      AblationRow& row = ablation.rows[i];
      row.requests_per_second.push_back(round[i].requests_per_second().value_or(0));
      row.ratio.push_back(first > 0 ? row.requests_per_second.back() / first : 0);
      row.same_answers = row.same_answers && round[i].answers_hash == answers;
      if (const auto& roofline = round[i].roofline) {
        const result::RooflineResource* const limit = roofline->limit();
        if (limit != nullptr) bounds[i].push_back(static_cast<double>(first_ns) / limit->least_ns());
        if (limit != nullptr) row.limit = limit->name;
        const auto roof = roofline->compute ? roofline->compute->roof_ns() : std::nullopt;
        if (roof) machine_bounds[i].push_back(static_cast<double>(first_ns) / *roof);
      }
      row.pipeline = std::move(round[i]);
    }
  }
  for (std::size_t i = 0; i < ablation.rows.size(); ++i) {
    AblationRow& row = ablation.rows[i];
    row.median_ratio = median_of(row.ratio);
    row.interval = median_interval(row.ratio);
    if (!bounds[i].empty()) row.bound = median_of(bounds[i]);
    if (!machine_bounds[i].empty()) row.machine_bound = median_of(machine_bounds[i]);
  }
  return ablation;
}

Ablation run_ablation(const std::vector<AblationVariant>& variants, const AblationOptions& options,
                      StopToken& stop, const AblationProgress& progress) {
  AblationJournal journal(options.journal, variants);
  std::vector<AblationRound> rounds = journal.take_rounds();
  const RealClock clock;
  const Nanoseconds begun = clock.now();
  Nanoseconds longest{0};
  while (rounds.size() < options.rounds) {
    const Nanoseconds started = clock.now();
    if (options.max_time > Nanoseconds{0} && started - begun + longest > options.max_time) break;
    const auto number = static_cast<std::uint32_t>(rounds.size());
    AblationRound round(variants.size());
    for (std::size_t i = 0; i < variants.size() && !stop.requested(); ++i) {
      const std::size_t next = (i + number) % variants.size();
      if (progress) progress(number, variants[next].name);
      round[next] = run_one(variants[next].config, stop);
    }
    if (stop.requested()) break;
    longest = std::max(longest, clock.now() - started);
    journal.add(round);
    rounds.push_back(std::move(round));
  }
  return compare_rounds(variants, std::move(rounds));
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
                    {"bound", row.bound ? Json(*row.bound) : Json(nullptr)},
                    {"limit", row.limit.empty() ? Json(nullptr) : Json(row.limit)},
                    {"machine_bound", row.machine_bound ? Json(*row.machine_bound) : Json(nullptr)},
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
      "| variant | requests/s | ratio to the first | 95% interval | bound of the ratio | set by | encoder "
      "calls "
      "| padding | overlap | same answers |\n"
      "|---|---:|---:|---:|---:|---|---:|---:|---:|---|\n";
  const auto share = [](std::optional<double> value) {
    return value ? fmt::format("{:.1f}%", 100 * *value) : std::string("-");
  };
  for (const AblationRow& row : ablation.rows) {
    const std::string interval =
        row.interval ? fmt::format("{:.3f} to {:.3f}", row.interval->low, row.interval->high) : "-";
    const std::string bound = row.bound ? fmt::format("{:.2f}", *row.bound) : "-";
    text += fmt::format("| {} | {:.1f} | {:.3f} | {} | {} | {} | {} of {} | {} | {} | {} |\n", row.name,
                        median_of(row.requests_per_second), row.median_ratio, interval, bound,
                        row.limit.empty() ? "-" : row.limit, row.pipeline.images_encoded, row.pipeline.images,
                        share(row.pipeline.padding_waste_ratio()), share(row.pipeline.overlap_ratio()),
                        row.same_answers ? "yes" : "NO");
  }
  return text;
}

}  // namespace cachebench::bench
