// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "cache/cache_fixtures.h"
#include "cache/compression/tensor_cases.h"
#include "tier/device/device_types.h"

// Entries that lie below in a form and go up to a device that decodes: what comes out is what the host's
// decoder gives, and the link carried the form's bytes alone.
namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::numbers;
using testing::RealCache;
using tier::Encoding;

constexpr std::uint64_t kRows = 37;

EntryDescription matrix_of(std::uint64_t number, DType dtype) {
  EntryDescription what;
  what.key = Key{2, number};
  what.meta = {.shape = {static_cast<std::int64_t>(kRows), 301}, .dtype = dtype};
  what.bytes = what.meta.bytes();
  what.recompute = Nanoseconds{1'000'000};
  return what;
}

/// Two tiers: the device's, plain, and the host's, in a form.
class FormCache {
 public:
  FormCache(std::shared_ptr<tier::DeviceApi> device, const EntryDescription& one, const char* form)
      : costs_(testing::round_costs()),
        above_(tier::make_device_plane({.capacity = Bytes{2 * one.bytes.value}}, std::move(device))),
        below_(
            tier::make_host_plane({.capacity = Bytes{16 * one.bytes.value}, .lock = tier::PageLock::kOff})) {
    EngineOptions options =
        engine_options_of({{2 * one.bytes.value}, {16 * one.bytes.value}}, "demote-on-evict");
    options.tiers[1].compression.format = form;
    auto movers = std::make_unique<Movers>(std::vector<tier::Plane*>{above_.get(), below_.get()},
                                           Movers::Options{.threads = 2});
    movers_ = movers.get();
    manager_ = std::make_unique<HierarchicalCacheManager>(options, costs_, std::move(movers),
                                                          DecisionClock::kServiceSum);
  }
  void put(const EntryDescription& what, std::uint64_t number) {
    const std::vector<std::byte> content = numbers(what.meta, number);
    const TensorView view{.meta = what.meta, .data = content};
    CHECK(manager_->put(what, &view, nullptr).status == PutStatus::kStored);
    manager_->drain();
  }
  [[nodiscard]] std::vector<std::byte> get(const EntryDescription& what) {
    const LookupResult found = manager_->lookup(what);
    REQUIRE(found.handle);
    std::vector<std::byte> bytes = RealCache::bytes_of(found.handle);
    manager_->drain();
    return bytes;
  }
  [[nodiscard]] Bytes carried_up() const { return above_->stats().bytes_written; }
  [[nodiscard]] TransferStats stats() const { return movers_->stats(); }

 private:
  hardware::CostModel costs_;
  std::unique_ptr<tier::Plane> above_;
  std::unique_ptr<tier::Plane> below_;
  Movers* movers_ = nullptr;
  std::unique_ptr<HierarchicalCacheManager> manager_;  // last: goes first
};

std::vector<std::byte> through(Encoding encoding, const TensorMeta& meta,
                               const std::vector<std::byte>& plain) {
  std::vector<std::byte> form(stored_bytes(encoding, meta).value);
  std::vector<std::byte> back(plain.size());
  REQUIRE(encode(encoding, {.meta = meta, .data = plain}, form));
  REQUIRE(decode(encoding, form, meta, back));
  return back;
}

void check_forms(const std::function<std::shared_ptr<tier::DeviceApi>()>& make) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const Encoding encoding : testing::kForms) {
      const EntryDescription one = matrix_of(1, dtype);
      if (!shrinks(encoding, one.meta)) continue;
      const std::string form(name_of(encoding));
      CAPTURE(form);
      const auto device = make();
      if (device == nullptr) return;
      if (!device->can_decode(encoding, dtype)) {
        MESSAGE("skipped: this build has no device kernels");
        return;
      }
      FormCache cache(device, one, form.c_str());
      for (std::uint64_t i = 1; i <= 3; ++i) cache.put(matrix_of(i, dtype), i);  // the first one sinks
      const Bytes before = cache.carried_up();
      CHECK(cache.get(one) == through(encoding, one.meta, numbers(one.meta, 1)));
      const TransferStats stats = cache.stats();
      CHECK(stats.decoded_above == 1);
      CHECK(stats.failures == 0);
      CHECK(cache.carried_up() - before == stored_bytes(encoding, one.meta));
      CHECK(stats.lossy[one.kind].decoded == 0);  // on none of the host's cores
    }
  }
}

}  // namespace

TEST_CASE("a form goes up to an emulated device as it lies, and comes out as the host would decode it") {
  check_forms([] { return tier::testing::EmulatedQueued::make({}); });
}

TEST_CASE("a form goes up to a GPU's driver as it lies, and its kernels give what the host would") {
  check_forms([] { return tier::testing::FakeDriverSingle::make({}); });
}

}  // namespace cachebench::cache
