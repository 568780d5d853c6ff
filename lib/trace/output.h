// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/file.h"

/// The file a trace is written to: atomic, and zstd-compressed when its name ends in `.zst`. Buffered; one
/// thread. Errors: those of AtomicFile.
namespace cachebench::trace {

class TraceOutput {
 public:
  explicit TraceOutput(const std::string& path);
  ~TraceOutput();
  TraceOutput(const TraceOutput&) = delete;
  TraceOutput& operator=(const TraceOutput&) = delete;
  void write(std::string_view bytes);
  /// Flushes, ends the frame, and gives the file its name. Call once.
  void finish();

 private:
  struct Compressor;
  void flush(bool last);

  AtomicFile file_;
  std::unique_ptr<Compressor> compressor_;  ///< null: plain
  std::string buffer_;
};

}  // namespace cachebench::trace
