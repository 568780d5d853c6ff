// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "bench/run/run_experiment.h"
#include "metrics_server.h"

namespace cachebench::app {

struct ObserverOptions {
  std::string timeline;      ///< file for trace events, "" = none
  std::string metrics_file;  ///< file for Prometheus text, "" = none
  int metrics_port = 0;      ///< 0 = none
};

/// What watches a run beside its result: the built-in recorder of ranges, and metrics for a scraper. Attach
/// before the run, finish after it. One thread but for the snapshots.
class RunObservers {
 public:
  explicit RunObservers(const ObserverOptions& options);
  /// Empty when nobody wants snapshots.
  [[nodiscard]] bench::SnapshotCallback snapshot();
  /// Writes the files.
  void finish(const result::RunResult& result);

 private:
  ObserverOptions options_;
  std::unique_ptr<MetricsServer> server_;
};

}  // namespace cachebench::app
