// SPDX-License-Identifier: Apache-2.0
#include "hardware/cost.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/rng.h"

namespace {

using cachebench::Bytes;
using cachebench::Nanoseconds;
using cachebench::Work;
using namespace cachebench::hardware;

// Round figures, so that expected times can be read off: 1 byte takes 1 ns at 1e9.
Profile round_profile() {
  Profile profile;
  profile.name = "round";
  profile.h2d = {.bytes_per_second = 4e9, .latency = Nanoseconds{10}};
  profile.d2h = {.bytes_per_second = 2e9, .latency = Nanoseconds{20}};
  profile.ssd_read = {.bytes_per_second = 1e9, .latency = Nanoseconds{100}};
  profile.ssd_write = {.bytes_per_second = 5e8, .latency = Nanoseconds{50}};
  profile.flops_per_second = 1e12;
  profile.device_bytes_per_second = 1e10;
  profile.decode_bytes_per_second = 8e9;
  profile.encode_bytes_per_second = 1e9;
  profile.lossy_encode_bytes_per_second = 2e9;
  profile.lossy_decode_bytes_per_second = 4e9;
  profile.tokenize_ns = 3;
  profile.preprocess_ns = 0.5;
  profile.lookup = Nanoseconds{7};
  return profile;
}

struct Expected {
  Resource resource;
  std::int64_t ns;
};

double seconds(const Stages& stages) {
  return static_cast<double>(stages.total().count()) / 1e9;
}

void check_stages(const Stages& stages, const std::vector<Expected>& expected) {
  REQUIRE(stages.span().size() == expected.size());
  std::int64_t total = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(stages.span()[i].resource == expected[i].resource);
    CHECK(stages.span()[i].duration.count() == expected[i].ns);
    total += expected[i].ns;
  }
  CHECK(stages.total().count() == total);
}

}  // namespace

TEST_CASE("copies take a latency and the bytes' time on the right link") {
  const CostModel cost(round_profile(), 1.0);
  const Bytes bytes{8000};
  check_stages(cost.copy(Medium::kHost, Medium::kDevice, bytes), {{Resource::kPcieUp, 10 + 2000}});
  check_stages(cost.copy(Medium::kDevice, Medium::kHost, bytes), {{Resource::kPcieDown, 20 + 4000}});
  check_stages(cost.copy(Medium::kSsd, Medium::kHost, bytes), {{Resource::kSsdRead, 100 + 8000}});
  check_stages(cost.copy(Medium::kHost, Medium::kSsd, bytes), {{Resource::kSsdWrite, 50 + 16000}});
  check_stages(cost.copy(Medium::kSsd, Medium::kDevice, bytes),
               {{Resource::kSsdRead, 8100}, {Resource::kPcieUp, 2010}});
  check_stages(cost.copy(Medium::kDevice, Medium::kSsd, bytes),
               {{Resource::kPcieDown, 4020}, {Resource::kSsdWrite, 16050}});
}

TEST_CASE("a codec shrinks what the drive sees and costs processor time on the full bytes") {
  const CostModel cost(round_profile(), 0.5);
  const Bytes bytes{8000};
  CHECK(cost.stored_bytes(bytes) == Bytes{4000});
  check_stages(cost.fetch(Medium::kSsd, bytes),
               {{Resource::kSsdRead, 100 + 4000}, {Resource::kCpu, 1000}, {Resource::kPcieUp, 2010}});
  check_stages(cost.copy(Medium::kDevice, Medium::kSsd, bytes),
               {{Resource::kPcieDown, 4020}, {Resource::kCpu, 8000}, {Resource::kSsdWrite, 50 + 8000}});
  check_stages(cost.copy(Medium::kSsd, Medium::kHost, bytes),
               {{Resource::kSsdRead, 4100}, {Resource::kCpu, 1000}});
  check_stages(cost.copy(Medium::kHost, Medium::kDevice, bytes), {{Resource::kPcieUp, 2010}});
}

TEST_CASE("a codec whose savings are not counted costs its time alone") {
  const CostModel cost(round_profile(), 1.0, SsdCodec::kAlways);
  const Bytes bytes{8000};
  CHECK(cost.stored_bytes(bytes) == bytes);
  check_stages(cost.fetch(Medium::kSsd, bytes),
               {{Resource::kSsdRead, 8100}, {Resource::kCpu, 1000}, {Resource::kPcieUp, 2010}});
  check_stages(cost.copy(Medium::kDevice, Medium::kSsd, bytes),
               {{Resource::kPcieDown, 4020}, {Resource::kCpu, 8000}, {Resource::kSsdWrite, 16050}});
  check_stages(cost.copy(Medium::kHost, Medium::kDevice, bytes), {{Resource::kPcieUp, 2010}});
}

TEST_CASE("a lossy form crosses links at its own size and is recoded where the forms differ") {
  const CostModel cost(round_profile(), 1.0);
  const Bytes bytes{8000};
  const Resting device{.medium = Medium::kDevice, .bytes = bytes};
  const Resting host{.medium = Medium::kHost, .bytes = Bytes{2000}, .form = 3};
  const Resting drive{.medium = Medium::kSsd, .bytes = Bytes{4000}, .form = 1};
  check_stages(cost.copy(host, device, bytes), {{Resource::kCpu, 2000}, {Resource::kPcieUp, 2010}});
  check_stages(cost.fetch(host, bytes), {{Resource::kCpu, 2000}, {Resource::kPcieUp, 2010}});
  check_stages(cost.copy(device, host, bytes), {{Resource::kPcieDown, 4020}, {Resource::kCpu, 4000}});
  check_stages(cost.copy(host, drive, bytes), {{Resource::kCpu, 2000 + 4000}, {Resource::kSsdWrite, 8050}});
  check_stages(cost.fetch(drive, bytes),
               {{Resource::kSsdRead, 4100}, {Resource::kCpu, 2000}, {Resource::kPcieUp, 2010}});
  CHECK(cost.hit_cost(host, bytes).count() == 7 + 4010);
  // On the device it is read there; between equal forms nothing is recoded, and links carry the form.
  const Resting small{.medium = Medium::kDevice, .bytes = Bytes{2000}, .form = 3};
  check_stages(cost.fetch(small, bytes), {{Resource::kGpu, 1000}});
  check_stages(cost.copy(small, host, bytes), {{Resource::kPcieDown, 20 + 1000}});
  CHECK(cost.copy(small, host, bytes).span()[0].bytes == Bytes{2000});
}

