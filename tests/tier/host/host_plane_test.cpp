// SPDX-License-Identifier: Apache-2.0
#include "tier/host/host_plane.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "tier/bounded_pinned.h"

namespace cachebench::tier {
namespace {

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> result(bytes);
  for (std::size_t i = 0; i < bytes; ++i) result[i] = static_cast<std::byte>(i * 7 + seed);
  return result;
}

TEST_CASE("what is written to the host plane is seen and read") {
  const auto plane = make_host_plane({.capacity = kMiB, .lock = PageLock::kOff});
  CHECK(plane->medium() == hardware::Medium::kHost);
  CHECK(std::string(plane->device()) == "host");
  const Block block = plane->allocate(Bytes{100'001}).value();
  const std::vector<std::byte> source = pattern(100'001, 3);
  const Ticket written = plane->write(block, {}, source);
  CHECK(written.is_complete());
  const std::span<std::byte> view = plane->host_view(block);
  REQUIRE(view.size() == source.size());
  CHECK(std::equal(view.begin(), view.end(), source.begin()));

  std::vector<std::byte> target(source.size() + 10, std::byte{0xEE});
  const Completion read = plane->read(block, target).wait();
  CHECK(read.status == TransferStatus::kDone);
  CHECK(std::equal(source.begin(), source.end(), target.begin()));
  CHECK(target.back() == std::byte{0xEE});
  CHECK(plane->stats().bytes_read == Bytes{100'001});
  CHECK(plane->stats().bytes_written == Bytes{100'001});
  CHECK(plane->stats().notes.empty());
  plane->release(block);
}

TEST_CASE("large blocks begin at a page, small ones are packed") {
  const auto plane = make_host_plane({.capacity = kMiB, .lock = PageLock::kOff});
  const auto address = [&](const Block& block) {
    return reinterpret_cast<std::uintptr_t>(plane->host_view(block).data());
  };
  const Block small = plane->allocate(Bytes{100}).value();
  const Block large = plane->allocate(Bytes{32 * 1024 + 1}).value();
  const Block second = plane->allocate(Bytes{100}).value();
  CHECK(address(large) % 4096 == 0);
  CHECK(address(second) - address(small) == 256);
}

TEST_CASE("a block of nothing holds nothing") {
  const auto plane = make_host_plane({.capacity = Bytes{0}, .lock = PageLock::kOff});
  const Block block = plane->allocate(Bytes{0}).value();
  CHECK(plane->host_view(block).empty());
  CHECK(plane->write(block, {}, {}).is_complete());
  CHECK(plane->read(block, {}).is_complete());
  plane->release(block);
}

TEST_CASE("more than the address space is an error") {
  CHECK_THROWS_AS((void)make_host_plane({.capacity = Bytes{std::uint64_t{1} << 50}}), Error);
}

// 0 when a plane under a lock limit of 64 KiB says so and works nevertheless.
int plane_below_the_lock_limit() {
  const rlimit limit{.rlim_cur = 65536, .rlim_max = 65536};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 1;
  constexpr uid_t kNobody = 65534;  // root may lock whatever the limit says
  if (geteuid() == 0 && setuid(kNobody) != 0) return 2;
  const auto plane = make_host_plane({.capacity = kMiB});
  const PlaneStats stats = plane->stats();
  if (stats.notes.size() != 1) return 3;
  if (stats.notes.front().find("locked-memory limit too low: 64.0 KiB allowed") == std::string::npos)
    return 4;
  const Block block = plane->allocate(Bytes{5000}).value();
  const std::vector<std::byte> source = pattern(5000, 1);
  if (plane->write(block, {}, source).wait().status != TransferStatus::kDone) return 5;
  const std::span<std::byte> view = plane->host_view(block);
  return std::equal(source.begin(), source.end(), view.begin(), view.end()) ? 0 : 6;
}

TEST_CASE("a lock limit that is too low is noted, and the plane goes on") {
  // In a child: limits, once lowered, stay.
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(plane_below_the_lock_limit());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("below a GPU the plane lies in its pinned memory; a refusal is noted, and the plane goes on") {
  for (const Bytes bound : {kMiB * 64, Bytes{0}}) {
    const auto pinned = std::make_shared<BoundedPinned>(bound);
    {
      const auto plane = make_host_plane({.capacity = kMiB, .lock = PageLock::kOff, .pinned = pinned});
      CHECK((pinned->out >= kMiB) == (bound > Bytes{0}));
      CHECK(plane->stats().notes.size() == (bound > Bytes{0} ? 0 : 1));
      const Block block = plane->allocate(Bytes{5000}).value();
      const std::vector<std::byte> source = pattern(5000, 1);
      CHECK(plane->write(block, {}, source).wait().status == TransferStatus::kDone);
      const std::span<std::byte> view = plane->host_view(block);
      CHECK(std::equal(source.begin(), source.end(), view.begin(), view.end()));
      plane->release(block);
    }
    CHECK(pinned->out == Bytes{0});
  }
}

}  // namespace
}  // namespace cachebench::tier
