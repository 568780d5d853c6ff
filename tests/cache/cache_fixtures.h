// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cache/hierarchical_cache_manager.h"
#include "cache/lock_watch.h"
#include "cache/movers.h"
#include "core/check.h"
#include "core/error.h"
#include "core/rng.h"
#include "support/temp_dir.h"
#include "tier/device/device_plane.h"
#include "tier/device/emulated_device.h"
#include "tier/host/host_plane.h"
#include "tier/ssd/ssd_plane.h"

/// What tests of the cache build on: round costs, entries by number, content that can be checked, and planes
/// that watch or fail. Values and test-only owners; one thread unless said.
namespace cachebench::testing {

/// lookup 10, any link 1 byte a ns after 100.
inline hardware::CostModel round_costs() {
  hardware::Profile profile;
  profile.h2d = profile.d2h = profile.ssd_read =
      profile.ssd_write = {.bytes_per_second = 1e9, .latency = Nanoseconds{100}};
  profile.flops_per_second = profile.device_bytes_per_second = 1e12;
  profile.decode_bytes_per_second = profile.encode_bytes_per_second = 1e9;
  profile.lossy_decode_bytes_per_second = profile.lossy_encode_bytes_per_second = 1e9;
  profile.lookup = Nanoseconds{10};
  return {profile, 1.0};
}

struct TierSpec {
  std::uint64_t capacity;
  std::string eviction = "lru";
  double high = 1.0;
  double low = 1.0;
};

inline cache::EngineOptions engine_options_of(const std::vector<TierSpec>& tiers,
                                              const std::string& migration) {
  using hardware::Medium;
  constexpr Medium kMedia[] = {Medium::kDevice, Medium::kHost, Medium::kSsd};
  cache::EngineOptions options;
  options.migration.name = migration;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    cache::TierOptions tier;
    tier.name = "L" + std::to_string(i + 1);
    tier.medium = kMedia[i];
    tier.capacity = Bytes{tiers[i].capacity};
    tier.high_watermark = tiers[i].high;
    tier.low_watermark = tiers[i].low;
    tier.eviction.name = tiers[i].eviction;
    options.tiers.push_back(tier);
  }
  return options;
}

inline cache::EntryDescription entry_of(std::uint64_t number, std::uint64_t bytes) {
  cache::EntryDescription what;
  what.key = Key{1, number};
  what.meta = {.shape = {static_cast<std::int64_t>(bytes)}, .dtype = DType::kU8};
  what.bytes = Bytes{bytes};
  what.recompute = Nanoseconds{1'000'000};
  return what;
}

/// The bytes of an entry follow from its number, so whoever reads them can tell.
inline std::vector<std::byte> content_of(std::uint64_t number, std::uint64_t bytes) {
  std::vector<std::byte> content(bytes);
  Rng rng(number + 1);
  std::uint64_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    const std::uint64_t word = rng.next();
    std::memcpy(content.data() + at, &word, 8);
  }
  for (; at < bytes; ++at) content[at] = static_cast<std::byte>(rng.next());
  return content;
}

/// Plane in front of another: checks that no decision lock is held across I/O, and fails on request.
/// Thread-safe as far as the plane behind is; the settings are atomic.
class WatchedPlane final : public tier::Plane {
 public:
  explicit WatchedPlane(std::unique_ptr<tier::Plane> behind) : behind_(std::move(behind)) {}

  std::atomic<int> failing_writes{0};  ///< so many writes from now on fail
  std::atomic<int> corrupt_reads{0};   ///< so many reads from now on report a bad checksum
  std::atomic<bool> throws{false};     ///< writes throw, as when memory is out
  std::atomic<bool> hides_bytes{false};
  std::atomic<std::uint64_t> room{UINT64_MAX};  ///< bytes of blocks that may be out at once
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> reads{0};

  [[nodiscard]] hardware::Medium medium() const override { return behind_->medium(); }
  [[nodiscard]] const char* device() const override { return behind_->device(); }
  [[nodiscard]] std::optional<tier::Block> allocate(Bytes bytes) override {
    if (out_.fetch_add(bytes.value) + bytes.value <= room) {
      if (auto block = behind_->allocate(bytes)) return block;
    }
    out_ -= bytes.value;
    return std::nullopt;
  }
  void release(const tier::Block& block) noexcept override {
    behind_->release(block);
    out_ -= block.bytes.value;
  }

