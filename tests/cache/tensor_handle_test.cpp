// SPDX-License-Identifier: Apache-2.0
#include "cache/tensor_handle.h"

#include <doctest/doctest.h>

#include "cache/cache_fixtures.h"

namespace cachebench::cache {
namespace {

using testing::content_of;
using testing::entry_of;
using testing::RealCache;

TEST_CASE("an entry stays while any of its handles lives") {
  RealCache cache({{1'000}}, "none");
  cache.put(1, 800);
  TensorHandle first = cache.manager().lookup(entry_of(1, 800)).handle;
  TensorHandle second = cache.manager().lookup(entry_of(1, 800)).handle;
  CHECK(cache.put(2, 800).status == PutStatus::kRefused);
  CHECK_FALSE(cache.manager().erase(entry_of(1, 800).key));
  first.release();
  first.release();  // twice is once
  CHECK_FALSE(static_cast<bool>(first));
  CHECK(cache.put(2, 800).status == PutStatus::kRefused);
  CHECK(RealCache::bytes_of(second) == content_of(1, 800));
  second = TensorHandle();
  CHECK(cache.put(2, 800).status == PutStatus::kStored);
}

TEST_CASE("moving a handle moves the pin") {
  RealCache cache({{1'000}}, "none");
  cache.put(1, 800);
  TensorHandle handle = cache.manager().lookup(entry_of(1, 800)).handle;
  TensorHandle moved(std::move(handle));
  CHECK(moved.served() == Level::kL1);
  CHECK(moved.meta().bytes() == Bytes{800});
  CHECK(cache.put(2, 800).status == PutStatus::kRefused);
  {
    TensorHandle inner;
    inner = std::move(moved);
    TensorHandle& same = inner;
    inner = std::move(same);  // onto itself
    CHECK(static_cast<bool>(inner));
  }
  CHECK(cache.put(2, 800).status == PutStatus::kStored);
}

TEST_CASE("the host tier is read in place, the device through a copy") {
  RealCache cache({{1'000}, {100'000}}, "none");
  cache.put(1, 800);
  cache.put(2, 50'000);
  const TensorHandle device = cache.manager().lookup(entry_of(1, 800)).handle;
  const TensorHandle host = cache.manager().lookup(entry_of(2, 50'000)).handle;
  CHECK(device.wait().status == tier::TransferStatus::kDone);
  CHECK(device.host_view().empty());
  CHECK(host.wait().status == tier::TransferStatus::kDone);
  const auto expected = content_of(2, 50'000);
  REQUIRE(host.host_view().size() == expected.size());
  CHECK(std::equal(expected.begin(), expected.end(), host.host_view().begin()));
}

TEST_CASE("a handle of a simulation is the pin alone") {
  const hardware::CostModel costs = testing::round_costs();
  HierarchicalCacheManager manager(testing::engine_options_of({{1'000}}, "none"), costs,
                                   std::make_unique<NullTransfers>(), DecisionClock::kServiceSum);
  manager.put(entry_of(1, 800), nullptr, nullptr);
  const TensorHandle handle = manager.lookup(entry_of(1, 800)).handle;
  CHECK(static_cast<bool>(handle));
  CHECK_FALSE(handle.has_bytes());
  CHECK(manager.put(entry_of(2, 800), nullptr, nullptr).status == PutStatus::kRefused);
}

}  // namespace
}  // namespace cachebench::cache
