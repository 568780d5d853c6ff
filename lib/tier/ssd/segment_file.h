// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/file.h"
#include "tier/ssd/extent_allocator.h"
#include "tier/ssd/page.h"
#include "tier/ssd/segment_header.h"

namespace cachebench::tier {

/// One open segment file: page-aligned synchronous access, size, holes, and its header. For the reactor it
/// hands out the descriptor. Opened with O_DIRECT where the file system takes it, through the page cache
/// otherwise. Owns the descriptor, not the file on the disk. Thread-compatible. Every failing call throws
/// Error{kEnvironment} that names the file, unless it says otherwise.
class SegmentFile {
 public:
  enum class Start : std::uint8_t {
    kWarm,  ///< what is there is kept
    kCold,  ///< a segment file that is there is replaced; anything else is refused
  };

  SegmentFile(std::string path, Start start);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] bool is_direct() const { return direct_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Whether this object made the file that is now at the path.
  [[nodiscard]] bool was_created() const { return created_; }
  [[nodiscard]] std::uint64_t store_id() const { return header_.store_id; }
  /// Whether writes of an earlier process may have been lost or reordered by a loss of power.
  [[nodiscard]] bool may_have_lost_writes() const { return may_have_lost_writes_; }

  /// REQUIRES: page-aligned memory, offset and size. Reads whole pages; fewer than asked at the end of the
  /// file.
  [[nodiscard]] std::uint64_t read(std::uint64_t offset, std::span<std::byte> target) const;
  void write(std::uint64_t offset, std::span<const std::byte> source) const;
  /// The first stretch of data at or after `offset`, in whole pages; nothing when only a hole is left.
  [[nodiscard]] std::optional<Extent> next_data(std::uint64_t offset) const;
  void resize(std::uint64_t bytes);
  /// False where the file system cannot make holes.
  bool punch(const Extent& extent) const noexcept;
  /// Everything written so far is on the device.
  void sync() const;
  /// Says in the header that the file is complete. Failures are not reported: the next opening looks closer,
  /// no more.
  void mark_closed_in_order() noexcept;

 private:
  void create();
  void open_file();
  [[nodiscard]] PageBuffer first_page() const;
  void write_header(bool closed_in_order);

  std::string path_;
  FileDescriptor file_;
  bool direct_ = false;
  bool created_ = false;
  bool may_have_lost_writes_ = false;
  std::uint64_t size_ = 0;
  SegmentHeader header_;
};

}  // namespace cachebench::tier
