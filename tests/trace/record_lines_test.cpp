// SPDX-License-Identifier: Apache-2.0
#include "trace/record_lines.h"

#include <doctest/doctest.h>

#include "trace/fields.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

// A line is a time in seconds; objects have the size 1.
class Requests final : public RequestLines {
 public:
  Requests(const std::string& path, const ReadOptions& options)
      : RequestLines({open_source(path), options}, {}) {}

 private:
  void parse(std::string_view line, Request& out) override {
    out.arrival = std::chrono::seconds(parse_count(line, "time"));
  }
};

class Objects final : public ObjectLines {
 public:
  Objects(const std::string& path, const ReadOptions& options)
      : ObjectLines({open_source(path), options}, {}) {}

 private:
  bool is_heading(std::string_view line) override { return line == "time"; }
  void parse(std::string_view line, ObjectAccess& out) override {
    out.time_s = parse_real(line, "time");
    out.size = 1;
  }
};

std::vector<std::uint64_t> sequences(Requests& reader) {
  std::vector<std::uint64_t> result;
  Request request;
  while (reader.next(request)) result.push_back(request.sequence);
  return result;
}

}  // namespace

TEST_CASE("malformed lines are named with file and line, or skipped up to the limit given") {
  const TempDir folder;
  const std::string path = folder / "a.txt";
  write_text(path, "1\nx\n\n2\ny\n3\n");
  Requests strict(path, {});
  CHECK(contains(error_of([&] { sequences(strict); }), "a.txt:2: time 'x' is not a whole number"));
  Requests one(path, {.format = "", .skip_bad = 1});
  CHECK(contains(error_of([&] { sequences(one); }), "a.txt:5: "));
  CHECK(one.skipped() == 1);
  Requests two(path, {.format = "", .skip_bad = 2});
  CHECK(sequences(two) == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(two.skipped() == 2);
}

TEST_CASE("times that go back are malformed; the record before stays the measure") {
  const TempDir folder;
  const std::string path = folder / "a.txt";
  write_text(path, "5\n3\n4\n5\n6\n");
  Requests strict(path, {});
  CHECK(contains(error_of([&] { sequences(strict); }), "a.txt:2: out of order"));
  Requests tolerant(path, {.format = "", .skip_bad = 2});
  CHECK(sequences(tolerant).size() == 3);
  std::array<ObjectAccess, 8> batch;
  Objects objects(path, {});
  CHECK(contains(error_of([&] { objects.next(std::span(batch)); }), "a.txt:2: out of order: time 3 after 5"));
}

TEST_CASE("the limit counts records that were accepted, and what lies behind it is not looked at") {
  const TempDir folder;
  const std::string path = folder / "a.txt";
  write_text(path, "time\n1\n2\n3\nbroken\n");
  std::array<ObjectAccess, 8> batch;
  Objects objects(path, {.format = "", .skip_bad = 0, .limit = 3});
  CHECK(objects.next(std::span(batch)) == 3);
  CHECK(objects.next(std::span(batch)) == 0);
  Objects whole(path, {});
  CHECK(contains(error_of([&] { whole.next(std::span(batch)); }), "a.txt:5: "));
}

TEST_CASE("only the first line may name the columns") {
  const TempDir folder;
  write_text(folder / "a.txt", "1\ntime\n");
  std::array<ObjectAccess, 8> batch;
  Objects objects(folder / "a.txt", {});
  CHECK(contains(error_of([&] { objects.next(std::span(batch)); }), "a.txt:2: "));
}

TEST_CASE("whoever skips is told what, and where a record stood is known") {
  const TempDir folder;
  const std::string path = folder / "a.txt";
  write_text(path, "1\nx\n\n2\n");
  std::vector<std::string> told;
  Requests reader(path, {.format = "", .skip_bad = 9, .on_skip = [&](const std::string& reason) {
                           told.push_back(reason);
                         }});
  Request request;
  REQUIRE(reader.next(request));
  CHECK(reader.where() == path + ":1");
  REQUIRE(reader.next(request));
  CHECK(reader.where() == path + ":4");
  REQUIRE(told.size() == 1);
  CHECK(contains(told[0], "a.txt:2: time 'x' is not a whole number"));
}
