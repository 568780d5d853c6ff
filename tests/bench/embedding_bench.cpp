// SPDX-License-Identifier: Apache-2.0
// What it is worth to keep an image's embeddings: the tower of the tiny model under LibTorch against serving
// its output from L1 and from L2: over the emulated link with the target profile's rate and latency (link 1),
// or without a link, as the plain copy that it is in this machine's memory (link 0). In turns, in one
// process: encode a picture, get its embeddings from L2 (the hit brings them up and moves others down), get
// them from L1. The figures are medians; the tower's are measured, the cache's with a link emulated. Pictures
// beyond the tiny model's budget of 65,536 pixels are brought down to it, so both sizes give 64 visual
// tokens.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "cache/make_cache.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/hash.h"
#include "hardware/profile.h"
#include "model/backend_loader.h"
#include "pipeline/caching/caching_mechanism.h"
#include "pipeline/load_image.h"

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

constexpr std::size_t kPictures = 24;  // three times what L1 holds: who comes round again lies in L2
constexpr std::size_t kInL1 = 8;
constexpr std::size_t kRounds = 12;

CachedKinds vision_alone() {
  CachedKinds kinds{};
  kinds[static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput)] = true;
  return kinds;
}

Nanoseconds median(std::vector<Nanoseconds> times) {
  std::sort(times.begin(), times.end());
  return times.at(times.size() / 2);
}

double microseconds(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

class Stand {
 public:
  Stand(std::uint32_t side, tier::Throttle throttle)
      : runner_(model::load_runner("libtorch").make({.preset = "tiny"})),
        costs_(hardware::find_profile("i5-10210u-mx250-nvme"), 1.0) {
    for (std::size_t i = 0; i < kPictures; ++i) {
      requests_.emplace_back().parts.emplace_back(
          ImageContentPart{.content = derive_key(hash_key("picture"), i), .size = {side, side}});
      const auto picture = load_image(requests_.back().parts.front(), {});
      pixels_.push_back(runner_->preprocess(
          {.width = picture->width(), .height = picture->height(), .rgb = std::as_bytes(picture->bytes())}));
    }
    const Bytes one = encode(0).bytes();
    cache::CacheConfig tiers;
    tiers.l1_cache_size = Bytes{one.value * kInL1};
    tiers.l2_cache_size = Bytes{one.value * kPictures};
    tiers.l3_cache_size = Bytes{one.value * kPictures};
    tiers.l1_eviction_policy = tiers.l2_eviction_policy = "lru";
    cache::CacheSite site;
    site.profile = costs_.profile();
    site.throttle = throttle;
    cache_ = cache::make_hierarchical_cache(tiers, site);
    caching_.emplace(&cache_->manager(), costs_, clock_,
                     CachingOptions{.kinds = vision_alone(), .movers = &cache_->movers()});
    for (std::size_t i = 0; i < kPictures; ++i) {
      CachedRequest request = ask(i);
      caching_->offer(request, 0, encode(i));
      caching_->finish(request);
    }
  }

  SharedTensor encode(std::size_t picture) {
    std::vector<model::EncodeOutcome> outcomes = runner_->encode({&pixels_.at(picture), 1});
    if (outcomes.at(0).error) throw Error(*outcomes[0].error);
    return std::move(outcomes[0].output);
  }

  // From the question to the tensor.
  CachedRequest ask(std::size_t picture) {
    CachedRequest request;
    RequestPlanner planner(runner_->geometry(), {.kinds = vision_alone()});
    planner.plan(requests_.at(picture), sequence_++, request.plan);
    begun_ = clock_.now();
    caching_->look_up(request);
    caching_->wait(request);
    caching_->fetch(request);
    took_ = clock_.now() - begun_;
    return request;
  }

  struct Served {
    Level level = Level::kNone;
    Nanoseconds took{0};
  };
  Served serve(std::size_t picture) {
    CachedRequest request = ask(picture);
    benchmark::DoNotOptimize(request.artefacts.at(0).tensor.view().data.data());
    const Served served{.level = request.artefacts.at(0).tensor ? request.artefacts[0].served : Level::kNone,
                        .took = took_};
    caching_->finish(request);
    return served;
  }

  void drain() { cache_->manager().drain(); }
  [[nodiscard]] const RealClock& clock() const { return clock_; }

 private:
  const RealClock clock_;
  const std::unique_ptr<model::ModelRunner> runner_;
  const hardware::CostModel costs_;
  std::vector<AsyncMultimodalRequest> requests_;
  std::vector<model::Pixels> pixels_;
  std::unique_ptr<cache::HierarchicalCache> cache_;
  std::optional<CachingMechanism> caching_;
  std::uint64_t sequence_ = 0;
  Nanoseconds begun_{0};
  Nanoseconds took_{0};
};

struct Times {
  std::vector<Nanoseconds> encode;
  std::array<std::vector<Nanoseconds>, kMaxTiers> from;
};

// `drained`: what moved down before is out of the way when the next hit comes.
void take_turns(Stand& stand, bool drained, Times& times) {
  for (std::size_t turn = 0; turn < kRounds * kPictures; ++turn) {
    const std::size_t picture = turn % kPictures;
    const Nanoseconds begun = stand.clock().now();
    benchmark::DoNotOptimize(stand.encode(picture).bytes());
    times.encode.push_back(stand.clock().now() - begun);
    if (drained) stand.drain();
    for (int again = 0; again < 2; ++again) {
      const Stand::Served served = stand.serve(picture);
      if (served.level != Level::kNone) times.from[index_of(served.level)].push_back(served.took);
    }
  }
}

void BM_Embedding(benchmark::State& state) {
  std::optional<Stand> stand;
  try {
    stand.emplace(static_cast<std::uint32_t>(state.range(0)),
                  state.range(2) != 0 ? tier::Throttle::kOn : tier::Throttle::kOff);
  } catch (const Error& error) {
    state.SkipWithError(error.what());  // no module: nothing to measure
    return;
  }
  Times times;
  for (auto _ : state) take_turns(*stand, state.range(1) != 0, times);
  const auto& l1 = times.from[index_of(Level::kL1)];
  const auto& l2 = times.from[index_of(Level::kL2)];
  if (l1.empty() || l2.empty()) {
    state.SkipWithError("no hits of L1, or none of L2");
    return;
  }
  const Nanoseconds encode = median(times.encode);
  state.counters["encode_us"] = microseconds(encode);
  state.counters["l1_us"] = microseconds(median(l1));
  state.counters["l2_us"] = microseconds(median(l2));
  state.counters["l1_hits"] = static_cast<double>(l1.size());
  state.counters["l2_hits"] = static_cast<double>(l2.size());
  state.counters["encode_per_l1"] = microseconds(encode) / microseconds(median(l1));
  state.counters["encode_per_l2"] = microseconds(encode) / microseconds(median(l2));
}
BENCHMARK(BM_Embedding)
    ->ArgNames({"side", "drained", "link"})
    ->ArgsProduct({{256, 512}, {0, 1}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
