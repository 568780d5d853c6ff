// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "trace/format.h"
#include "trace/line_reader.h"

/// What readers of line formats share: line numbers in errors, malformed lines tolerated up to a limit, order
/// of times, the number of records to read. A format derives from RequestLines or ObjectLines and implements
/// `parse`, which throws Error{kInput} with the reason alone. Blank lines are passed over. One thread.
namespace cachebench::trace {

/// Lines, counted, with their mistakes.
class RecordLines {
 public:
  explicit RecordLines(OpenSource open);
  /// The next line that is not blank. False at the end, or once `limit` records were accepted.
  bool next(std::string_view& line);
  /// Counts a record towards the limit.
  void accept() { ++accepted_; }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  /// A line that could not be used: counts it as skipped, or throws "FILE:LINE: reason" when too many were.
  void reject(std::string_view reason);
  /// Throws "FILE:LINE: reason" whatever is tolerated.
  [[noreturn]] void fail(std::string_view reason) const;
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] const std::string& path() const { return source_->path(); }
  /// "FILE:LINE" of the line read last.
  [[nodiscard]] std::string where() const;
  [[nodiscard]] bool limited() const { return options_.limit != UINT64_MAX; }

 private:
  std::unique_ptr<ByteSource> source_;
  ReadOptions options_;
  LineReader lines_;
  std::uint64_t accepted_ = 0;
  std::uint64_t skipped_ = 0;
};

class RequestLines : public Reader {
 public:
  [[nodiscard]] const Header& header() const final { return header_; }
  [[nodiscard]] TraceClass trace_class() const final { return TraceClass::kRequests; }
  bool next(Request& out) final;
  std::size_t next(std::span<ObjectAccess> out) final;
  [[nodiscard]] std::string where() const final { return lines_.where(); }
  [[nodiscard]] std::uint64_t skipped() const final { return lines_.skipped(); }

 protected:
  RequestLines(OpenSource open, Header header);
  /// Fills `out`, which is empty but for its sequence.
  virtual void parse(std::string_view line, Request& out) = 0;
  /// Called once, when the file has ended before the limit.
  virtual void at_end() {}
  RecordLines lines_;
  Header header_;

 private:
  Nanoseconds last_arrival_{0};
};

class ObjectLines : public Reader {
 public:
  [[nodiscard]] const Header& header() const final { return header_; }
  [[nodiscard]] TraceClass trace_class() const final { return TraceClass::kObjects; }
  bool next(Request& out) final;
  std::size_t next(std::span<ObjectAccess> out) final;
  [[nodiscard]] std::string where() const final { return lines_.where(); }
  [[nodiscard]] std::uint64_t skipped() const final { return lines_.skipped(); }

 protected:
  ObjectLines(OpenSource open, Header header);
  virtual void parse(std::string_view line, ObjectAccess& out) = 0;
  /// Whether the first line names the columns.
  [[nodiscard]] virtual bool is_heading(std::string_view line) = 0;
  RecordLines lines_;
  Header header_;

 private:
  double last_time_ = 0;
  bool first_line_ = true;
};

}  // namespace cachebench::trace
