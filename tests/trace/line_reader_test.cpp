// SPDX-License-Identifier: Apache-2.0
#include "trace/line_reader.h"

#include <doctest/doctest.h>

#include "trace/output.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  const auto source = open_source(path);
  LineReader reader(*source);
  std::vector<std::string> lines;
  std::string_view line;
  while (reader.next(line)) {
    lines.emplace_back(line);
    CHECK(reader.number() == lines.size());
  }
  return lines;
}

}  // namespace

TEST_CASE("lines end in LF or CR LF, the last one in nothing") {
  const TempDir folder;
  write_text(folder / "a", "one\r\n\ntwo\nthree");
  CHECK(lines_of(folder / "a") == std::vector<std::string>{"one", "", "two", "three"});
  write_text(folder / "b", "one\n");
  CHECK(lines_of(folder / "b") == std::vector<std::string>{"one"});
  write_text(folder / "c", "");
  CHECK(lines_of(folder / "c").empty());
}

TEST_CASE("lines that cross the pieces of a compressed file stay whole") {
  const TempDir folder;
  std::vector<std::string> expected;
  TraceOutput output(folder / "a.zst");
  for (std::size_t i = 0; i < 400; ++i) {
    expected.push_back(std::string(i * 13, static_cast<char>('a' + i % 26)));
    output.write(expected.back() + "\n");
  }
  output.finish();
  CHECK(lines_of(folder / "a.zst") == expected);
}

TEST_CASE("a line without end is refused, not swallowed") {
  const TempDir folder;
  TraceOutput output(folder / "a.zst");
  output.write("fine\n");
  const std::string piece(std::size_t{1} << 20, 'x');
  for (std::size_t i = 0; i <= LineReader::kLongestLine >> 20; ++i) output.write(piece);
  output.finish();
  CHECK(contains(error_of([&] { lines_of(folder / "a.zst"); }), "a.zst:2: line is longer than 64 MiB"));
}
