// SPDX-License-Identifier: Apache-2.0
#include "core/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using cachebench::testing::read_text;
using cachebench::testing::TempDir;
using cachebench::testing::write_text;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

template <typename Function>
std::string error_of(ErrorKind kind, Function function) {
  try {
    function();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

// Runs `function` in a child whose standard output is `fd`; its exit status is the kind of error, 0 for none.
template <typename Function>
int with_stdout(int fd, Function function) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    if (fd >= 0) {
      ::dup2(fd, STDOUT_FILENO);
    } else {
      ::close(STDOUT_FILENO);
    }
    try {
      function();
    } catch (const Error& error) {
      ::_exit(static_cast<int>(error.kind()));
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a committed file is whole and alone in its folder") {
  const TempDir folder;
  AtomicFile file(folder / "out.json");
  file.write("first ");
  file.write("second");
  CHECK_FALSE(fs::exists(folder / "out.json"));
  file.commit();
  CHECK(read_text(folder / "out.json") == "first second");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("without commit nothing is left, and what was there stays") {
  const TempDir folder;
  write_text(folder / "out", "old");
  {
    AtomicFile file(folder / "out");
    file.write("new");
  }
  CHECK(read_text(folder / "out") == "old");
  CHECK(files_in(folder.path()) == 1);
  write_file(folder / "out", "new");
  CHECK(read_text(folder / "out") == "new");
}

TEST_CASE("a folder that is missing, a file or not writable is named with the reason") {
  const TempDir folder;
  const std::string missing = folder / "no/such/out";
  CHECK(error_of(ErrorKind::kEnvironment, [&] { write_file(missing, "x"); }) ==
        missing + ": No such file or directory");
  write_text(folder / "plain", "x");
  CHECK(error_of(ErrorKind::kEnvironment, [&] {
          write_file(folder / "plain/out", "x");
        }).find("Not a directory") != std::string::npos);
  fs::create_directory(folder / "taken");
  CHECK(error_of(ErrorKind::kEnvironment, [&] {
          write_file(folder / "taken", "x");
        }).find("Is a directory") != std::string::npos);
  CHECK(files_in(folder.path()) == 2);
  if (::geteuid() == 0) {
    // Permissions do not bind root; /proc refuses everyone.
    CHECK(error_of(ErrorKind::kEnvironment, [] { write_file("/proc/out", "x"); }) != "no error");
  } else {
    fs::permissions(folder / "taken", fs::perms::owner_read | fs::perms::owner_exec);
    CHECK(error_of(ErrorKind::kEnvironment, [&] { write_file(folder / "taken/out", "x"); }).find("denied") !=
          std::string::npos);
  }
}

TEST_CASE("a full device is an error, and a device is never replaced by a file") {
  if (fs::exists("/dev/full")) {
    CHECK(error_of(ErrorKind::kEnvironment, [] { write_file("/dev/full", "x"); }).find("No space left") !=
          std::string::npos);
    CHECK(fs::is_character_file("/dev/full"));
  }
  write_file("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a link is followed, not replaced") {
  const TempDir folder;
  write_text(folder / "real", "old");
  fs::create_symlink(folder / "real", folder / "link");
  write_file(folder / "link", "new");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(read_text(folder / "real") == "new");
}

TEST_CASE("mapped files are the bytes of the file") {
  const TempDir folder;
  write_text(folder / "in", std::string("a\0b", 3));
  CHECK(MappedFile(folder / "in").text() == std::string_view("a\0b", 3));
  write_text(folder / "empty", "");
  CHECK(MappedFile(folder / "empty").bytes().empty());
  CHECK(error_of(ErrorKind::kInput, [&] { MappedFile(folder / "absent"); }) ==
        (folder / "absent") + ": No such file or directory");
  CHECK(error_of(ErrorKind::kInput, [&] { MappedFile(folder.path().string()); }).find("not a regular file") !=
        std::string::npos);
}

TEST_CASE("descriptors move, and close once") {
  FileDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.get();
  FileDescriptor second(std::move(first));
  CHECK(second.get() == number);
  {
    FileDescriptor third;
    third = std::move(second);
    CHECK(third.is_open());
  }
  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("standard output closed or full is an error of the environment") {
  const auto print = [] { write_stdout("{}\n"); };
  const FileDescriptor null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  CHECK(with_stdout(null.get(), print) == 0);
  CHECK(with_stdout(-1, print) == static_cast<int>(ErrorKind::kEnvironment));
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (full.is_open()) CHECK(with_stdout(full.get(), print) == static_cast<int>(ErrorKind::kEnvironment));
}
