// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/check.h"
#include "core/error.h"

namespace cachebench {

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

MappedFile::MappedFile(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) throw system_error(ErrorKind::kInput, path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error(ErrorKind::kInput, path, errno);
  if (!S_ISREG(status.st_mode)) throw Error(ErrorKind::kInput, path + ": not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED) throw system_error(ErrorKind::kInput, path, errno);
  ::madvise(memory, size_, MADV_SEQUENTIAL);
  data_ = static_cast<const std::byte*>(memory);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path_, unknown);
  if (std::filesystem::is_directory(status)) throw system_error(ErrorKind::kEnvironment, path_, EISDIR);
  const bool in_place = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  if (!in_place) {
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(path_, unknown))) {
      path_ = std::filesystem::weakly_canonical(path_, unknown).string();
    }
    temporary_ = path_ + "." + std::to_string(::getpid()) + ".tmp";
  }
  file_ = std::fopen(in_place ? path_.c_str() : temporary_.c_str(), "wbe");
  if (file_ == nullptr) throw system_error(ErrorKind::kEnvironment, path_, errno);
}

AtomicFile::~AtomicFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> data) {
  if (std::fwrite(data.data(), 1, data.size(), file_) != data.size()) {
    throw system_error(ErrorKind::kEnvironment, path_, errno);
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void AtomicFile::commit() {
  CACHEBENCH_CHECK(file_ != nullptr, "{} committed twice", path_);
  if (std::fflush(file_) != 0) throw system_error(ErrorKind::kEnvironment, path_, errno);
  if (temporary_.empty()) return;  // devices and pipes have nothing to flush further
  if (::fsync(::fileno(file_)) != 0) throw system_error(ErrorKind::kEnvironment, path_, errno);
  const int closed = std::fclose(std::exchange(file_, nullptr));
  if (closed != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary_.c_str());
    throw system_error(ErrorKind::kEnvironment, path_, code);
  }
  // The rename itself is durable once the folder is flushed; a folder that cannot be opened is no reason to
  // fail.
  const auto parent = std::filesystem::path(path_).parent_path();
  const FileDescriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) ::fsync(folder.get());
}

void write_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void write_stdout(std::string_view text) {
  const std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  if (written != text.size() || std::fflush(stdout) != 0) {
    throw system_error(ErrorKind::kEnvironment, "standard output", errno);
  }
}

}  // namespace cachebench
