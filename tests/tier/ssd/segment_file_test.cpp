// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/segment_file.h"

#include <doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::tier;
namespace fs = std::filesystem;

namespace {

constexpr auto kWarm = SegmentFile::Start::kWarm;
constexpr auto kCold = SegmentFile::Start::kCold;

PageBuffer filled(std::uint64_t bytes, int value) {
  PageBuffer buffer(bytes);
  std::fill_n(buffer.data(), bytes, static_cast<std::byte>(value));
  return buffer;
}

}  // namespace

TEST_CASE("a segment file keeps its identity until a cold start") {
  const testing::TempDir dir;
  const std::string path = dir / "file";
  std::uint64_t id = 0;
  {
    const SegmentFile file(path, kWarm);
    CHECK(file.was_created());
    CHECK(file.size() == kPage);
    id = file.store_id();
  }
  {
    const SegmentFile file(path, kWarm);
    CHECK_FALSE(file.was_created());
    CHECK(file.store_id() == id);
  }
  const SegmentFile file(path, kCold);
  CHECK(file.was_created());
  CHECK(file.store_id() != id);
  CHECK_FALSE(fs::exists(path + ".new"));
}

TEST_CASE(
    "a kill within one boot loses no write; a change of boot may, unless the file was closed in order") {
  const testing::TempDir dir;
  const std::string path = dir / "file";
  { const SegmentFile file(path, kWarm); }  // as a kill leaves it
  { CHECK_FALSE(SegmentFile(path, kWarm).may_have_lost_writes()); }
  const auto set_header = [&](bool closed) {
    SegmentHeader header{.store_id = 1, .closed_in_order = closed, .boot_id = {}};
    header.boot_id.fill(std::byte{1});
    PageBuffer page(kPage);
    encode_segment_header(header, page.span());
    testing::write_text(path, {reinterpret_cast<const char*>(page.data()), kPage});
  };
  set_header(false);
  { CHECK(SegmentFile(path, kWarm).may_have_lost_writes()); }
  set_header(true);
  { CHECK_FALSE(SegmentFile(path, kWarm).may_have_lost_writes()); }
  SegmentFile(path, kWarm).mark_closed_in_order();
  CHECK_FALSE(SegmentFile(path, kWarm).may_have_lost_writes());
}

TEST_CASE("pages are read back as written, to the end of the file and no further") {
  const testing::TempDir dir;
  SegmentFile file(dir / "file", kWarm);
  const PageBuffer data = filled(3 * kPage, 9);
  file.write(5 * kPage, data.span());
  PageBuffer back = filled(8 * kPage, 0);
  CHECK(file.read(5 * kPage, back.span()) == 3 * kPage);
  CHECK(std::equal(data.data(), data.data() + data.size(), back.data()));
  CHECK(file.read(8 * kPage, back.span()) == 0);
  file.resize(6 * kPage + 100);
  CHECK(file.read(5 * kPage, back.span()) == kPage);
}

TEST_CASE("data is found between the holes") {
  const testing::TempDir dir;
  SegmentFile file(dir / "file", kWarm);
  file.resize(64 * kPage);
  file.write(40 * kPage, filled(2 * kPage, 1).span());
  const auto data = file.next_data(kPage);
  REQUIRE(data.has_value());
  // A file system that knows no holes calls everything data.
  CHECK(data->end() >= 42 * kPage);
  CHECK(data->offset <= 40 * kPage);
  if (file.punch({40 * kPage, kPage})) {
    PageBuffer back = filled(kPage, 1);
    CHECK(file.read(40 * kPage, back.span()) == kPage);
    CHECK(back.data()[0] == std::byte{0});
  }
  CHECK_FALSE(file.next_data(64 * kPage).has_value());
}

TEST_CASE("files that are not ours are refused, cold or warm, and left as they are") {
  const testing::TempDir dir;
  testing::write_text(dir / "foreign", "somebody's diary");
  for (const auto start : {kWarm, kCold}) {
    CHECK_THROWS_AS(SegmentFile(dir / "foreign", start), Error);
    CHECK(testing::read_text(dir / "foreign") == "somebody's diary");
  }
  fs::create_directory(dir / "folder");
  CHECK_THROWS_AS(SegmentFile(dir / "folder", kCold), Error);
  CHECK_THROWS_AS(SegmentFile("/proc/self/file", kWarm), Error);
}

TEST_CASE("a file without a byte is a fresh one; a damaged or later one gives way to a cold start alone") {
  const testing::TempDir dir;
  testing::write_text(dir / "file", "");
  { CHECK(SegmentFile(dir / "file", kWarm).was_created()); }
  std::string text = testing::read_text(dir / "file");
  text[8] = 9;  // the version
  testing::write_text(dir / "file", text);
  CHECK_THROWS_AS(SegmentFile(dir / "file", kWarm), Error);
  CHECK(SegmentFile(dir / "file", kCold).was_created());
}
