// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/scratch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/disk_space.h"
#include "core/error.h"
#include "hardware/cache_folder.h"
#include "hardware/limits.h"

namespace cachebench::bench {
namespace {

namespace fs = std::filesystem;

// Left to others on the same file system.
constexpr Bytes kReserve{64 * kMiB.value};

void require_room(const std::string& folder, Bytes size) {
  const std::optional<Bytes> room = free_disk_space(folder);
  if (!room) throw system_error(ErrorKind::kEnvironment, folder, errno);
  if (size + kReserve <= *room) return;
  throw Error(ErrorKind::kEnvironment,
              fmt::format("{}: calibration needs a file of {} and {} to spare, and {} are free: take another "
                          "--cache-dir, or --quick",
                          folder, format_bytes(size), format_bytes(kReserve), format_bytes(*room)));
}

// One that never has a name; closed where the file system has none such.
FileDescriptor open_nameless(const std::string& folder, bool& direct) {
  constexpr int kFlags = O_TMPFILE | O_RDWR | O_CLOEXEC;
  FileDescriptor file(::open(folder.c_str(), kFlags | O_DIRECT, 0600));
  direct = file.is_open();
  if (!direct) file = FileDescriptor(::open(folder.c_str(), kFlags, 0600));
  return file;
}

// Opened, then nameless: a process that is killed in between leaves it.
FileDescriptor open_unlinked(const std::string& folder, bool& direct) {
  const std::string pattern = folder + "/cachebench-calibrate-XXXXXX";
  std::vector<char> name(pattern.begin(), pattern.end());
  name.push_back('\0');
  const FileDescriptor made(::mkostemp(name.data(), O_CLOEXEC));
  if (!made.is_open()) throw system_error(ErrorKind::kEnvironment, folder, errno);
  FileDescriptor file(::open(name.data(), O_RDWR | O_DIRECT | O_CLOEXEC));
  direct = file.is_open();
  if (!direct) file = FileDescriptor(::open(name.data(), O_RDWR | O_CLOEXEC));
  const int code = errno;
  ::unlink(name.data());
  if (!file.is_open()) throw system_error(ErrorKind::kEnvironment, folder, code);
  return file;
}

}  // namespace

ScratchFile::ScratchFile(const std::string& folder, Bytes size)
    : size_(size), filesystem_(hardware::inspect_directory(folder).filesystem) {
  require_room(folder, size);
  file_ = open_nameless(folder, direct_);
  if (!file_.is_open()) file_ = open_unlinked(folder, direct_);
  // Space is taken at once: a disk that fills up later would fail in the middle.
  const int code = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(size.value));
  if (code != 0) throw system_error(ErrorKind::kEnvironment, folder, code);
}

std::string scratch_folder(const std::string& named) {
  const fs::path folder = named.empty() ? hardware::cache_folder() : named;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) throw Error(ErrorKind::kEnvironment, fmt::format("{}: {}", folder.string(), failed.message()));
  return folder.string();
}

}  // namespace cachebench::bench
