// SPDX-License-Identifier: Apache-2.0
//
// Segment files that were cut off, flipped, replaced, and directories that are in use.
#include <doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/rng.h"
#include "support/temp_dir.h"
#include "tier/ssd/page.h"
#include "tier/ssd/ssd_plane.h"
#include "tier/ssd/test_records.h"

using namespace cachebench;
using namespace cachebench::tier;
using namespace cachebench::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kRecords = 25;

SsdOptions options_in(const std::string& directory) {
  return {.directory = directory, .capacity = Bytes{8 << 20}, .queue_depth = 4};
}

void write_store(const std::string& directory) {
  const auto plane = make_ssd_plane(options_in(directory));
  for (std::uint64_t key = 1; key <= kRecords; ++key) {
    const auto data = record_bytes(key);
    REQUIRE(plane->write(*plane->allocate(Bytes{data.size()}), info_of(key), data).wait().status ==
            TransferStatus::kDone);
  }
}

std::string segment_in(const std::string& directory) {
  return directory + "/cachebench.segment";
}

std::string refusal(const SsdOptions& options) {
  try {
    static_cast<void>(make_ssd_plane(options));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.what();
  }
  return "";
}

// Every record that comes back is sound or says that it is not; returns the number of the former.
std::size_t sound_records(const std::string& directory) {
  const auto plane = make_ssd_plane(options_in(directory));
  std::size_t sound = 0;
  std::size_t corrupt = 0;
  for (const Recovered& one : plane->recover()) {
    std::vector<std::byte> back(one.block.bytes.value);
    const TransferStatus status = plane->read(one.block, back).wait().status;
    if (status == TransferStatus::kDone) {
      CHECK(holds(back, one.info.key.lo));
      ++sound;
    } else {
      CHECK(status == TransferStatus::kCorrupt);
      ++corrupt;
    }
    plane->release(one.block);
  }
  CHECK(plane->stats().corrupt_records == corrupt);
  return sound;
}

}  // namespace

TEST_CASE("a segment file cut off anywhere gives the records before the cut") {
  const TempDir dir;
  const std::string store = dir / "s";
  write_store(store);
  const std::string whole = read_text(segment_in(store));
  Rng rng(1);
  for (int round = 0; round < 30; ++round) {
    const std::uint64_t length = kPage + rng.below(whole.size() - kPage);
    CAPTURE(length);
    write_text(segment_in(store), whole.substr(0, length));
    CHECK(sound_records(store) <= kRecords);
  }
  write_text(segment_in(store), whole);
  CHECK(sound_records(store) == kRecords);
}

TEST_CASE("flipped bits lose the records they lie in, no others, and never give wrong data") {
  const TempDir dir;
  const std::string store = dir / "s";
  write_store(store);
  const std::string whole = read_text(segment_in(store));
  Rng rng(2);
  for (int round = 0; round < 30; ++round) {
    std::string text = whole;
    const std::uint64_t flips = 1 + rng.below(4);
    for (std::uint64_t i = 0; i < flips; ++i) {
      char& byte = text[kPage + rng.below(text.size() - kPage)];
      byte = static_cast<char>(byte ^ (1 << rng.below(8)));
    }
    write_text(segment_in(store), text);
    CHECK(sound_records(store) >= kRecords - flips);
  }
}

TEST_CASE("records that were released after a damage do not come back") {
  const TempDir dir;
  const std::string store = dir / "s";
  write_store(store);
  CHECK(sound_records(store) == kRecords);  // and releases them
  CHECK(make_ssd_plane(options_in(store))->recover().empty());
}

TEST_CASE("foreign files, later versions and damaged headers are refused in one line, and left alone") {
  const TempDir dir;
  const std::string store = dir / "s";
  write_store(store);
  const std::string whole = read_text(segment_in(store));
  const std::string foreign(10'000, 'x');
  write_text(segment_in(store), foreign);
  SsdOptions cold = options_in(store);
  cold.cold = true;
  cold.keep = false;
  CHECK(refusal(options_in(store)).find("not a segment file of this program") != std::string::npos);
  CHECK(refusal(cold).find("not a segment file of this program") != std::string::npos);
  CHECK(read_text(segment_in(store)) == foreign);

  std::string later = whole;
  later[8] = 2;
  write_text(segment_in(store), later);
  CHECK(refusal(options_in(store)).find("version 2 of the segment format") != std::string::npos);
  CHECK(read_text(segment_in(store)) == later);

  std::string damaged = whole;
  damaged[300] = 1;
  write_text(segment_in(store), damaged);
  CHECK(refusal(options_in(store)).find("header is damaged") != std::string::npos);
  cold.keep = true;
  CHECK(make_ssd_plane(cold)->recover().empty());
}

TEST_CASE("a second plane in one directory is refused, in this process and in another") {
  const TempDir dir;
  const std::string store = dir / "s";
  write_store(store);
  {
    const auto first = make_ssd_plane(options_in(store));
    CHECK(refusal(options_in(store)).find("in use by process " + std::to_string(getpid())) !=
          std::string::npos);
    CHECK(first->recover().size() == kRecords);
  }
  CHECK(refusal(options_in(store)).empty());

  std::array<int, 2> ready{};
  std::array<int, 2> leave{};
  REQUIRE(pipe2(ready.data(), O_CLOEXEC) == 0);
  REQUIRE(pipe2(leave.data(), O_CLOEXEC) == 0);
  const pid_t other = fork();
  if (other == 0) {
    dup2(ready[1], STDOUT_FILENO);
    dup2(leave[0], STDIN_FILENO);
    setenv("CACHEBENCH_SSD_HOLD_CHILD", store.c_str(), 1);
    execl("/proc/self/exe", "child", "--test-case=ssd hold child", "--no-skip", nullptr);
    std::_Exit(127);
  }
  close(ready[1]);
  close(leave[0]);
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK(refusal(options_in(store)).find("in use by process " + std::to_string(other)) != std::string::npos);
  close(leave[1]);
  int status = 0;
  waitpid(other, &status, 0);
  close(ready[0]);
  CHECK(refusal(options_in(store)).empty());
}

TEST_CASE("ssd hold child" * doctest::skip()) {
  const char* store = std::getenv("CACHEBENCH_SSD_HOLD_CHILD");
  if (store == nullptr) return;
  const auto plane = make_ssd_plane(options_in(store));
  char byte = '!';
  if (write(STDOUT_FILENO, &byte, 1) != 1) return;
  [[maybe_unused]] const ssize_t until_closed = read(STDIN_FILENO, &byte, 1);
}
