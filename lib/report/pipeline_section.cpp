// SPDX-License-Identifier: Apache-2.0
#include "report/pipeline_section.h"

#include <fmt/format.h>

#include "report/html_parts.h"
#include "report/markup.h"
#include "report/roofline_section.h"
#include "result/findings.h"

namespace cachebench::report {
namespace {

using result::Pipeline;
using result::PipelineStage;

std::string count_at(const char* key, std::uint64_t value) {
  return count_figure(pointer("/pipeline", key), value);
}
std::string time_at(const char* key, std::int64_t value) {
  return time_figure(pointer("/pipeline", key), value);
}
std::string share_at(const char* key, std::optional<double> value) {
  return share_figure(pointer("/pipeline", key), value);
}
std::string rate_at(const char* key, std::optional<double> value) {
  return rate_figure(pointer("/pipeline", key), value);
}

Table service_table(const Pipeline& p) {
  return {.caption = "Requests",
          .columns = {"", "Value"},
          .rows = {{"Requests a second", rate_at("requests_per_second", p.requests_per_second())},
                   {"Answered within the objective, a second",
                    rate_at("goodput_per_second", p.goodput_per_second())},
                   {"Objective, end to end", time_at("objective_ns", p.objective_ns)},
                   {"Output tokens a second", rate_at("tokens_per_second", p.tokens_per_second())},
                   {"Ended", count_at("requests", p.requests)},
                   {"Answered", count_at("ok", p.ok)},
                   {"Failed", count_at("failed", p.failed)},
                   {"Elapsed", time_at("elapsed_ns", p.elapsed_ns)}}};
}

Table savings_table(const Pipeline& p) {
  return {
      .caption = "Computing done and saved",
      .columns = {"", "Value"},
      .rows = {{"Images in prompts", count_at("images", p.images)},
               {"Images encoded", count_at("images_encoded", p.images_encoded)},
               {"Encoder calls saved", count_at("encoder_calls_saved", p.encoder_calls_saved)},
               {"Prompt tokens", count_at("prompt_tokens", p.prompt_tokens)},
               {"Served by K/V blocks", count_at("reused_tokens", p.reused_tokens)},
               {"Prefilled", count_at("real_tokens", p.real_tokens)},
               {"Padding, of all tokens in a pass", share_at("padding_waste_ratio", p.padding_waste_ratio())},
               {"Artefacts computed twice at a time", count_at("computed_twice", p.computed_twice)},
               {"Artefacts read where they lie", count_at("zero_copy", p.zero_copy)},
               {"Artefacts copied out of a tier", count_at("copied_out", p.copied_out)}}};
}

Table stages_table(const Pipeline& p) {
  Table table{.caption = "Stages; idle while any stage ran",
              .columns = {"Stage", "Workers", "Batches", "Busy", "Idle", "Occupancy", "Median", "p99",
                          "Median wait", "Helped"},
              .rows = {}};
  for (std::size_t i = 0; i < p.stages.size(); ++i) {
    const PipelineStage& stage = p.stages[i];
    const std::string at = pointer("/pipeline/stages", i);
    table.rows.push_back(
        {text_figure("span", at + "/name", stage.name), count_figure(at + "/workers", stage.workers),
         count_figure(at + "/jobs", stage.jobs), time_figure(at + "/busy_ns", stage.busy_ns),
         time_figure(at + "/idle_ns", stage.idle_ns),
         share_figure(at + "/occupancy_ratio", stage.occupancy_ratio),
         time_figure(at + "/p50_ns", stage.p50_ns), time_figure(at + "/p99_ns", stage.p99_ns),
         time_figure(at + "/wait_p50_ns", stage.wait_p50_ns), count_figure(at + "/helped", stage.helped)});
  }
  return table;
}

std::string failures_table(const Pipeline& p) {
  if (p.failures.empty()) return "";
  Table table{.caption = "The first requests that failed", .columns = {"Reason"}, .rows = {}};
  for (std::size_t i = 0; i < p.failures.size(); ++i)
    table.rows.push_back({text_figure("span", pointer("/pipeline/failures", i), p.failures[i])});
  return scrolled(table);
}

}  // namespace

std::string pipeline_section(const result::RunResult& result) {
  if (!result.pipeline) return "";
  const Pipeline& p = *result.pipeline;
  return section(
      "pipeline", "Inference pipeline",
      fmt::format("Runner {}, {} processing. Stages overlapped for {} of the time that any ran, and "
                  "reached {} of what the slowest alone would.",
                  text_figure("b", "/pipeline/runner", p.runner),
                  text_figure("b", "/pipeline/processing", p.processing),
                  share_at("overlap_ratio", p.overlap_ratio()),
                  share_at("efficiency_ratio", p.efficiency_ratio())),
      card(scrolled(service_table(p)) + failures_table(p) + scrolled(savings_table(p)) +
           scrolled(stages_table(p))) +
          roofline_card(p));
}

std::string pipeline_lines(const result::RunResult& result) {
  if (!result.pipeline) return "";
  const Pipeline& p = *result.pipeline;
  const auto rate = [](std::optional<double> value) { return value ? fmt::format("{:.4g}/s", *value) : "-"; };
  std::string text = fmt::format(
      "\nPipeline ({}, {}): {} requests, {}; {} within {}; padding {}; {} of {} encoder calls saved; {} of "
      "{} "
      "prompt tokens from K/V; overlap {}, {} of the slowest stage alone.\n\n",
      plain_markdown(p.runner), plain_markdown(p.processing), result::format_count(p.requests),
      rate(p.requests_per_second()), rate(p.goodput_per_second()), result::format_ns(p.objective_ns),
      result::format_share(p.padding_waste_ratio()), result::format_count(p.encoder_calls_saved),
      result::format_count(p.images), result::format_count(p.reused_tokens),
      result::format_count(p.prompt_tokens), result::format_share(p.overlap_ratio()),
      result::format_share(p.efficiency_ratio()));
  text += "| stage | workers | busy | idle | occupancy | median |\n|---|---:|---:|---:|---:|---:|\n";
  for (const PipelineStage& stage : p.stages) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", plain_markdown(stage.name), stage.workers,
                        result::format_ns(stage.busy_ns), result::format_ns(stage.idle_ns),
                        result::format_share(stage.occupancy_ratio), result::format_ns(stage.p50_ns));
  }
  if (p.failed > 0) text += fmt::format("\n{} requests failed:\n\n", result::format_count(p.failed));
  for (const std::string& failure : p.failures) text += fmt::format("- {}\n", plain_markdown(failure));
  return text + roofline_lines(p);
}

}  // namespace cachebench::report
