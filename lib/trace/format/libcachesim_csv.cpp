// SPDX-License-Identifier: Apache-2.0
// CSV as libCacheSim takes it: columns found by the names its samples use. Without a header line, the five
// columns of its own sample (version, time, operation, size, block) or four: time, object, size, next access.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "core/error.h"
#include "trace/fields.h"
#include "trace/record_lines.h"

namespace cachebench::trace {
namespace {

constexpr std::size_t kMostColumns = 16;
constexpr std::size_t kNoColumn = kMostColumns;

struct Columns {
  std::size_t time = kNoColumn;
  std::size_t object = kNoColumn;
  std::size_t size = kNoColumn;
  std::size_t next = kNoColumn;
  std::size_t count = 0;
  [[nodiscard]] bool complete() const {
    return time != kNoColumn && object != kNoColumn && size != kNoColumn;
  }
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// The columns a header line names; nothing when one that is needed is not there.
std::optional<Columns> columns_of(std::string_view line) {
  std::array<std::string_view, kMostColumns> names;
  Columns columns{.count = split_fields(line, names)};
  for (std::size_t i = 0; i < std::min(columns.count, kMostColumns); ++i) {
    std::string name = lower(names[i]);
    std::replace(name.begin(), name.end(), '-', '_');
    if (name.starts_with("# ")) name.erase(0, 2);
    if (name == "time" || name == "timestamp" || name == "real_time" || name == "clock_time") {
      columns.time = i;
    } else if (name == "obj_id" || name == "object" || name == "object_id" || name == "obj" || name == "id" ||
               name == "lbn") {
      columns.object = i;
    } else if (name == "size" || name == "obj_size" || name == "object_size") {
      columns.size = i;
    } else if (name == "next_access_vtime" || name == "next_access") {
      columns.next = i;
    }
  }
  if (!columns.complete()) return std::nullopt;
  return columns;
}

std::optional<Columns> columns_without_header(std::string_view line) {
  std::array<std::string_view, kMostColumns> fields;
  const std::size_t count = split_fields(line, fields);
  if (count == 5) return Columns{.time = 1, .object = 4, .size = 3, .next = kNoColumn, .count = 5};
  if (count == 4) return Columns{.time = 0, .object = 1, .size = 2, .next = 3, .count = 4};
  return std::nullopt;
}

void parse_record(std::string_view line, const Columns& columns, ObjectAccess& out) {
  std::array<std::string_view, kMostColumns> fields;
  const std::size_t count = split_fields(line, fields);
  if (count != columns.count) {
    throw Error(ErrorKind::kInput, fmt::format("{} fields, expected {}", count, columns.count));
  }
  out.time_s = parse_real(fields[columns.time], "time");
  out.key = parse_object_id(fields[columns.object]);
  out.size = parse_count(fields[columns.size], "size");
  if (columns.next == kNoColumn || fields[columns.next] == "-1") return;
  const std::uint64_t next = parse_count(fields[columns.next], "next access");
  out.next = next >= static_cast<std::uint64_t>(INT64_MAX) ? -1 : static_cast<std::int64_t>(next);
}

Header header_of_format() {
  Header header;
  header.format = "libcachesim-csv";
  return header;
}

class LibCacheSimCsvReader final : public ObjectLines {
 public:
  explicit LibCacheSimCsvReader(OpenSource open) : ObjectLines(std::move(open), header_of_format()) {}

 private:
  bool is_heading(std::string_view line) override {
    if (const std::optional<Columns> named = columns_of(line)) {
      columns_ = *named;
      return true;
    }
    const std::optional<Columns> usual = columns_without_header(line);
    if (!usual) {
      lines_.fail("neither a header line with the columns time, obj_id and size nor 4 or 5 fields");
    }
    columns_ = *usual;
    return false;
  }
  void parse(std::string_view line, ObjectAccess& out) override { parse_record(line, columns_, out); }
  Columns columns_;
};

int detect(const Probe& probe) {
  if (columns_of(probe.first_line)) return 90;
  try {
    const std::optional<Columns> columns = columns_without_header(probe.first_line);
    if (!columns) return 0;
    ObjectAccess access;
    parse_record(probe.first_line, *columns, access);
    return 50;
  } catch (const Error&) {
    return 0;
  }
}

CACHEBENCH_REGISTER(FormatDescriptor,
                    {.name = "libcachesim-csv",
                     .summary = "CSV of plain object accesses with libCacheSim's column names",
                     .trace_class = TraceClass::kObjects,
                     .detect = detect,
                     .open = [](OpenSource open) {
                       return std::make_unique<LibCacheSimCsvReader>(std::move(open));
                     }});

}  // namespace
}  // namespace cachebench::trace
