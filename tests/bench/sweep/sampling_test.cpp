// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/sampling.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "policy/one_tier/replay.h"

namespace {

using namespace cachebench;
using policy::AccessColumns;
using policy::OneTierCounts;

// Skewed: low numbers come often. Ids are dense in the order of first appearance.
AccessColumns skewed(std::size_t accesses, std::uint32_t objects, bool unit) {
  AccessColumns columns;
  std::vector<std::uint32_t> numbers(objects, UINT32_MAX);
  std::uint32_t next = 0;
  Rng rng(5);
  for (std::size_t i = 0; i < accesses; ++i) {
    const double u = rng.uniform();
    const auto object = static_cast<std::uint32_t>(u * u * u * objects);
    if (numbers[object] == UINT32_MAX) numbers[object] = next++;
    if (unit) {
      columns.append_unit(numbers[object]);
    } else {
      columns.append(numbers[object], 100 + splitmix64(object) % 50);
    }
  }
  return columns;
}

TEST_CASE("slices are disjoint and make up the sample") {
  const AccessColumns columns = skewed(50'000, 20'000, false);
  const bench::AccessSample sample = bench::draw_sample(columns, 0.1);
  CHECK(sample.slices.size() == bench::kSampleSlices);
  std::size_t accesses = 0;
  std::size_t objects = 0;
  std::uint64_t bytes = 0;
  for (const AccessColumns& slice : sample.slices) {
    accesses += slice.accesses();
    objects += slice.objects();
    bytes += slice.bytes_requested().value;
  }
  CHECK(accesses == sample.all.accesses());
  CHECK(objects == sample.all.objects());
  CHECK(bytes == sample.all.bytes_requested().value);
  const double share = static_cast<double>(objects) / static_cast<double>(columns.objects());
  CHECK(share == doctest::Approx(0.1).epsilon(0.1));
}

TEST_CASE("the sampled miss ratio is within its stated error of the exact one") {
  for (const bool unit : {true, false}) {
    const AccessColumns columns = skewed(400'000, 60'000, unit);
    const bench::AccessSample sample = bench::draw_sample(columns, 0.1);
    for (const char* name : {"lru", "fifo", "lfu"}) {
      for (const std::uint64_t percent : {2U, 10U, 40U}) {
        const Bytes capacity{columns.bytes_distinct().value * percent / 100};
        const OneTierCounts exact =
            policy::replay_one_tier({columns, capacity}, {.name = name, .values = {}}, 1);
        const auto replay = [&](const AccessColumns& part, double rate) {
          return policy::replay_one_tier({part, bench::scaled_capacity(capacity, rate)},
                                         {.name = name, .values = {}}, 1);
        };
        std::vector<OneTierCounts> slices;
        for (const AccessColumns& slice : sample.slices) {
          slices.push_back(replay(slice, sample.rate / bench::kSampleSlices));
        }
        const auto estimate = bench::scale_up(columns, sample.rate, replay(sample.all, sample.rate), slices);
        const double error =
            static_cast<double>(estimate.counts.misses) / static_cast<double>(exact.accesses) -
            static_cast<double>(exact.misses) / static_cast<double>(exact.accesses);
        CAPTURE(name);
        CAPTURE(percent);
        CHECK(std::abs(error) <= 4 * estimate.miss_ratio_error);
        CHECK(std::abs(error) < 0.03);
        CHECK(estimate.counts.accesses == exact.accesses);
        CHECK(estimate.counts.bytes_requested == exact.bytes_requested);
      }
    }
  }
}

TEST_CASE("capacities shrink with the sample, and stay something") {
  CHECK(bench::scaled_capacity(Bytes{1000}, 0.25).value == 250);
  CHECK(bench::scaled_capacity(Bytes{3}, 0.25).value == 1);
  CHECK(bench::scaled_capacity(Bytes{0}, 0.25).value == 0);
}

TEST_CASE("senseless rates, and samples of nothing, are refused") {
  const AccessColumns columns = skewed(1000, 100, true);
  for (const double rate : {0.0, -0.5, 1.0, 2.0, std::nan("")}) {
    CHECK_THROWS_AS((void)bench::draw_sample(columns, rate), Error);
  }
  CHECK_THROWS_AS((void)bench::draw_sample(columns, 1e-9), Error);
}

}  // namespace
