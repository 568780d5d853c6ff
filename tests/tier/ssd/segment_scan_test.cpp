// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/segment_scan.h"

#include <doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/rng.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

RecordHeader record(std::uint64_t page, std::uint64_t payload_pages, std::uint64_t sequence,
                    std::uint64_t key) {
  return {.sequence = sequence,
          .offset = page * kPage,
          .info = {.key = {0, key}, .meta = {{1}, DType::kU8}, .kind = ArtefactKind::kObject},
          .payload_bytes = payload_pages * kPage,
          .stored_bytes = payload_pages * kPage};
}

void put(const SegmentFile& file, RecordHeader header, bool with_payload = true) {
  header.store_id = file.store_id();
  PageBuffer page(kPage);
  encode_record_header(header, page.span());
  file.write(header.offset, page.span());
  if (!with_payload || header.stored_bytes == 0) return;
  PageBuffer payload(header.stored_bytes);
  std::memset(payload.data(), 0x77, header.stored_bytes);
  file.write(header.offset + kPage, payload.span());
}

std::vector<std::uint64_t> keys(const ScanResult& result) {
  std::vector<std::uint64_t> found;
  for (const RecordHeader& header : result.live) found.push_back(header.info.key.lo);
  return found;
}

// Makes the file look as after a loss of power: of another boot, and not closed.
void lose_power(const std::string& path, std::uint64_t store_id) {
  SegmentHeader header{.store_id = store_id, .closed_in_order = false, .boot_id = {}};
  header.boot_id.fill(std::byte{1});
  PageBuffer page(kPage);
  encode_segment_header(header, page.span());
  std::string text = testing::read_text(path);
  std::memcpy(text.data(), page.data(), kPage);
  testing::write_text(path, text);
}

}  // namespace

TEST_CASE("the index is what was written, through holes, leftovers and erased records") {
  const testing::TempDir dir;
  SegmentFile file(dir / "file", SegmentFile::Start::kWarm);
  file.resize(5'000 * kPage);
  put(file, record(1, 3, 10, 100));
  put(file, record(5, 0, 11, 101));
  RecordHeader erased = record(6, 2, 12, 102);
  erased.state = RecordState::kErased;
  put(file, erased);
  put(file, record(400, 300, 13, 103));  // payload of 1.2 MiB that nobody reads
  put(file, record(701, 1, 14, 104));
  put(file, record(4'999, 0, 15, 105));
  const ScanResult result = scan_segment(file);
  CHECK(keys(result) == std::vector<std::uint64_t>{100, 101, 103, 104, 105});
  CHECK(result.to_erase.empty());
  CHECK(result.highest_sequence == 15);
}

TEST_CASE("headers inside a payload are seen only where writes may have been lost") {
  const testing::TempDir dir;
  const std::string path = dir / "file";
  std::uint64_t id = 0;
  {
    SegmentFile file(path, SegmentFile::Start::kWarm);
    id = file.store_id();
    file.resize(100 * kPage);
    put(file, record(1, 20, 5, 1));  // its erasure was lost …
    put(file, record(10, 2, 9, 2));  // … and this one written since
    put(file, record(30, 5, 7, 3));
    put(file, record(50, 1, 8, 3));  // the same key, newer
  }
  {
    const ScanResult result = scan_segment(SegmentFile(path, SegmentFile::Start::kWarm));
    CHECK(keys(result) == std::vector<std::uint64_t>{1, 3});
    CHECK(result.live[1].offset == 50 * kPage);
    CHECK(result.to_erase == std::vector<std::uint64_t>{30 * kPage});
  }
  lose_power(path, id);
  const ScanResult result = scan_segment(SegmentFile(path, SegmentFile::Start::kWarm));
  CHECK(keys(result) == std::vector<std::uint64_t>{2, 3});
  auto to_erase = result.to_erase;
  std::sort(to_erase.begin(), to_erase.end());
  CHECK(to_erase == std::vector<std::uint64_t>{kPage, 30 * kPage});
}

TEST_CASE("a record that reaches beyond the end is dropped and its header erased") {
  const testing::TempDir dir;
  SegmentFile file(dir / "file", SegmentFile::Start::kWarm);
  put(file, record(1, 2, 1, 1));
  put(file, record(4, 5, 2, 2));
  file.resize(8 * kPage + 7);
  const ScanResult result = scan_segment(file);
  CHECK(keys(result) == std::vector<std::uint64_t>{1});
  CHECK(result.to_erase == std::vector<std::uint64_t>{4 * kPage});
}

TEST_CASE("overlaps and repeated keys: the newest stays, whatever the order") {
  Rng rng(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<RecordHeader> found;
    for (std::uint64_t i = 0; i < 30; ++i) {
      found.push_back(record(1 + rng.below(60), rng.below(8), 1 + rng.below(1'000), rng.below(40)));
    }
    // The obvious way: newest first, each against all that were kept.
    std::vector<RecordHeader> order = found;
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return a.sequence != b.sequence ? a.sequence > b.sequence : a.offset > b.offset;
    });
    std::vector<RecordHeader> kept;
    for (const RecordHeader& one : order) {
      const bool clashes = std::any_of(kept.begin(), kept.end(), [&](const RecordHeader& other) {
        return one.info.key == other.info.key || (one.offset < other.offset + other.extent_bytes() &&
                                                  other.offset < one.offset + one.extent_bytes());
      });
      if (!clashes) kept.push_back(one);
    }
    std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    const ScanResult result = resolve_overlaps(found);
    REQUIRE(result.live.size() == kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      CHECK(result.live[i].offset == kept[i].offset);
      CHECK(result.live[i].sequence == kept[i].sequence);
    }
    for (const std::uint64_t offset : result.to_erase) {
      CHECK(std::none_of(kept.begin(), kept.end(), [&](const RecordHeader& one) {
        return offset >= one.offset && offset < one.offset + one.extent_bytes();
      }));
    }
  }
}

TEST_CASE("any bytes at all can be scanned") {
  const testing::TempDir dir;
  SegmentFile file(dir / "file", SegmentFile::Start::kWarm);
  for (std::uint64_t page = 1; page < 40; page += 4) put(file, record(page, 2, page, page));
  PageBuffer buffer(kPage);
  Rng rng(8);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t at = (1 + rng.below(42)) * kPage;
    if (file.read(at, buffer.span()) != kPage) continue;
    buffer.data()[rng.below(kPage)] ^= static_cast<std::byte>(1U << rng.below(8));
    file.write(at, buffer.span());
    const ScanResult result = scan_segment(file);
    for (const RecordHeader& header : result.live) CHECK(header.info.key.lo == header.offset / kPage);
  }
  CHECK(scan_segment(file).live.size() < 10);
}
