// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/trial_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/calibrate/profile_document.h"
#include "bench/config/load.h"
#include "bench/run/run_experiment.h"
#include "bench/run/run_policies.h"
#include "core/file.h"
#include "trace/synthetic/generate.h"
#include "trace/synthetic/spec.h"
#include "trace/writer.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

// Conversations that come back after others have pushed them down, so that every tier has hits.
constexpr char kSpec[] = R"({
  "name": "trial", "seed": 11, "requests": 500, "block_tokens": 16,
  "clients": [{
    "name": "talk", "arrival": {"process": "poisson", "rate_per_s": 2}, "open_sessions": 28,
    "turns": {"geometric": {"mean": 6}},
    "session": {"kind": "chat", "system_tokens": 320, "context_tokens": 3072},
    "lengths": {
      "text_tokens": {"lognormal": {"median": 70, "sigma": 0.8, "max": 600}},
      "output_tokens": {"lognormal": {"median": 100, "sigma": 0.5, "max": 500}},
      "image_count": {"histogram": {"0": 0.4, "1": 0.6}}
    },
    "images": {"sizes": [{"width": 576, "height": 576, "weight": 1},
                         {"width": 800, "height": 608, "weight": 1}],
               "bits_per_pixel": 1.5, "shared": {"share": 0.2, "objects": 120, "alpha": 0.9},
               "near_duplicates": {"share": 0.6, "max_bits": 2}}
  }]
})";

Json config_of(const std::string& folder, const TrialShape& shape) {
  const auto tier = [](const char* name, const char* device, const char* capacity) {
    return Json{
        {"name", name}, {"device", device}, {"capacity", capacity}, {"eviction", {{"policy", "lru"}}}};
  };
  return {{"name", "trial"},
          {"mode", "real"},
          {"trace", {{"path", folder + "/trial.jsonl"}, {"limit", shape.requests}}},
          {"profile", folder + "/trial.json"},
          {"model", {{"geometry", "tiny"}}},
          {"load", {{"kind", "closed"}, {"in_flight", 1}}},
          {"cache",
           {{"directory", folder + "/store"},
            {"cold", true},
            {"tiers", {tier("L1", "emulated", "8%"), tier("L2", "host", "14%"), tier("L3", "ssd", "45%")}},
            {"migration", {{"policy", shape.migration}}}}},
          {"multimodal",
           {{"enabled", shape.multimodal},
            {"eviction", {{"policy", "lru"}}},
            {"similarity", {{"enabled", shape.multimodal}}}}},
          {"verify", shape.verify}};
}

TrialTimes::Lookups lookups_of(const result::LatencySummary& latency) {
  const auto all = static_cast<double>(latency.count);
  double sum = 0;
  double seen = 0;
  double lower = 0;
  double upper = 0;
  for (const auto& [ns, count] : latency.buckets) {
    const auto value = static_cast<double>(ns);
    sum += value * static_cast<double>(count);
    seen += static_cast<double>(count);
    if (lower == 0 && seen >= all / 4) lower = value;
    if (upper == 0 && seen >= all * 3 / 4) upper = value;
  }
  return {.count = latency.count,
          .median = static_cast<double>(latency.p50_ns),
          .mean = sum / all,
          .quartile = std::sqrt(upper / std::max(lower, 1.0))};
}

}  // namespace

TrialRun::TrialRun(const Session& session, const hardware::Profile& base, const std::string& folder)
    : folder_(fmt::format("{}/calibrate-run-{}", folder, ::getpid())) {
  std::filesystem::create_directories(folder_ + "/store");
  const trace::GeneratorSpec spec = trace::parse_spec(Json::parse(kSpec), "trial");
  const auto writer =
      trace::create_trace(folder_ + "/trial.jsonl", "native", trace::Generator(spec).header());
  (void)trace::generate(spec, *writer);
  writer->finish();
  write_file(folder_ + "/trial.json",
             profile_document({.name = "trial", .base = base, .session = session}).dump());
  profile_ = hardware::read_profile(folder_ + "/trial.json");
}

TrialRun::~TrialRun() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

TrialTimes TrialRun::once(const TrialShape& shape) const {
  StopToken stop;
  RunInputs inputs;
  inputs.config = parse_config({.name = "trial", .text = config_of(folder_, shape).dump()});
  if (shape.policies) inputs.config = with_policies(std::move(inputs.config), *shape.policies);
  inputs.stop = &stop;
  inputs.bounds = BoundsChoice::kOff;
  result::RunResult result = run_experiment(inputs);
  TrialTimes times{.tiers = std::move(result.tier_checks)};
  const auto take = [&](const std::string& name, TrialTimes::Lookups& into) {
    const auto found = result.latency.find(name);
    if (found != result.latency.end()) into = lookups_of(found->second);
  };
  for (std::size_t i = 0; i < kLookupClasses; ++i)
    take(fmt::format("{}_lookup", name_of(static_cast<LookupClass>(i))), times.lookups[i]);
  take("first_read", times.first_reads);
  return times;
}

}  // namespace cachebench::bench
