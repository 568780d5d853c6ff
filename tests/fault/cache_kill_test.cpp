// SPDX-License-Identifier: Apache-2.0
// A process with a kept cache directory is killed at any instant; the next one takes over what is whole.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "cache/cache_fixtures.h"

namespace cachebench {
namespace {

using testing::content_of;
using testing::entry_of;
using testing::RealCache;

constexpr std::uint64_t kEntries = 24;
constexpr std::uint64_t kSpread = 300;  // numbers in use

std::uint64_t size_of(std::uint64_t number) {
  return 3'000 + number * 211;
}

/// Fills the SSD tier with numbers below kEntries, flushes, says so, then goes on for ever.
[[noreturn]] void live(const std::string& folder, int report) {
  RealCache cache({{5'000}, {70'000}, {4'000'000}}, "demote-on-evict", folder, true);
  const auto say = [report](char what) {
    if (write(report, &what, 1) != 1) std::_Exit(1);
  };
  Rng rng(static_cast<std::uint64_t>(::getpid()));
  for (;;) {
    for (int i = 0; i < 50; ++i) {
      const std::uint64_t number = rng.below(kSpread);
      static_cast<void>(cache.fetch(number, size_of(number)));
      say('.');
    }
    cache.manager().drain();
    say('f');
  }
}

void kill_after(const std::string& folder, int dots) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    live(folder, ends[1]);
  }
  close(ends[1]);
  char said = 0;
  int seen = 0;
  while (seen < dots && read(ends[0], &said, 1) == 1) ++seen;
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  CHECK(seen == dots);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("killed at any instant and reopened: every entry is whole or gone") {
  const testing::TempDir folder;
  std::size_t most = 0;
  for (const int dots : {1, 40, 52, 75, 130, 210}) {
    kill_after(folder / "store", dots);
    RealCache cache({{5'000}, {70'000}, {4'000'000}}, "none", folder / "store", true);
    most = std::max(most, cache.adopted());
    std::size_t hits = 0;
    for (std::uint64_t number = 0; number < kSpread; ++number) {
      const cache::LookupResult found = cache.manager().lookup(entry_of(number, size_of(number)));
      if (found.owned) cache.manager().abandon(entry_of(number, size_of(number)), found.owned);
      if (!found.decision.hit) continue;
      ++hits;
      CHECK_FALSE(found.decision.resized);
      CHECK(RealCache::bytes_of(found.handle) == content_of(number, size_of(number)));
    }
    CHECK(hits == cache.adopted());
  }
  CHECK(most > 0);
}

TEST_CASE("what was flushed before the kill is there") {
  const testing::TempDir folder;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Too large for the tiers above: each goes straight to the SSD.
    RealCache cache({{100}, {100}, {4'000'000}}, "none", folder / "store", true);
    for (std::uint64_t i = 0; i < kEntries; ++i) cache.put(i, size_of(i));
    cache.manager().drain();
    static_cast<void>(!write(ends[1], "f", 1));
    for (;;) pause();
  }
  char said = 0;
  REQUIRE(read(ends[0], &said, 1) == 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  RealCache cache({{100}, {100}, {4'000'000}}, "none", folder / "store", true);
  CHECK(cache.adopted() == kEntries);
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    const cache::LookupResult found = cache.manager().lookup(entry_of(i, size_of(i)));
    REQUIRE(found.decision.served == Level::kL3);
    CHECK(RealCache::bytes_of(found.handle) == content_of(i, size_of(i)));
  }
}

}  // namespace
}  // namespace cachebench
