// SPDX-License-Identifier: Apache-2.0
#include "cache/intel_nvidia_cache_manager.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <thread>

#include "cache/cache_fixtures.h"
#include "hardware/live_machine.h"

namespace cachebench::cache {
namespace {

using testing::content_of;

const std::string kProfiles = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles/";

HardwareOptions small_options() {
  HardwareOptions options;
  options.profile = kProfiles + "i5-10210u-mx250-nvme.json";
  options.most_per_tier = kMiB * 8;
  options.site.throttle = tier::Throttle::kOff;
  return options;
}

hardware::HardwarePlan small_plan() {
  hardware::HardwarePlan plan;
  plan.l1 = kMiB;
  plan.l2 = kMiB * 4;
  plan.l3 = kMiB * 16;
  plan.copy_chunk = kKiB * 512;
  plan.small_copy = kKiB * 64;
  plan.copy_batch = 8;
  return plan;
}

CacheSite quick_site() {
  CacheSite site;
  site.profile = testing::round_costs().profile();
  site.throttle = tier::Throttle::kOff;
  return site;
}

}  // namespace

TEST_CASE("the document's example: a cache for this machine, and a general tensor of 512 × 512") {
  const auto cache = create_hardware_optimized_cache_manager(small_options());
  const auto tensor = cache->get_tensor({512, 512}, DType::kF16, "general");
  REQUIRE(tensor);
  CHECK(tensor.bytes().size() == 512 * 512 * 2);
  CHECK_FALSE(cache->plan().items.empty());
  CHECK(cache->plan().l2 <= kMiB * 8);
}

TEST_CASE("a plan that counts on a card gets this machine's, or is made without one") {
  hardware::Topology topology;
  topology.is_this_machine = true;
  topology.memory = kGiB * 16;
  hardware::Gpu card;
  card.vendor = "NVIDIA";
  card.compute_capability = "6.1";
  card.memory = kGiB * 2;
  topology.gpus = {card};
  HardwareOptions options = small_options();
  options.topology = topology;
  const auto here = create_hardware_optimized_cache_manager(options);
  const bool on_card = here->plan().first_tier == hardware::FirstTier::kCuda;
  CHECK((std::string_view(here->cache().plane(Level::kL1).device()) == "cuda") == on_card);
  options.topology->is_this_machine = false;
  const auto described = create_hardware_optimized_cache_manager(options);
  CHECK(described->plan().first_tier == hardware::FirstTier::kCuda);
  CHECK(std::string_view(described->cache().plane(Level::kL1).device()) == "emulated");
}

TEST_CASE("the first level lies on the device that the site names") {
  constexpr Bytes kDeviceMemory = kMiB * 64;
  CacheSite site = quick_site();
  site.device = tier::make_emulated_device(
      {.h2d = {}, .d2h = {}, .throttle = tier::Throttle::kOff, .memory = kDeviceMemory});
  IntelNvidiaCacheManager cache(small_plan(), site);
  CHECK_FALSE(site.device->malloc(kDeviceMemory).has_value());  // part of it is the cache's
  const auto content = content_of(1, 100'000);
  REQUIRE(cache.put_tensor(view_of(content), "k", "image"));
  const auto found = cache.get_tensor("k", "image");
  REQUIRE(found.has_value());
  CHECK(testing::RealCache::bytes_of(*found) == content);
}

TEST_CASE("tensors of every type come back whole, and are counted by type") {
  IntelNvidiaCacheManager cache(small_plan(), quick_site());
  std::uint64_t seed = 1;
  for (const std::string_view type : tensor_types()) {
    const auto content = content_of(seed++, 100'000);
    const std::string key = "key of " + std::string(type);
    CHECK_FALSE(cache.get_tensor(key, type).has_value());
    REQUIRE(cache.put_tensor(view_of(content), key, type));
    const auto found = cache.get_tensor(key, type);
    REQUIRE(found.has_value());
    CHECK(testing::RealCache::bytes_of(*found) == content);
    const auto counts = cache.counts(type);
    CHECK(counts.stored == 1);
    CHECK(counts.found == 1);
    CHECK(counts.missed == 1);
  }
  const CacheStatistics statistics = cache.manager().statistics();
  CHECK(statistics.hit_ratio() == doctest::Approx(0.5));
}

TEST_CASE("a put replaces, and a buffer that comes back is used again") {
  IntelNvidiaCacheManager cache(small_plan(), quick_site());
  const auto first = content_of(1, 5000);
  const auto second = content_of(2, 6000);
  REQUIRE(cache.put_tensor(view_of(first), "k", "kv"));
  REQUIRE(cache.put_tensor(view_of(second), "k", "kv"));
  const auto found = cache.get_tensor("k", "kv");
  REQUIRE(found.has_value());
  CHECK(testing::RealCache::bytes_of(*found) == second);
  { const auto buffer = cache.get_tensor({64, 64}, DType::kF32, "attention"); }
  const auto again = cache.get_tensor({64, 64}, DType::kF32, "attention");
  CHECK(again.level() == Level::kL2);
}

TEST_CASE("an unknown type is refused, naming the nearest") {
  IntelNvidiaCacheManager cache(small_plan(), quick_site());
  CHECK_THROWS_AS(static_cast<void>(cache.get_tensor({1}, DType::kU8, "generl")), Error);
  CHECK_THROWS_AS(static_cast<void>(kind_of_tensor_type("")), Error);
  CHECK(kind_of_tensor_type("image") == ArtefactKind::kVisionEncoderOutput);
  CHECK(kind_of_tensor_type("kv") == ArtefactKind::kKvBlock);
}

TEST_CASE("a plan becomes the thirteen fields; a tier without room is as small as can be") {
  hardware::HardwarePlan plan = small_plan();
  plan.l3 = Bytes{0};
  plan.pin_memory = false;
  plan.l3_compression = "zstd";
  const CacheConfig config = cache_config_of(plan);
  CHECK(config.l1_cache_size == kMiB);
  CHECK(config.l2_cache_size == kMiB * 4);
  CHECK(config.l3_cache_size == kMiB);
  CHECK_FALSE(config.l2_pin_memory);
  CHECK(config.l3_compression);
  CHECK(config.migration_threshold_high_freq == CacheConfig{}.migration_threshold_high_freq);
}

TEST_CASE("transfers: large tensors in chunks, small ones together, longer ones later") {
  const IntelNvidiaCacheManager cache(small_plan(), quick_site());
  CHECK(cache.transfer_of(kMiB * 3).chunks == 6);
  CHECK(cache.transfer_of(kMiB * 3).together == 1);
  CHECK(cache.transfer_of(kKiB * 4).chunks == 1);
  CHECK(cache.transfer_of(kKiB * 4).together == 8);
  CHECK(cache.transfer_of(kMiB * 3).expected > cache.transfer_of(kKiB * 4).expected);
  CHECK(cache.transfer_chunk() == kKiB * 512);
}

TEST_CASE("making a cache leaves the caller's affinity as it was; a scope changes it for a while") {
  const std::vector<int> before = hardware::allowed_processors();
  hardware::HardwarePlan plan = small_plan();
  plan.mover_pins = {before.back()};
  plan.compute_pins = {before.front()};
  const IntelNvidiaCacheManager cache(plan, quick_site());
  CHECK(hardware::allowed_processors() == before);
  {
    const auto scope = cache.compute_scope();
    CHECK(hardware::allowed_processors() == std::vector<int>{before.front()});
  }
  CHECK(hardware::allowed_processors() == before);
}

TEST_CASE("several threads put and get at once") {
  IntelNvidiaCacheManager cache(small_plan(), quick_site());
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 50; ++i) {
        const auto content = content_of(static_cast<std::uint64_t>(t * 100 + i), 20'000);
        const std::string key = std::to_string(t) + "/" + std::to_string(i);
        if (!cache.put_tensor(view_of(content), key, "image")) continue;
        const auto found = cache.get_tensor(key, "image");
        if (found) CHECK(testing::RealCache::bytes_of(*found) == content);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto counts = cache.counts("image");
  CHECK(counts.stored > 0);
  CHECK(counts.found + counts.missed == counts.stored);
}

}  // namespace cachebench::cache
