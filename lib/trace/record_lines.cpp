// SPDX-License-Identifier: Apache-2.0
#include "trace/record_lines.h"

#include <fmt/format.h>

#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "trace/fields.h"

namespace cachebench::trace {

RecordLines::RecordLines(OpenSource open)
    : source_(std::move(open.source)), options_(std::move(open.options)), lines_(*source_) {}

bool RecordLines::next(std::string_view& line) {
  if (accepted_ >= options_.limit) return false;
  while (lines_.next(line)) {
    if (!trimmed(line).empty()) return true;
  }
  return false;
}

void RecordLines::reject(std::string_view reason) {
  if (skipped_ >= options_.skip_bad) fail(reason);
  ++skipped_;
  if (options_.on_skip) options_.on_skip(fmt::format("{}: {}", where(), reason));
}

std::string RecordLines::where() const {
  return fmt::format("{}:{}", path(), lines_.number());
}

void RecordLines::fail(std::string_view reason) const {
  throw Error(ErrorKind::kInput, skipped_ == 0
                                     ? fmt::format("{}:{}: {}", path(), lines_.number(), reason)
                                     : fmt::format("{}:{}: {} (after {} malformed records were skipped)",
                                                   path(), lines_.number(), reason, skipped_));
}

RequestLines::RequestLines(OpenSource open, Header header)
    : lines_(std::move(open)), header_(std::move(header)) {}

bool RequestLines::next(Request& out) {
  std::string_view line;
  while (lines_.next(line)) {
    try {
      out = Request{};
      out.sequence = lines_.accepted();
      parse(line, out);
      if (out.arrival < last_arrival_) {
        throw Error(ErrorKind::kInput,
                    fmt::format("out of order: its time lies {} before the record before it",
                                format_duration(last_arrival_ - out.arrival)));
      }
      last_arrival_ = out.arrival;
      lines_.accept();
      return true;
    } catch (const Error& error) {
      lines_.reject(error.what());
    }
  }
  at_end();
  return false;
}

std::size_t RequestLines::next(std::span<ObjectAccess> /*out*/) {
  CACHEBENCH_CHECK(false, "{} is a trace of requests", lines_.path());
  return 0;
}

ObjectLines::ObjectLines(OpenSource open, Header header)
    : lines_(std::move(open)), header_(std::move(header)) {}

bool ObjectLines::next(Request& /*out*/) {
  CACHEBENCH_CHECK(false, "{} is a trace of objects", lines_.path());
  return false;
}

std::size_t ObjectLines::next(std::span<ObjectAccess> out) {
  std::size_t count = 0;
  std::string_view line;
  while (count < out.size() && lines_.next(line)) {
    if (std::exchange(first_line_, false) && is_heading(line)) continue;
    try {
      ObjectAccess& access = out[count];
      access = ObjectAccess{};
      parse(line, access);
      if (access.size == 0) throw Error(ErrorKind::kInput, "size is 0");
      if (access.time_s < last_time_) {
        throw Error(ErrorKind::kInput,
                    fmt::format("out of order: time {} after {}", access.time_s, last_time_));
      }
      last_time_ = access.time_s;
      lines_.accept();
      ++count;
    } catch (const Error& error) {
      lines_.reject(error.what());
    }
  }
  return count;
}

}  // namespace cachebench::trace
