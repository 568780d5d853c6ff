// SPDX-License-Identifier: Apache-2.0
// Plain object accesses: time,key,size[,kind], with or without a header line. Time in seconds.
#include <fmt/format.h>

#include <utility>

#include <array>

#include "core/check.h"
#include "core/error.h"
#include "core/nearest.h"
#include "trace/fields.h"
#include "trace/output.h"
#include "trace/record_lines.h"

namespace cachebench::trace {
namespace {

constexpr std::string_view kHeaderLine = "time,key,size";
constexpr std::size_t kMostColumns = 4;

ArtefactKind parse_kind(std::string_view name) {
  std::vector<std::string> known;
  for (int i = 0; i < kArtefactKinds; ++i) {
    const auto kind = static_cast<ArtefactKind>(i);
    if (name == cachebench::name_of(kind)) return kind;
    known.emplace_back(cachebench::name_of(kind));
  }
  throw Error(ErrorKind::kInput, unknown_name("kind", name, known));
}

void parse_record(std::string_view line, ObjectAccess& out) {
  std::array<std::string_view, kMostColumns> fields;
  const std::size_t count = split_fields(line, fields);
  if (count != 3 && count != kMostColumns) {
    throw Error(ErrorKind::kInput, fmt::format("{} fields, expected time,key,size[,kind]", count));
  }
  out.time_s = parse_real(fields[0], "time");
  out.key = parse_object_id(fields[1]);
  out.size = parse_count(fields[2], "size");
  if (count == kMostColumns) out.kind = parse_kind(fields[3]);
}

Header header_of_format() {
  Header header;
  header.format = "csv";
  return header;
}

class CsvReader final : public ObjectLines {
 public:
  explicit CsvReader(OpenSource open) : ObjectLines(std::move(open), header_of_format()) {}

 private:
  [[nodiscard]] bool is_heading(std::string_view line) override { return line.starts_with(kHeaderLine); }
  void parse(std::string_view line, ObjectAccess& out) override { parse_record(line, out); }
};

class CsvWriter final : public Writer {
 public:
  explicit CsvWriter(const std::string& path) : output_(path) {}
  [[nodiscard]] TraceClass trace_class() const override { return TraceClass::kObjects; }
  void write(const Request& /*request*/) override { CACHEBENCH_CHECK(false, "the csv format holds objects"); }

  void write(std::span<const ObjectAccess> accesses) override {
    for (const ObjectAccess& access : accesses) {
      // Kinds are either all there or not at all, as the first record says.
      if (!started_) start(access.kind != ArtefactKind::kObject);
      text_.clear();
      fmt::format_to(std::back_inserter(text_), "{},{},{}", access.time_s, access.key, access.size);
      if (kinds_) fmt::format_to(std::back_inserter(text_), ",{}", cachebench::name_of(access.kind));
      text_ += '\n';
      output_.write(text_);
    }
  }
  void finish() override {
    if (!started_) start(false);
    output_.finish();
  }

 private:
  void start(bool kinds) {
    started_ = true;
    kinds_ = kinds;
    output_.write(kHeaderLine);
    output_.write(kinds ? ",kind\n" : "\n");
  }
  TraceOutput output_;
  std::string text_;
  bool started_ = false;
  bool kinds_ = false;
};

int detect(const Probe& probe) {
  if (probe.first_line.starts_with(kHeaderLine)) return 95;
  try {
    ObjectAccess access;
    parse_record(probe.first_line, access);
    return 70;
  } catch (const Error&) {
    // A first line that is broken is still a line of a file so named.
    return probe.name.ends_with(".csv") ? 10 : 0;
  }
}

CACHEBENCH_REGISTER(FormatDescriptor,
                    {.name = "csv",
                     .summary = "time,key,size[,kind] of plain object accesses",
                     .trace_class = TraceClass::kObjects,
                     .detect = detect,
                     .open = [](OpenSource open) { return std::make_unique<CsvReader>(std::move(open)); },
                     .create = [](const std::string& path,
                                  const Header&) { return std::make_unique<CsvWriter>(path); }});

}  // namespace
}  // namespace cachebench::trace
