// SPDX-License-Identifier: Apache-2.0
#include "run_observers.h"

#include <algorithm>
#include <memory>

#include "core/file.h"
#include "core/trace_range.h"
#include "core/trace_recorder.h"
#include "report/report.h"
#include "report/trace_events.h"

namespace cachebench::app {
namespace {

constexpr std::size_t kTimelineRanges = 1'000'000;

}  // namespace

RunObservers::RunObservers(const ObserverOptions& options) : options_(options) {
  if (!options_.timeline.empty()) {
    set_trace_level(std::max(trace_level(), TraceLevel::kCoarse));
    start_recording(kTimelineRanges);
  }
  if (options_.metrics_port != 0) server_ = std::make_unique<MetricsServer>(options_.metrics_port);
}

bench::SnapshotCallback RunObservers::snapshot() {
  if (!server_ && options_.metrics_file.empty()) return {};
  return [this](const result::RunResult& so_far) {
    std::string text = report::render("prometheus", so_far);
    if (!options_.metrics_file.empty()) write_file(options_.metrics_file, text);
    if (server_) server_->publish(std::move(text));
  };
}

void RunObservers::finish(const result::RunResult& result) {
  if (bench::SnapshotCallback publish = snapshot()) publish(result);
  if (!options_.timeline.empty()) write_file(options_.timeline, report::trace_events(stop_recording()));
}

}  // namespace cachebench::app
