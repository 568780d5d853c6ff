// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/segment_scan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_set>
#include <utility>

#include "core/check.h"

namespace cachebench::tier {
namespace {

constexpr std::uint64_t kLargestWindow = std::uint64_t{1} << 20;

// Pages of a file one after the other, through a window that grows while the reader steps and shrinks to a
// page when it jumps: few bytes are read for large records, few calls are made for small ones and for
// leftovers.
class PageReader {
 public:
  explicit PageReader(const SegmentFile& file) : file_(file), buffer_(kLargestWindow) {
    CACHEBENCH_CHECK(buffer_.data() != nullptr, "no memory for {} bytes", kLargestWindow);
  }

  /// Empty at the end of the file. `end` bounds what is read ahead.
  std::span<const std::byte> page(std::uint64_t offset, std::uint64_t end) {
    if (offset < start_ || offset >= start_ + length_) {
      const bool near = offset >= start_ && offset - start_ <= 2 * kLargestWindow;
      window_ = near ? std::min(window_ * 2, kLargestWindow) : kPage;
      start_ = offset;
      length_ = file_.read(offset, buffer_.span().first(std::min(window_, std::max(end - offset, kPage))));
      if (length_ == 0) return {};
    }
    return buffer_.span().subspan(offset - start_, kPage);
  }

 private:
  const SegmentFile& file_;
  PageBuffer buffer_;
  std::uint64_t window_ = kPage;
  std::uint64_t start_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace

ScanResult scan_segment(const SegmentFile& file) {
  std::vector<RecordHeader> found;
  std::vector<std::uint64_t> cut_off;
  std::uint64_t highest = 0;
  PageReader reader(file);
  std::uint64_t offset = kPage;
  while (const std::optional<Extent> data = file.next_data(offset)) {
    offset = std::max(offset, data->offset);
    while (offset < data->end()) {
      const std::span<const std::byte> page = reader.page(offset, data->end());
      if (page.empty()) break;
      const std::optional<RecordHeader> header = decode_record_header(page, file.store_id(), offset);
      std::uint64_t step = kPage;
      if (header) highest = std::max(highest, header->sequence);
      if (header && header->state == RecordState::kLive) {
        if (offset + header->extent_bytes() > file.size()) {
          cut_off.push_back(offset);
        } else {
          found.push_back(*header);
          if (!file.may_have_lost_writes()) step = header->extent_bytes();
        }
      }
      offset += step;
    }
    offset = std::max(offset, data->end());
  }
  ScanResult result = resolve_overlaps(std::move(found));
  result.to_erase.insert(result.to_erase.end(), cut_off.begin(), cut_off.end());
  result.highest_sequence = std::max(result.highest_sequence, highest);
  return result;
}

ScanResult resolve_overlaps(std::vector<RecordHeader> found) {
  std::sort(found.begin(), found.end(), [](const RecordHeader& a, const RecordHeader& b) {
    return std::pair(a.sequence, a.offset) > std::pair(b.sequence, b.offset);
  });
  ScanResult result;
  if (!found.empty()) result.highest_sequence = found.front().sequence;
  std::map<std::uint64_t, const RecordHeader*> kept;  // by offset
  std::unordered_set<Key> keys;
  std::vector<std::uint64_t> dropped;
  for (const RecordHeader& record : found) {
    const auto next = kept.lower_bound(record.offset);
    const bool meets_next = next != kept.end() && next->first < record.offset + record.extent_bytes();
    const bool meets_previous =
        next != kept.begin() &&
        std::prev(next)->first + std::prev(next)->second->extent_bytes() > record.offset;
    if (meets_next || meets_previous || !keys.insert(record.info.key).second) {
      dropped.push_back(record.offset);
    } else {
      kept.emplace(record.offset, &record);
    }
  }
  for (const std::uint64_t offset : dropped) {
    // Inside a record that stays it is that record's payload, and not ours to touch.
    const auto next = kept.upper_bound(offset);
    const bool inside =
        next != kept.begin() && std::prev(next)->first + std::prev(next)->second->extent_bytes() > offset;
    if (!inside) result.to_erase.push_back(offset);
  }
  for (const auto& [offset, record] : kept) result.live.push_back(*record);
  return result;
}

}  // namespace cachebench::tier