TEST_CASE("a lossless codec is not laid over a lossy form") {
  const CostModel cost(round_profile(), 0.5);
  const Bytes bytes{8000};
  check_stages(cost.fetch({.medium = Medium::kSsd, .bytes = Bytes{4000}, .form = 1}, bytes),
               {{Resource::kSsdRead, 4100}, {Resource::kCpu, 2000}, {Resource::kPcieUp, 2010}});
}

TEST_CASE("hits cost the look-up and the way to the device") {
  const CostModel cost(round_profile(), 1.0);
  CHECK(cost.hit_cost(Medium::kDevice, Bytes{1 << 30}).count() == 7);
  CHECK(cost.hit_cost(Medium::kHost, Bytes{8000}).count() == 7 + 2010);
  CHECK(cost.hit_cost(Medium::kSsd, Bytes{8000}).count() == 7 + 8100 + 2010);
  CHECK(cost.hit_cost(Medium::kHost, Bytes{0}).count() == 7 + 10);
}

TEST_CASE("recomputing takes the host's share, then the device's") {
  const CostModel cost(round_profile(), 1.0);
  check_stages(cost.recompute({}), {});
  check_stages(cost.recompute({.flops = 5'000'000}), {{Resource::kGpu, 5000}});
  check_stages(cost.recompute({.tokens_tokenized = 10, .source_pixels = 100}), {{Resource::kCpu, 80}});
  check_stages(cost.recompute({.flops = 1'000'000, .bytes_moved = 1000, .source_pixels = 2, .fixed_ns = 11}),
               {{Resource::kCpu, 1}, {Resource::kGpu, 1000 + 100 + 11}});
  CHECK(cost.miss_cost({.fixed_ns = 1'000'000}).count() == 1'000'007);
}

TEST_CASE("times are rounded to the nearest nanosecond and grow with the bytes") {
  Profile profile = round_profile();
  profile.h2d.bytes_per_second = 3e9;
  const CostModel cost(profile, 1.0);
  CHECK(cost.hit_cost(Medium::kHost, Bytes{1}).count() == 17);  // a third of a nanosecond
  CHECK(cost.hit_cost(Medium::kHost, Bytes{2}).count() == 18);  // two thirds
  cachebench::Rng rng(1);
  for (int i = 0; i < 10'000; ++i) {
    const Bytes small{rng.below(1ULL << 40)};
    const Bytes large{small.value + rng.below(1ULL << 20)};
    for (const Medium from : {Medium::kHost, Medium::kSsd}) {
      CHECK(cost.hit_cost(from, small) <= cost.hit_cost(from, large));
    }
    // Whole numbers are the reference; a third of a byte count is never near a half.
    const auto exact = static_cast<std::int64_t>((small.value * 2 + 3) / 6);
    const std::int64_t got = cost.fetch(Medium::kHost, small).total().count() - 10;
    CHECK(got == exact);
  }
}

TEST_CASE("absurd amounts saturate instead of overflowing") {
  const CostModel cost(round_profile(), 0.5);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(cost.miss_cost({.flops = kMost, .bytes_moved = kMost, .fixed_ns = kMost}).count() > 0);
  CHECK(cost.miss_cost({.tokens_tokenized = kMost, .source_pixels = kMost}).count() > 0);
  Profile slow = round_profile();
  for (Channel* channel : {&slow.h2d, &slow.d2h, &slow.ssd_read, &slow.ssd_write}) {
    *channel = {.bytes_per_second = 1, .latency = Nanoseconds{1'000'000'000'000}};
  }
  slow.decode_bytes_per_second = 1;
  const CostModel slowest(slow, 0.5);
  CHECK(slowest.hit_cost(Medium::kSsd, Bytes{kMost}).count() > 3'000'000'000'000'000'000);
}

TEST_CASE("resources have names of their own") {
  std::vector<std::string> names;
  for (int i = 0; i < kResources; ++i) names.emplace_back(name_of(static_cast<Resource>(i)));
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  CHECK(std::count(names.begin(), names.end(), "?") == 0);
}

TEST_CASE("the default profile gives the design's service times") {
  const CostModel cost(
      read_profile(std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles/" + kDefaultProfile + ".json"),
      1.0);
  const Bytes embedding = cachebench::kMiB * 4;  // of a 512 x 512 image
  CHECK(seconds(cost.fetch(Medium::kHost, embedding)) * 1e3 == doctest::Approx(1.37).epsilon(0.01));
  CHECK(seconds(cost.copy(Medium::kSsd, Medium::kHost, embedding)) * 1e3 ==
        doctest::Approx(1.58).epsilon(0.01));
  const Work tower{.flops = 776'300'000'000};
  CHECK(seconds(cost.recompute(tower)) == doctest::Approx(1.065).epsilon(0.01));
}
