// SPDX-License-Identifier: Apache-2.0
//
// Kill -9 at any instant, reopen: every entry is whole or gone, and what was complete is there.
#include <doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/rng.h"
#include "support/temp_dir.h"
#include "tier/ssd/ssd_plane.h"
#include "tier/ssd/test_records.h"

using namespace cachebench;
using namespace cachebench::tier;
using namespace cachebench::testing;

namespace {

constexpr const char* kChildVariable = "CACHEBENCH_SSD_KILL_CHILD";
constexpr std::uint64_t kCapacity = std::uint64_t{6} << 20;

SsdOptions options_in(const std::string& directory, std::uint64_t seed) {
  return {.directory = directory,
          .capacity = Bytes{kCapacity},
          .codec = seed % 3 == 0 ? "zstd" : "none",
          .io = seed % 2 == 0 ? "auto" : "threads",
          .queue_depth = 8};
}

// "+KEY" once a write is complete, "-KEY" before a release, in one write to the pipe each: what the parent
// has read is true, whenever the child dies.
void say(char what, std::uint64_t key) {
  std::array<char, 32> line{};
  const int length =
      std::snprintf(line.data(), line.size(), "%c%llu\n", what, static_cast<unsigned long long>(key));
  if (write(STDOUT_FILENO, line.data(), static_cast<std::size_t>(length)) != length) std::_Exit(1);
}

struct Pending {
  std::uint64_t key;
  Block block;
  std::vector<std::byte> data;
  Ticket ticket;
};

// Writes and releases for ever, several records at a time, so that space is used again and again.
void write_until_killed(const std::string& directory, std::uint64_t seed) {
  const auto plane = make_ssd_plane(options_in(directory, seed));
  Rng rng(seed);
  std::vector<std::pair<std::uint64_t, Block>> held;
  for (const Recovered& one : plane->recover()) held.emplace_back(one.info.key.lo, one.block);
  std::deque<Pending> pending;
  for (std::uint64_t key = seed * 1'000'000;; ++key) {
    Pending next{key, {}, record_bytes(key), {}};
    auto block = plane->allocate(Bytes{next.data.size()});
    while (!block || pending.size() > 6) {
      if (pending.empty() || (!held.empty() && rng.below(2) == 0)) {
        const std::size_t at = rng.below(held.size());
        say('-', held[at].first);
        plane->release(held[at].second);
        held[at] = held.back();
        held.pop_back();
      } else {
        if (pending.front().ticket.wait().status != TransferStatus::kDone) std::_Exit(1);
        say('+', pending.front().key);
        held.emplace_back(pending.front().key, pending.front().block);
        pending.pop_front();
      }
      if (!block) block = plane->allocate(Bytes{next.data.size()});
    }
    next.block = *block;
    pending.push_back(std::move(next));
    Pending& started = pending.back();
    started.ticket = plane->write(started.block, info_of(key), started.data);
  }
}

// What the child's lines, read so far, say about a key.
struct Claims {
  std::set<std::uint64_t> written;
  std::set<std::uint64_t> released;
  std::string rest;  // of a line

  std::size_t take(const char* text, std::size_t length) {
    rest.append(text, length);
    std::size_t lines = 0;
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n'), ++lines) {
      const std::uint64_t key = std::strtoull(rest.c_str() + 1, nullptr, 10);
      (rest[0] == '+' ? written : released).insert(key);
      rest.erase(0, end + 1);
    }
    return lines;
  }
};

pid_t start_child(const std::string& directory, std::uint64_t seed, int output) {
  const std::string value = directory + ":" + std::to_string(seed);
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(output, STDOUT_FILENO);
  setenv(kChildVariable, value.c_str(), 1);
  // A fresh program: only one thread of this one lives on in the child.
  execl("/proc/self/exe", "child", "--test-case=ssd kill child", "--no-skip", nullptr);
  std::_Exit(127);
}

// Kills the child after it has said `lines` things; what else it managed to say counts as well.
void run_and_kill(const std::string& directory, std::uint64_t seed, std::size_t lines, Claims& claims) {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = start_child(directory, seed, ends[1]);
  close(ends[1]);
  std::array<char, 4096> buffer{};
  std::size_t seen = 0;
  bool killed = false;
  for (;;) {
    if (seen >= lines && !killed) {
      kill(child, SIGKILL);
      killed = true;
    }
    const ssize_t n = read(ends[0], buffer.data(), killed || lines - seen > 50 ? buffer.size() : 16);
    if (n <= 0) break;
    seen += claims.take(buffer.data(), static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

}  // namespace

TEST_CASE("ssd kill child" * doctest::skip()) {
  const char* value = std::getenv(kChildVariable);
  if (value == nullptr) return;
  const std::string text(value);
  const std::size_t colon = text.rfind(':');
  write_until_killed(text.substr(0, colon), std::strtoull(text.c_str() + colon + 1, nullptr, 10));
}

TEST_CASE("killed at any instant, a store holds whole records, and all that were complete") {
  const TempDir dir;
  const std::string store = dir / "s";
  Rng rng(12);
  Claims claims;
  std::size_t found_in_all = 0;
  for (std::uint64_t round = 1; round <= 24; ++round) {
    CAPTURE(round);
    run_and_kill(store, round, rng.below(round % 4 == 0 ? 400 : 40), claims);
    const auto plane = make_ssd_plane(options_in(store, round + 1));
    std::set<std::uint64_t> found;
    for (const Recovered& one : plane->recover()) {
      CHECK(verify(*plane, one) == TransferStatus::kDone);
      CHECK(one.info.meta == info_of(one.info.key.lo).meta);
      CHECK(found.insert(one.info.key.lo).second);
    }
    CHECK(plane->stats().corrupt_records == 0);
    for (const std::uint64_t key : claims.written) {
      if (!claims.released.contains(key)) CHECK(found.contains(key));
    }
    // What was found now is what a next round may rely on.
    claims.written = found;
    claims.released.clear();
    found_in_all += found.size();
  }
  CHECK(found_in_all > 100);
}
