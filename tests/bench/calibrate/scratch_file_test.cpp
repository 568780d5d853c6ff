// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/scratch_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "core/error.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

TEST_CASE("the file has its size and no name") {
  const testing::TempDir folder;
  const ScratchFile file(folder / "", kMiB);
  CHECK(::lseek(file.fd(), 0, SEEK_END) == static_cast<off_t>(kMiB.value));
  CHECK(std::filesystem::is_empty(folder / ""));
  CHECK(!file.filesystem().empty());
}

TEST_CASE("no room, and no folder, are one line that names the folder") {
  const testing::TempDir folder;
  try {
    const ScratchFile file(folder / "", Bytes{std::uint64_t{1} << 60});
    FAIL("an exbibyte");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    CHECK(std::string(error.what()).find("--cache-dir") != std::string::npos);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
  CHECK_THROWS_AS(ScratchFile(folder / "missing", kMiB), Error);
}

TEST_CASE("the folder is made where it is missing, and refused where a file is in the way") {
  const testing::TempDir folder;
  const std::string made = scratch_folder(folder / "a/b");
  CHECK(std::filesystem::is_directory(made));
  CHECK_THROWS_AS(scratch_folder("/dev/null/x"), Error);
}
