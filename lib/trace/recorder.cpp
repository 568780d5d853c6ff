// SPDX-License-Identifier: Apache-2.0
#include "trace/recorder.h"

namespace cachebench::trace {
namespace {

const char* format_for(const std::string& path, TraceClass trace_class) {
  if (trace_class == TraceClass::kRequests) return "native";
  return path.ends_with(".csv") || path.ends_with(".csv.zst") ? "csv" : "oracleGeneral";
}

}  // namespace

Recorder::Recorder(const std::string& path, TraceClass trace_class, const Header& header)
    : writer_(create_trace(path, format_for(path, trace_class), header)) {}

void Recorder::add(const Request& request) {
  const MutexLock lock(mutex_);
  writer_->write(request);
  ++recorded_;
}

void Recorder::add(std::span<const ObjectAccess> accesses) {
  const MutexLock lock(mutex_);
  writer_->write(accesses);
  recorded_ += accesses.size();
}

void Recorder::finish() {
  const MutexLock lock(mutex_);
  writer_->finish();
}

std::uint64_t Recorder::recorded() const {
  const MutexLock lock(mutex_);
  return recorded_;
}

}  // namespace cachebench::trace