  [[nodiscard]] tier::Ticket write(const tier::Block& block, const tier::RecordInfo& info,
                                   std::span<const std::byte> source) override {
    cache::check_no_decision_lock("a write");
    ++writes;
    if (throws) throw Error(ErrorKind::kEnvironment, "no memory, as the test wants it");
    if (take(failing_writes)) {
      return tier::Ticket::completed({.status = tier::TransferStatus::kFailed,
                                      .error = std::make_exception_ptr(Error(
                                          ErrorKind::kEnvironment, "no space left, as the test wants it")),
                                      .service = {}});
    }
    return behind_->write(block, info, source);
  }
  [[nodiscard]] tier::Ticket read(const tier::Block& block, std::span<std::byte> target) override {
    cache::check_no_decision_lock("a read");
    ++reads;
    if (take(corrupt_reads))
      return tier::Ticket::completed({.status = tier::TransferStatus::kCorrupt, .error = {}, .service = {}});
    return behind_->read(block, target);
  }
  [[nodiscard]] std::span<std::byte> host_view(const tier::Block& block) override {
    return hides_bytes ? std::span<std::byte>{} : behind_->host_view(block);
  }
  [[nodiscard]] std::vector<tier::Recovered> recover() override {
    cache::check_no_decision_lock("a scan");
    return behind_->recover();
  }
  void flush() override {
    cache::check_no_decision_lock("a flush");
    behind_->flush();
  }
  [[nodiscard]] tier::PlaneStats stats() const override { return behind_->stats(); }

 private:
  static bool take(std::atomic<int>& count) {
    int left = count.load();
    while (left > 0 && !count.compare_exchange_weak(left, left - 1)) {
    }
    return left > 0;
  }

  std::unique_ptr<tier::Plane> behind_;
  std::atomic<std::uint64_t> out_{0};
};

/// Three real planes (emulated device without its throttle, host, SSD in a folder of its own) and a manager.
class RealCache {
 public:
  RealCache(const std::vector<TierSpec>& tiers, const std::string& migration, std::string directory = "",
            bool keep = false, const std::string& prefetch = "none",
            const std::function<void(cache::EngineOptions&)>& adjust = {})
      : costs_(round_costs()) {
    cache::EngineOptions options = engine_options_of(tiers, migration);
    options.prefetch.name = prefetch;
    if (adjust) adjust(options);
    for (std::size_t i = 0; i < tiers.size(); ++i)
      planes_.push_back(
          std::make_unique<WatchedPlane>(make_plane(i, Bytes{tiers[i].capacity}, directory, keep)));
    std::vector<tier::Plane*> planes;
    for (const auto& plane : planes_) planes.push_back(plane.get());
    auto movers = std::make_unique<cache::Movers>(planes, cache::Movers::Options{.threads = 2});
    movers_ = movers.get();
    manager_ = std::make_unique<cache::HierarchicalCacheManager>(options, costs_, std::move(movers),
                                                                 cache::DecisionClock::kServiceSum);
    for (std::size_t i = 0; i < planes.size(); ++i)
      adopted_ += manager_->adopt(level_at(i), *planes[i], movers_->gate(level_at(i)));
  }

  [[nodiscard]] cache::HierarchicalCacheManager& manager() { return *manager_; }
  [[nodiscard]] cache::Movers& movers() { return *movers_; }
  [[nodiscard]] WatchedPlane& plane(std::size_t tier) { return *planes_[tier]; }
  [[nodiscard]] std::size_t adopted() const { return adopted_; }

  cache::PutResult put(std::uint64_t number, std::uint64_t bytes, const cache::FlightPtr& owned = nullptr) {
    const std::vector<std::byte> content = content_of(number, bytes);
    const cache::EntryDescription what = entry_of(number, bytes);
    const TensorView view{.meta = what.meta, .data = content};
    return manager_->put(what, &view, owned);
  }
  /// Looks up and, on a miss, puts.
  cache::LookupResult fetch(std::uint64_t number, std::uint64_t bytes) {
    cache::LookupResult found = manager_->lookup(entry_of(number, bytes));
    if (found.owned) put(number, bytes, found.owned);
    return found;
  }
  /// What a handle reads; empty when its transfer did not succeed.
  static std::vector<std::byte> bytes_of(const cache::TensorHandle& handle) {
    std::vector<std::byte> out(handle.copy().bytes().value);
    if (handle.read(out).status != tier::TransferStatus::kDone) return {};
    return out;
  }

 private:
  static std::unique_ptr<tier::Plane> make_plane(std::size_t tier, Bytes capacity,
                                                 const std::string& directory, bool keep) {
    if (tier == 0) {
      tier::EmulatedDeviceOptions device;
      device.throttle = tier::Throttle::kOff;
      return tier::make_device_plane({.capacity = capacity}, tier::make_emulated_device(device));
    }
    if (tier == 1) return tier::make_host_plane({.capacity = capacity, .lock = tier::PageLock::kOff});
    return tier::make_ssd_plane({.directory = directory, .capacity = capacity, .keep = keep});
  }

  hardware::CostModel costs_;
  std::vector<std::unique_ptr<WatchedPlane>> planes_;
  cache::Movers* movers_ = nullptr;
  std::size_t adopted_ = 0;
  std::unique_ptr<cache::HierarchicalCacheManager> manager_;  // last: goes first
};

}  // namespace cachebench::testing
