// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/sync.h"
#include "trace/request.h"
#include "trace/writer.h"

/// Writes the trace of what a run asks for, as it asks: requests in the native format; plain accesses as CSV
/// when the file is called `.csv` or `.csv.zst`, as oracleGeneral otherwise. Thread-safe; records are written
/// in the order of the calls, so callers hand them over in order of arrival. The file appears at `finish`;
/// dropping the recorder before leaves nothing behind. Errors: those of Writer.
namespace cachebench::trace {

class Recorder {
 public:
  /// Says at once when `path` cannot be written to. `header` is that of the trace that is replayed.
  Recorder(const std::string& path, TraceClass trace_class, const Header& header);
  /// REQUIRES: a recorder of requests.
  void add(const Request& request) CACHEBENCH_EXCLUDES(mutex_);
  /// REQUIRES: a recorder of objects.
  void add(std::span<const ObjectAccess> accesses) CACHEBENCH_EXCLUDES(mutex_);
  /// Call once, at the end.
  void finish() CACHEBENCH_EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t recorded() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::unique_ptr<Writer> writer_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t recorded_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace cachebench::trace
