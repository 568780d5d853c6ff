// SPDX-License-Identifier: Apache-2.0
#include "cache/movers.h"

#include <doctest/doctest.h>

#include <optional>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::content_of;
using testing::entry_of;
using testing::RealCache;

constexpr std::uint64_t kMi = std::uint64_t{1} << 20;

TEST_CASE("bytes follow the decisions through every tier and back") {
  RealCache cache({{3'000'000}, {3'000'000}, {30'000'000}}, "demote-on-evict");
  for (std::uint64_t i = 0; i < 12; ++i) CHECK(cache.put(i, 1'000'000).status == PutStatus::kStored);
  cache.manager().drain();
  CHECK(cache.plane(2).writes == 6);
  for (std::uint64_t i = 0; i < 12; ++i) {
    const LookupResult found = cache.manager().lookup(entry_of(i, 1'000'000));
    REQUIRE(found.handle);
    CHECK(found.handle.level() == Level::kL1);
    CHECK(RealCache::bytes_of(found.handle) == content_of(i, 1'000'000));
  }
  CHECK(cache.movers().failures() == 0);
  CHECK(cache.movers().stats().kept_aside == 0);
}

/// Counts what comes from files, by the staged way.
class CountingUpload final : public tier::FileUpload {
 public:
  CountingUpload(const std::shared_ptr<tier::DeviceApi>& device, std::uint64_t& bytes)
      : behind_(tier::make_staged_upload(device, {.chunk = Bytes{65'536}})), bytes_(bytes) {}
  [[nodiscard]] const char* kind() const override { return "counted"; }
  void upload(const tier::FilePart& part, tier::DevicePointer target) override {
    behind_->upload(part, target);
    bytes_ += part.bytes.value;
  }

 private:
  std::unique_ptr<tier::FileUpload> behind_;
  std::uint64_t& bytes_;
};

// A device over a drive, and four entries of which the first two went down to the drive.
struct FileTiers {
  static constexpr std::uint64_t kBytes = 700'001;

  FileTiers(const std::shared_ptr<tier::DeviceApi>& device, std::shared_ptr<tier::FileUpload> files,
            const char* codec)
      : above(tier::make_device_plane({.capacity = kMiB * 4, .files = std::move(files)}, device)),
        below(tier::make_ssd_plane({.capacity = kMiB * 16, .codec = codec})) {
    auto movers = std::make_unique<Movers>(std::vector<tier::Plane*>{above.get(), below.get()},
                                           Movers::Options{.threads = 1, .staging = kMiB});
    watched = movers.get();
    manager.emplace(testing::engine_options_of({{2 * kMi}, {8 * kMi}}, "demote-on-evict"), costs,
                    std::move(movers), DecisionClock::kServiceSum);
    for (std::uint64_t i = 0; i < 4; ++i) {
      const std::vector<std::byte> content = content_of(i, kBytes);
      const EntryDescription what = entry_of(i, kBytes);
      const TensorView view{.meta = what.meta, .data = content};
      CHECK(manager->put(what, &view, nullptr).status == PutStatus::kStored);
    }
    manager->drain();
  }

  void check_served(std::uint64_t entries) {
    for (std::uint64_t i = 0; i < entries; ++i) {
      const LookupResult found = manager->lookup(entry_of(i, kBytes));
      REQUIRE(found.handle);
      CHECK(RealCache::bytes_of(found.handle) == content_of(i, kBytes));
    }
  }

  const hardware::CostModel costs = testing::round_costs();
  std::unique_ptr<tier::Plane> above;
  std::unique_ptr<tier::Plane> below;
  const Movers* watched = nullptr;
  std::optional<HierarchicalCacheManager> manager;
};

TEST_CASE("a device that takes files gets plain records from the drive's file, and encoded ones staged") {
  for (const char* codec : {"none", "zstd"}) {
    CAPTURE(codec);
    std::uint64_t from_files = 0;
    const auto device = tier::make_emulated_device({.h2d = {}, .d2h = {}, .throttle = tier::Throttle::kOff});
    FileTiers tiers(device, std::make_shared<CountingUpload>(device, from_files), codec);
    tiers.check_served(1);
    const bool is_encoded = tiers.below->stats().bytes_written.value < 2 * FileTiers::kBytes;
    CHECK(from_files == (is_encoded ? 0 : FileTiers::kBytes));
  }
}

class RefusingUpload final : public tier::FileUpload {
 public:
  [[nodiscard]] const char* kind() const override { return "refusing"; }
  void upload(const tier::FilePart&, tier::DevicePointer) override {
    throw Error(ErrorKind::kEnvironment, "the file system is none of mine");
  }
};

TEST_CASE("a device that fails with a file gets the bytes through host memory, and says so") {
  const auto device = tier::make_emulated_device({.h2d = {}, .d2h = {}, .throttle = tier::Throttle::kOff});
  FileTiers tiers(device, std::make_shared<RefusingUpload>(), "none");
  tiers.check_served(2);
  CHECK(tiers.watched->failures() == 0);
  const std::vector<std::string> notes = tiers.above->stats().notes;
  CHECK(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note == "the file system is none of mine; records came through host memory from then on";
  }));
}

/// Planes with the budget's room and no slack at all.
void take_slack(RealCache& cache, std::initializer_list<std::uint64_t> capacities) {
  std::size_t tier = 0;
  for (const std::uint64_t capacity : capacities) cache.plane(tier++).room = capacity;
}

TEST_CASE("two full tiers exchange entries as large as themselves") {
  // Neither side has room before the other gives way.
  constexpr std::uint64_t kLarge = 400'000;
  RealCache cache({{kLarge}, {kLarge}}, "demote-on-evict");
  take_slack(cache, {kLarge, kLarge});
  cache.put(1, kLarge);
  cache.put(2, kLarge);
  for (int round = 0; round < 4; ++round) {
    const std::uint64_t wanted = round % 2 == 0 ? 1 : 2;
    const LookupResult found = cache.manager().lookup(entry_of(wanted, kLarge));
    CHECK(found.decision.served == Level::kL2);
    CHECK(RealCache::bytes_of(found.handle) == content_of(wanted, kLarge));
  }
  cache.manager().drain();
}

TEST_CASE("an entry that falls through a tier before its bytes arrived there arrives below") {
  // Every put pushes the one before through L2: its copy there is given up before it has room.
  constexpr std::uint64_t kLarge = 400'000;
  RealCache cache({{kLarge}, {kLarge}, {8 * kLarge}}, "demote-on-evict");
  take_slack(cache, {kLarge, kLarge, 8 * kLarge});
  for (std::uint64_t i = 0; i < 6; ++i) cache.put(i, kLarge);
  cache.manager().drain();
  for (std::uint64_t i = 0; i < 6; ++i) {
    const LookupResult found = cache.manager().lookup(entry_of(i, kLarge));
    REQUIRE(found.handle);
    CHECK(RealCache::bytes_of(found.handle) == content_of(i, kLarge));
  }
  CHECK(cache.movers().failures() == 0);
}

TEST_CASE("a put whose room a live handle keeps ends all the same") {
  constexpr std::uint64_t kLarge = 400'000;
  RealCache cache({{kLarge}}, "none");
  take_slack(cache, {kLarge});
  cache.put(1, kLarge);
  LookupResult held = cache.manager().lookup(entry_of(1, kLarge));
  REQUIRE(RealCache::bytes_of(held.handle) == content_of(1, kLarge));
  // The record was resized: what the handle reads is out of date, and stays readable.
  const EntryDescription grown = entry_of(1, kLarge - 4096);
  LookupResult again = cache.manager().lookup(grown);
  CHECK(again.decision.resized);
  again.handle.release();
  const auto content = content_of(7, kLarge - 4096);
  const TensorView view{.meta = grown.meta, .data = content};
  cache.manager().rewrite(grown, &view);
  CHECK(cache.movers().stats().kept_aside == 1);
  CHECK(RealCache::bytes_of(held.handle) == content_of(1, kLarge));
  const LookupResult fresh = cache.manager().lookup(grown);
  CHECK(RealCache::bytes_of(fresh.handle) == content);
}

TEST_CASE("a failed write gives the entry up, is counted, and says why") {
  RealCache cache({{1'000'000}, {1'000'000}, {50'000'000}}, "demote-on-evict");
  cache.plane(2).failing_writes = 1'000;
  for (std::uint64_t i = 0; i < 6; ++i) cache.put(i, 500'000);
  cache.manager().drain();
  CHECK(cache.movers().stats().failures == 2);
  CHECK(cache.movers().stats().first_failure.find("no space left") != std::string::npos);
  LookupResult lost = cache.manager().lookup(entry_of(0, 500'000));
  REQUIRE(lost.decision.hit);
  CHECK(lost.handle.wait().status == tier::TransferStatus::kFailed);
  cache.manager().report_corrupt(lost.handle);
  lost.handle.release();
  const LookupResult next = cache.manager().lookup(entry_of(0, 500'000));
  CHECK_FALSE(next.decision.hit);
  CHECK(next.decision.cause == MissCause::kCorrupt);
  cache.plane(2).failing_writes = 0;
  cache.put(0, 500'000, next.owned);
  CHECK(RealCache::bytes_of(cache.manager().lookup(entry_of(0, 500'000)).handle) == content_of(0, 500'000));
}

TEST_CASE("a plane that throws loses the entry, not the process") {
  RealCache cache({{1'000'000}, {1'000'000}}, "demote-on-evict");
  cache.plane(1).hides_bytes = true;
  cache.plane(1).throws = true;
  cache.plane(0).throws = true;
  CHECK(cache.put(1, 900'000).status == PutStatus::kStored);  // decided; its bytes never arrive
  cache.plane(0).throws = false;
  CHECK(cache.put(2, 900'000).status == PutStatus::kStored);  // what is lost goes down, and is counted once
  CHECK(cache.put(3, 900'000).status == PutStatus::kStored);  // 2 goes down and fails
  cache.manager().drain();
  CHECK(cache.movers().failures() == 2);
  CHECK(cache.movers().stats().first_failure.find("no memory") != std::string::npos);
  CHECK(RealCache::bytes_of(cache.manager().lookup(entry_of(3, 900'000)).handle) == content_of(3, 900'000));
}

TEST_CASE("a hit below the first tier passes through it piece by piece") {
  RealCache cache({{20 * kMi}, {50 * kMi}, {50 * kMi}}, "none");
  CHECK(cache.put(1, 21 * kMi).level == Level::kL2);
  const std::uint64_t before = cache.plane(0).writes;
  const LookupResult found = cache.manager().lookup(entry_of(1, 21 * kMi));
  CHECK(found.handle.level() == Level::kL2);
  CHECK(cache.movers().fetch_to_device(found.handle.copy()).status == tier::TransferStatus::kDone);
  CHECK(cache.plane(0).writes == before + 3);  // 8 + 8 + 5 MiB
}

TEST_CASE("a corrupt record is told, never delivered") {
  RealCache cache({{1'000}, {1'000}, {1'000'000}}, "none");
  CHECK(cache.put(1, 100'000).level == Level::kL3);
  LookupResult found = cache.manager().lookup(entry_of(1, 100'000));
  cache.plane(2).corrupt_reads = 1;
  CHECK(cache.movers().fetch_to_device(found.handle.copy()).status == tier::TransferStatus::kCorrupt);
  CHECK(cache.plane(0).writes == 0);
  CHECK(cache.movers().failures() == 0);  // corruption has its own count
}

TEST_CASE("empty entries have a place too") {
  RealCache cache({{100}, {100}, {100}}, "demote-on-evict");
  CHECK(cache.put(1, 0).status == PutStatus::kStored);
  CHECK(cache.manager().lookup(entry_of(1, 0)).handle.wait().status == tier::TransferStatus::kDone);
}

TEST_CASE("a small hit of the host tier is there when the look-up returns, and its victim moves after it") {
  constexpr std::uint64_t kSmall = 10'000;
  RealCache cache({{2 * kSmall}, {8 * kSmall}}, "demote-on-evict");
  for (std::uint64_t i = 0; i < 6; ++i) cache.put(i, kSmall);
  cache.manager().drain();
  for (std::uint64_t i = 0; i < 12; ++i) {
    const LookupResult found = cache.manager().lookup(entry_of(i % 6, kSmall));
    REQUIRE(found.handle);
    CHECK(found.decision.served == Level::kL2);
    CHECK(found.handle.level() == Level::kL1);
    CHECK(found.handle.copy().is_settled());
    CHECK(RealCache::bytes_of(found.handle) == content_of(i % 6, kSmall));
    cache.manager().drain();  // the next one's source lies there
  }
  cache.manager().drain();
  CHECK(cache.movers().stats().kept_aside == 0);
}

TEST_CASE("a small hit that finds no room waits for its victim to go, as a large one does") {
  constexpr std::uint64_t kSmall = 10'000;
  RealCache cache({{kSmall}, {kSmall}}, "demote-on-evict");
  take_slack(cache, {kSmall, kSmall});
  cache.put(1, kSmall);
  cache.put(2, kSmall);
  for (int round = 0; round < 6; ++round) {
    const std::uint64_t wanted = round % 2 == 0 ? 1 : 2;
    const LookupResult found = cache.manager().lookup(entry_of(wanted, kSmall));
    CHECK(RealCache::bytes_of(found.handle) == content_of(wanted, kSmall));
  }
  cache.manager().drain();
}

}  // namespace
}  // namespace cachebench::cache
