// SPDX-License-Identifier: Apache-2.0
#include "bench/run/replay.h"

#include <algorithm>

#include "core/clock.h"

namespace cachebench::bench {
namespace {

constexpr std::uint64_t kSamples = 200;
constexpr Nanoseconds kReportInterval{100'000'000};

}  // namespace

ReplayBooks::ReplayBooks(const ReplayInputs& inputs)
    : inputs_(inputs),
      warmup_(!inputs.config.load.warmup.none()),
      sample_interval_(std::max<std::uint64_t>(1, inputs.facts.requests / kSamples)),
      wall_start_(RealClock().now()),
      wall_measured_from_(wall_start_) {}

void ReplayBooks::request_starts(Nanoseconds at, Nanoseconds lag) {
  const Extent& warmup = inputs_.config.load.warmup;
  if (warmup_ && (warmup.requests > 0 ? started_ >= warmup.requests : at >= warmup.time)) end_warmup(at);
  if (started_ > 0 && started_ % sample_interval_ == 0) take_sample(at);
  ++started_;
  // Looking at the clock for every request would cost more than the request.
  if (started_ % 64 == 0 || lag.count() > 0) report(lag);
}

void ReplayBooks::end_warmup(Nanoseconds at) {
  take_sample(at);
  outcome_.samples.back().warmup_end = true;
  warmup_ = false;
  outcome_.warmup = inputs_.manager.reset_counters();
  if (inputs_.multimodal != nullptr) inputs_.multimodal->reset();
  if (inputs_.visual != nullptr) inputs_.visual->reset();
  outcome_.warmup_requests = started_;
  wall_measured_from_ = RealClock().now();
  outcome_.warmup_elapsed = wall_measured_from_ - wall_start_;
  measured_from_ = at;
}

void ReplayBooks::take_sample(Nanoseconds at) {
  MultimodalRun* const multimodal = inputs_.multimodal;
  if (multimodal != nullptr) multimodal->follow_memory();
  outcome_.samples.push_back(
      {.at = at, .requests = started_, .warmup = warmup_, .counters = inputs_.manager.counters()});
  if (multimodal == nullptr || !multimodal->is_dynamic()) return;
  for (const cache::TierOptions& tier : inputs_.manager.tiers())
    outcome_.samples.back().capacities.push_back(tier.capacity);
}

void ReplayBooks::report(Nanoseconds lag) {
  const Nanoseconds wall = RealClock().now() - wall_start_;
  const auto& limit = inputs_.config.load.max_time;
  if (limit && wall >= *limit) inputs_.stop.request(StopToken::kTimeOver);
  if (!inputs_.progress || wall < next_report_) return;
  next_report_ = wall + kReportInterval;
  const cache::CacheCounters counters = inputs_.manager.counters();
  inputs_.progress({.warmup = warmup_,
                    .done = started_,
                    .total = inputs_.facts.requests,
                    .accesses = counters.accesses,
                    .hits = counters.hits,
                    .misses = counters.misses,
                    .elapsed = wall,
                    .lag = lag});
}

ReplayOutcome ReplayBooks::finish(Nanoseconds at, Measurements measured) {
  take_sample(at);
  outcome_.measured = std::move(measured);
  outcome_.measured.requests = started_ - outcome_.warmup_requests;
  outcome_.warmup_finished = !warmup_;
  if (warmup_) outcome_.measured.requests = 0;
  outcome_.elapsed = RealClock().now() - wall_measured_from_;
  outcome_.modelled_elapsed = at - measured_from_;
  outcome_.stopped = inputs_.stop.requested();
  return std::move(outcome_);
}

}  // namespace cachebench::bench
