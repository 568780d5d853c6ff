// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/store_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "core/error.h"

namespace cachebench::tier {
namespace {

constexpr const char* kLockName = "cachebench.lock";

std::string make_temporary_folder() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/cachebench-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    throw system_error(ErrorKind::kEnvironment, pattern + ": cannot create a temporary cache directory",
                       errno);
  }
  return pattern;
}

// Who wrote the lock file, for the message; "another process" when it says nothing sensible.
std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t length = pread(fd, text.data(), text.size() - 1, 0);
  const long pid = length > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
  return pid > 0 ? fmt::format("process {}", pid) : "another process";
}

// Whether `path` still names the file behind `fd`: its last user removes it on leaving.
bool is_current(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

StoreDirectory::StoreDirectory(const std::string& path, AtEnd at_end) : path_(path), at_end_(at_end) {
  create();
  try {
    lock();
  } catch (...) {
    if (created_) rmdir(path_.c_str());
    throw;
  }
}

StoreDirectory::~StoreDirectory() {
  if (at_end_ == AtEnd::kKeep) return;
  for (const std::string& path : adopted_) unlink(path.c_str());
  unlink((*this / kLockName).c_str());  // while the lock is held, so that nobody else's is removed
  if (created_) rmdir(path_.c_str());   // fails, as it should, where somebody put something inside
}

bool StoreDirectory::removes(const std::string& path) const {
  return at_end_ == AtEnd::kRemove && std::find(adopted_.begin(), adopted_.end(), path) != adopted_.end();
}

void StoreDirectory::create() {
  if (path_.empty()) {
    path_ = make_temporary_folder();
    created_ = true;
    at_end_ = AtEnd::kRemove;
    return;
  }
  if (mkdir(path_.c_str(), 0777) == 0) {
    created_ = true;
  } else if (errno != EEXIST) {
    throw system_error(ErrorKind::kEnvironment, path_ + ": cannot create the cache directory", errno);
  }
}

void StoreDirectory::lock() {
  const std::string name = *this / kLockName;
  for (;;) {
    FileDescriptor file(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file.is_open()) {
      throw system_error(ErrorKind::kEnvironment, name + ": cannot write in the cache directory", errno);
    }
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) throw system_error(ErrorKind::kEnvironment, name + ": cannot lock", errno);
      throw Error(ErrorKind::kEnvironment,
                  fmt::format("{}: the cache directory is in use by {}; wait for it or name another", path_,
                              holder_of(file.get())));
    }
    if (!is_current(file.get(), name)) continue;
    const std::string pid = fmt::format("{}\n", getpid());
    // The number is only for a message: a full disk must not keep the cache from opening.
    if (ftruncate(file.get(), 0) == 0) {
      [[maybe_unused]] const ssize_t written = pwrite(file.get(), pid.data(), pid.size(), 0);
    }
    lock_ = std::move(file);
    return;
  }
}

}  // namespace cachebench::tier
