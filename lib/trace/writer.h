// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/reader.h"
#include "trace/request.h"

/// Writing traces. A file appears under its name only once `finish` returned; dropping the writer before
/// leaves nothing behind. A path that ends in `.zst` is compressed. One thread. Errors: Error{kInput} for a
/// record the format cannot hold, Error{kEnvironment} when the file cannot be written.
namespace cachebench::trace {

class Writer {
 public:
  virtual ~Writer() = default;
  [[nodiscard]] virtual TraceClass trace_class() const = 0;
  /// REQUIRES: a format of requests.
  virtual void write(const Request& request) = 0;
  /// REQUIRES: a format of objects. `next` of the records is not looked at.
  virtual void write(std::span<const ObjectAccess> accesses) = 0;
  virtual void finish() = 0;
};

/// Throws Error{kUsage} for an unknown format or one without a writer, naming those that have one.
[[nodiscard]] std::unique_ptr<Writer> create_trace(const std::string& path, std::string_view format,
                                                   const Header& header);

/// Names of the formats that can be written.
[[nodiscard]] std::vector<std::string> writable_formats();

/// Whether a format holds requests or objects. Same errors as create_trace.
[[nodiscard]] TraceClass class_of_format(std::string_view format);

}  // namespace cachebench::trace
