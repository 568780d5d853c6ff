// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/lookup_probe.h"

#include <algorithm>
#include <utility>

#include "bench/calibrate/spread.h"
#include "core/hash.h"
#include "tier/device/device_plane.h"
#include "tier/device/emulated_device.h"
#include "tier/host/host_plane.h"

namespace cachebench::bench {
namespace {

constexpr Bytes kEntry{20 * kKiB.value};
constexpr std::uint64_t kEntries = 8192;
constexpr std::uint64_t kInFirstTier = 1024;
constexpr std::uint64_t kInSecondTier = 2048;
// What passes the processor's caches from one request's look-ups to the next one's.
constexpr Bytes kBetween = kMiB * 8;
constexpr int kRequests = 24;
constexpr int kLookups = 32;

cache::EngineOptions engine_options(const LookupPolicies& policies) {
  cache::EngineOptions options;
  options.migration.name = "demote-on-evict";
  for (const auto& [medium, entries] : {std::pair{hardware::Medium::kDevice, kInFirstTier},
                                        std::pair{hardware::Medium::kHost, kInSecondTier}}) {
    const bool first = medium == hardware::Medium::kDevice;
    options.tiers.push_back({.name = first ? "L1" : "L2",
                             .medium = medium,
                             .capacity = kEntry * entries,
                             .eviction = {.name = first ? policies.eviction : "lru", .values = {}}});
  }
  return options;
}

std::vector<std::unique_ptr<tier::Plane>> planes() {
  tier::EmulatedDeviceOptions device;
  device.throttle = tier::Throttle::kOff;
  std::vector<std::unique_ptr<tier::Plane>> planes;
  planes.push_back(
      tier::make_device_plane({.capacity = kEntry * kInFirstTier}, tier::make_emulated_device(device)));
  planes.push_back(tier::make_host_plane({.capacity = kEntry * kInSecondTier}));
  return planes;
}

}  // namespace

LookupProbe::LookupProbe(hardware::Profile profile, const Clock& clock, const LookupPolicies& policies)
    : clock_(clock), content_(kEntry.value), scratch_(kEntry.value), rng_(4) {
  cache::CacheSite site;
  site.profile = profile;
  cache_ = std::make_unique<cache::HierarchicalCache>(
      engine_options(policies), hardware::CostModel(std::move(profile), 1.0), planes(), site);
  Samples ignored;
  for (int i = 0; i < 4 * kRequests; ++i) request(ignored);
}

cache::EntryDescription LookupProbe::entry(std::uint64_t number) const {
  cache::EntryDescription what;
  what.key = derive_key(Key{1, 2}, number);
  what.kind = ArtefactKind::kKvBlock;
  what.meta = view_of(content_).meta;
  what.bytes = kEntry;
  what.recompute = Nanoseconds{1'000'000};
  return what;
}

void LookupProbe::request(Samples& samples) {
  std::vector<std::pair<cache::EntryDescription, cache::LookupResult>> found;
  between_.assign(kBetween.value, static_cast<std::byte>(rng_.below(256)));
  const std::uint64_t first = rng_.below(rng_.below(kEntries) + 1);  // low numbers more often
  for (std::uint64_t i = 0; i < kLookups; ++i) {
    const cache::EntryDescription what = entry((first + i) % kEntries);
    const Nanoseconds asked = clock_.now();
    cache::LookupResult result = cache_->manager().lookup(what);
    const Nanoseconds answered = clock_.now();
    if (result.decision.hit) {
      std::vector<double>& kind = result.decision.served == Level::kL1 ? samples.hits : samples.promotions;
      kind.push_back(static_cast<double>((answered - asked - result.handed_over).count()));
    }
    found.emplace_back(what, std::move(result));
  }
  const TensorView content = view_of(content_);
  for (auto& [what, result] : found) {
    if (result.handle) {
      (void)result.handle.wait();
      (void)result.handle.read(scratch_);
    } else {
      (void)cache_->manager().put(what, &content, result.owned);
    }
  }
}

LookupTimes LookupProbe::once() {
  Samples samples;
  for (int i = 0; i < kRequests; ++i) request(samples);
  const auto median = [](std::vector<double>& times) {
    return Nanoseconds{static_cast<std::int64_t>(spread_of(std::move(times)).median)};
  };
  return {.hit = median(samples.hits), .promotion = median(samples.promotions)};
}

}  // namespace cachebench::bench
