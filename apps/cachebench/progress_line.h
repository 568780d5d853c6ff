// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>

#include "bench/run/replay.h"
#include "core/sync.h"

namespace cachebench::app {

enum class ProgressStyle {
  kNone,
  kLive,   ///< one line, redrawn in place
  kLines,  ///< a line each 10 s or 10%
};
/// Live on a terminal that can, plain lines elsewhere.
[[nodiscard]] ProgressStyle progress_style_for(std::FILE* stream);

/// Shows how far a run is on standard error. Thread-safe.
class ProgressLine {
 public:
  explicit ProgressLine(ProgressStyle style) : style_(style) {}
  void show(const bench::Progress& progress);
  /// Clears the live line.
  void finish();

 private:
  void redraw(const bench::Progress& progress) CACHEBENCH_REQUIRES(mutex_);
  void print_if_due(const bench::Progress& progress) CACHEBENCH_REQUIRES(mutex_);

  const ProgressStyle style_;
  Mutex mutex_;
  bench::Progress before_ CACHEBENCH_GUARDED_BY(mutex_);
  bool drawn_ CACHEBENCH_GUARDED_BY(mutex_) = false;
};

}  // namespace cachebench::app
