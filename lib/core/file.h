// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <string_view>

/// Files as the project uses them: whole-file read views, and outputs that appear complete or not at all.
namespace cachebench {

/// Move-only file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A read-only mapping of a whole regular file. Throws Error{kInput} when it is missing or unreadable.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// An output file that exists under its final name only once it is whole: written to a sibling temporary,
/// flushed to the device, then renamed. Dropping it without `commit` removes the temporary. A device or pipe
/// (`/dev/null`, `/dev/stdout`) is written in place and never replaced; a link is followed.
/// Throws Error{kEnvironment} on any failure (full disk, no permission, a folder of that name).
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::span<const std::byte> data);
  void write(std::string_view text);
  void commit();

 private:
  std::string path_;
  std::string temporary_;  ///< empty when writing in place
  std::FILE* file_ = nullptr;
};

/// AtomicFile in one call.
void write_file(const std::string& path, std::string_view text);

/// Writes to standard output and flushes. Throws Error{kEnvironment} when it is closed or full.
void write_stdout(std::string_view text);

}  // namespace cachebench
