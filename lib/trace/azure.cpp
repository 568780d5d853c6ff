// SPDX-License-Identifier: Apache-2.0
#include "trace/azure.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "core/error.h"
#include "trace/fields.h"
#include "trace/record_lines.h"

namespace cachebench::trace {
namespace {

constexpr std::size_t kMostColumns = 4;

Header header_of(const std::string& format) {
  Header header;
  header.format = format;
  header.lengths_only = true;
  return header;
}

class AzureReader final : public RequestLines {
 public:
  AzureReader(OpenSource open, AzureColumns columns)
      : RequestLines(std::move(open), header_of(columns.format)), columns_(std::move(columns)) {
    std::string_view line;
    const std::string expected = fmt::format("{}", fmt::join(columns_.names, ","));
    if (!lines_.next(line) || line != expected) lines_.fail("the header line is not " + expected);
  }

 private:
  void parse(std::string_view line, Request& out) override {
    std::array<std::string_view, kMostColumns> fields;
    const std::size_t count = split_fields(line, fields);
    if (count != columns_.names.size()) {
      throw Error(ErrorKind::kInput, fmt::format("{} fields, expected {}", count, columns_.names.size()));
    }
    out.id = out.sequence;
    Nanoseconds time{0};
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& name = columns_.names[i];
      if (name == "TIMESTAMP") {
        time = parse_timestamp(fields[i]);
      } else if (name == "NumImages") {
        out.image_count = parse_count(fields[i], name);
      } else if (name == "ContextTokens") {
        out.input_tokens = parse_count(fields[i], name);
      } else {
        out.output_tokens = parse_count(fields[i], name);
      }
    }
    if (!first_) first_ = time;
    if (time < *first_) throw Error(ErrorKind::kInput, "out of order: TIMESTAMP lies before the first one");
    out.arrival = time - *first_;
  }

  AzureColumns columns_;
  std::optional<Nanoseconds> first_;
};

}  // namespace

std::unique_ptr<Reader> open_azure(OpenSource open, const AzureColumns& columns) {
  return std::make_unique<AzureReader>(std::move(open), columns);
}

int detect_azure(const Probe& probe, const AzureColumns& columns) {
  return probe.first_line == fmt::format("{}", fmt::join(columns.names, ",")) ? 100 : 0;
}

}  // namespace cachebench::trace
