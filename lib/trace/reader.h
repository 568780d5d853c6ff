// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "trace/request.h"

/// Reading traces: streams that yield one record after the other, whatever the format.
namespace cachebench::trace {

enum class TraceClass : std::uint8_t { kRequests, kObjects };

struct ReadOptions {
  std::string format;                ///< registry name, "" = detect from content, then name
  std::uint64_t skip_bad = 0;        ///< malformed records tolerated and skipped before it is an error
  std::uint64_t limit = UINT64_MAX;  ///< records to read
  /// Told of each record that was skipped: "FILE:LINE: reason". May be empty.
  std::function<void(const std::string&)> on_skip{};
};

/// What a replay without time needs of an access.
struct KeyedSize {
  std::uint64_t key = 0;
  std::uint64_t size = 0;  ///< bytes
  bool operator==(const KeyedSize&) const = default;
};

/// A trace being read, front to back. One thread. Errors are Error{kInput} "FILE:LINE: reason" (record number
/// in binary formats); a truncated file is an error, never a short workload.
class Reader {
 public:
  virtual ~Reader() = default;
  [[nodiscard]] virtual const Header& header() const = 0;
  [[nodiscard]] virtual TraceClass trace_class() const = 0;
  /// Next request; false at the end. REQUIRES: a trace of requests.
  virtual bool next(Request& out) = 0;
  /// Fills `out` from the front, returns how many; 0 at the end. REQUIRES: a trace of objects.
  virtual std::size_t next(std::span<ObjectAccess> out) = 0;
  /// The same with keys and sizes alone, which a format of plain records yields sooner.
  virtual std::size_t next_keys(std::span<KeyedSize> out);
  /// "FILE:LINE" of the record read last, for errors that show later; in binary formats the file.
  [[nodiscard]] virtual std::string where() const = 0;
  /// Malformed records skipped so far.
  [[nodiscard]] virtual std::uint64_t skipped() const = 0;
};

/// Opens a trace, detecting the format unless it is given. Throws Error{kInput}; Error{kUsage} for an unknown
/// format name.
[[nodiscard]] std::unique_ptr<Reader> open_trace(const std::string& path, const ReadOptions& options = {});

}  // namespace cachebench::trace
