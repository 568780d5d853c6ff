// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/store_directory.h"

#include <doctest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using tier::StoreDirectory;
namespace fs = std::filesystem;

namespace {

constexpr auto kKeep = StoreDirectory::AtEnd::kKeep;
constexpr auto kRemove = StoreDirectory::AtEnd::kRemove;

std::string refusal(const std::string& path) {
  try {
    const StoreDirectory directory(path, kRemove);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a directory that was created is removed, one that was there is not") {
  const testing::TempDir dir;
  const std::string fresh = dir / "fresh";
  {
    const StoreDirectory directory(fresh, kRemove);
    CHECK(fs::is_directory(fresh));
  }
  CHECK_FALSE(fs::exists(fresh));
  { const StoreDirectory directory(fresh, kKeep); }
  CHECK(fs::is_directory(fresh));
  { const StoreDirectory directory(fresh, kRemove); }
  CHECK(fs::is_directory(fresh));
  CHECK(fs::is_empty(fresh));
}

TEST_CASE("what somebody else put there stays") {
  const testing::TempDir dir;
  const std::string path = dir / "store";
  {
    const StoreDirectory directory(path, kRemove);
    testing::write_text(path + "/notes.txt", "mine");
  }
  CHECK(testing::read_text(path + "/notes.txt") == "mine");
  CHECK_FALSE(fs::exists(path + "/cachebench.lock"));
}

TEST_CASE("files that the store made go with it, where that was asked for") {
  const testing::TempDir dir;
  for (const auto at_end : {kKeep, kRemove}) {
    const std::string path = dir / "store";
    {
      StoreDirectory directory(path, at_end);
      testing::write_text(directory / "segment", "x");
      directory.adopt(directory / "segment");
      CHECK(directory.removes(directory / "segment") == (at_end == kRemove));
      CHECK_FALSE(directory.removes(directory / "other"));
    }
    CHECK(fs::exists(path + "/segment") == (at_end == kKeep));
  }
}

TEST_CASE("no name asks for a temporary directory of its own") {
  std::string path;
  {
    const StoreDirectory one("", kKeep);
    const StoreDirectory two("", kKeep);
    CHECK(one.path() != two.path());
    CHECK(fs::is_directory(one.path()));
    CHECK(one.removes(one / "x") == false);
    path = one.path();
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a second user is refused and told who has it, until the first is gone") {
  const testing::TempDir dir;
  const std::string path = dir / "store";
  {
    std::optional<StoreDirectory> first(std::in_place, path, kRemove);
    CHECK(refusal(path) == path + ": the cache directory is in use by process " + std::to_string(getpid()) +
                               "; wait for it or name another");
    CHECK(fs::is_directory(path));
    first.reset();
  }
  CHECK(refusal(path).empty());
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("directories that cannot be used are refused in one line") {
  const testing::TempDir dir;
  CHECK(
      refusal(dir / "missing/store").find("missing/store: cannot create the cache directory: No such file") !=
      std::string::npos);
  testing::write_text(dir / "file", "");
  CHECK(refusal(dir / "file").find("Not a directory") != std::string::npos);
  // A file system nobody can write to, whoever runs the test.
  CHECK(refusal("/proc/self").find("/proc/self/cachebench.lock: cannot write") == 0);
  CHECK(refusal("/proc/self/store").find("cannot create the cache directory") != std::string::npos);
}
