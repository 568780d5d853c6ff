// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/segment_file.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/check.h"
#include "core/error.h"

namespace cachebench::tier {
namespace {

std::uint64_t random_id() {
  std::uint64_t id = 0;
  if (getrandom(&id, sizeof id, 0) != sizeof id) id = static_cast<std::uint64_t>(getpid());
  return id;
}

Error failed(const std::string& path, const char* what) {
  return system_error(ErrorKind::kEnvironment, path + ": " + what, errno);
}

PageBuffer page_buffer() {
  PageBuffer page(kPage);
  CACHEBENCH_CHECK(page.data() != nullptr, "no memory for a page");
  return page;
}

}  // namespace

SegmentFile::SegmentFile(std::string path, Start start) : path_(std::move(path)) {
  struct stat status {};
  const bool exists = stat(path_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::kEnvironment, path_ + ": not a regular file; name another cache directory");
  }
  // A file without a byte is one whose creation was cut short by an older program or a full disk.
  const bool fresh = !exists || status.st_size == 0;
  if (fresh) create();
  open_file();
  if (!fresh && start == Start::kCold) {
    // Whatever its version and state, but nobody else's.
    const PageBuffer page = first_page();
    if (!is_segment_header(page.span())) header_ = decode_segment_header(page.span(), path_);
    create();
    open_file();
  }
  header_ = decode_segment_header(first_page().span(), path_);
  const BootId boot_id = current_boot_id();
  may_have_lost_writes_ = !header_.closed_in_order && (header_.boot_id != boot_id || boot_id == BootId{});
  header_.boot_id = boot_id;
  write_header(false);
}

// Under another name first, so that a kill leaves no file without a header.
void SegmentFile::create() {
  const std::string fresh = path_ + ".new";
  PageBuffer page = page_buffer();
  encode_segment_header({.store_id = random_id(), .closed_in_order = true, .boot_id = {}}, page.span());
  {
    const FileDescriptor file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file.is_open()) throw failed(fresh, "cannot create");
    if (::write(file.get(), page.data(), kPage) != static_cast<ssize_t>(kPage)) {
      const Error error = failed(fresh, "cannot write");
      unlink(fresh.c_str());
      throw error;
    }
  }
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) {
    const Error error = failed(path_, "cannot create");
    unlink(fresh.c_str());
    throw error;
  }
  created_ = true;
}

void SegmentFile::open_file() {
  direct_ = true;
  file_ = FileDescriptor(open(path_.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
  if (file_.is_open()) {
    // Some file systems take the flag and refuse the transfer.
    PageBuffer page = page_buffer();
    if (pread(file_.get(), page.data(), kPage, 0) < 0 && errno == EINVAL) direct_ = false;
  } else if (errno == EINVAL) {
    direct_ = false;
  } else {
    throw failed(path_, "cannot open");
  }
  if (!direct_) file_ = FileDescriptor(open(path_.c_str(), O_RDWR | O_CLOEXEC));
  struct stat status {};
  if (!file_.is_open() || fstat(file_.get(), &status) != 0) throw failed(path_, "cannot open");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

// Zeros, which is nobody's header, where the file is shorter.
PageBuffer SegmentFile::first_page() const {
  PageBuffer page = page_buffer();
  if (read(0, page.span()) != kPage) std::fill_n(page.data(), kPage, std::byte{0});
  return page;
}

std::uint64_t SegmentFile::read(std::uint64_t offset, std::span<std::byte> target) const {
  std::uint64_t done = 0;
  while (done < target.size()) {
    const ssize_t n =
        pread(file_.get(), target.data() + done, target.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw failed(path_, "cannot read");
    if (n == 0) break;
    done += static_cast<std::uint64_t>(n);
    if (done % kPage != 0) break;  // the end of a file that was cut off
  }
  return done / kPage * kPage;
}

void SegmentFile::write(std::uint64_t offset, std::span<const std::byte> source) const {
  while (!source.empty()) {
    const ssize_t n = pwrite(file_.get(), source.data(), source.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw failed(path_, "cannot write");
    offset += static_cast<std::uint64_t>(n);
    source = source.subspan(static_cast<std::size_t>(n));
  }
}

std::optional<Extent> SegmentFile::next_data(std::uint64_t offset) const {
  const off_t data = lseek(file_.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) {
    if (errno == ENXIO) return std::nullopt;
    throw failed(path_, "cannot look for data");
  }
  const off_t hole = lseek(file_.get(), data, SEEK_HOLE);
  if (hole < 0) throw failed(path_, "cannot look for holes");
  const std::uint64_t start = static_cast<std::uint64_t>(data) / kPage * kPage;
  const std::uint64_t end = round_up_to_page(static_cast<std::uint64_t>(hole));
  return Extent{start, end - start};
}

void SegmentFile::resize(std::uint64_t bytes) {
  if (ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) throw failed(path_, "cannot change its size");
  size_ = bytes;
}

bool SegmentFile::punch(const Extent& extent) const noexcept {
  return fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(extent.offset),
                   static_cast<off_t>(extent.bytes)) == 0;
}

void SegmentFile::sync() const {
  if (fdatasync(file_.get()) != 0) throw failed(path_, "cannot flush");
}

void SegmentFile::mark_closed_in_order() noexcept {
  try {
    sync();
    write_header(true);
    sync();
  } catch (const Error&) {
    // As a kill would have left it.
  }
}

void SegmentFile::write_header(bool closed_in_order) {
  header_.closed_in_order = closed_in_order;
  PageBuffer page = page_buffer();
  encode_segment_header(header_, page.span());
  write(0, page.span());
}

}  // namespace cachebench::tier
