// SPDX-License-Identifier: Apache-2.0
#include "bench/run/multimodal_run.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "bench/run/run_of.h"
#include "cache/cache_fixtures.h"
#include "core/hash.h"
#include "result/json.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

model::Artefact picture(std::uint64_t number, std::uint64_t code, std::uint64_t meaning) {
  model::Artefact artefact;
  artefact.key = Key{7, number};
  artefact.kind = ArtefactKind::kVisionEncoderOutput;
  artefact.meta = {.shape = {100}, .dtype = DType::kU8};
  artefact.bytes = Bytes{100};
  artefact.likeness = model::Likeness{.code = code, .meaning = Key{1, meaning}};
  return artefact;
}

cache::EntryDescription entry_of(const model::Artefact& artefact) {
  return {.key = artefact.key,
          .kind = artefact.kind,
          .meta = artefact.meta,
          .bytes = artefact.bytes,
          .recompute = Nanoseconds{1000}};
}

// A trace of questions about pictures: each comes back under other names whose codes differ in a few bits.
std::string write_trace(const testing::TempDir& folder) {
  std::string text =
      R"({"format":"cachebench-trace","version":1,"name":"pictures","time_unit":"us","block_tokens":16})"
      "\n";
  Rng rng(3);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t scene = rng.below(12);
    const std::uint64_t view = rng.below(6);
    const std::uint64_t code = splitmix64(scene) ^ (view == 0 ? 0 : std::uint64_t{3} << (view * 4));
    text += fmt::format(
        R"({{"t":{},"id":{},"output_tokens":4,"inputs":[{{"kind":"text","hash":"q{}","tokens":20}},)"
        R"({{"kind":"image","hash":"s{}v{}","width":64,"height":64,"bytes":900,"phash":"{}","copy_of":"s{}"}}]}})"
        "\n",
        i * 1000, i, rng.below(400), scene, view, to_hex(code), scene);
  }
  testing::write_text(folder / "pictures.jsonl", text);
  return folder / "pictures.jsonl";
}

RunConfig config_for(const std::string& trace, RunMode mode) {
  RunConfig config = default_config();
  config.mode = mode;
  config.trace.path = trace;
  config.geometry = "tiny";
  config.throttle = false;
  config.verify = true;
  for (TierSection& tier : config.cache.tiers) tier.capacity = parse_size("15%");
  config.multimodal.enabled = true;
  config.multimodal.eviction.name = "lfu";
  config.multimodal.similarity.enabled = true;
  config.multimodal.ttl = {.enabled = true, .default_ttl = Nanoseconds{4'000'000}};
  config.multimodal.quotas["text_image_pair"] = 0.2;
  return config;
}

}  // namespace

TEST_CASE("the section becomes options of the engine, and nothing where it is off") {
  cache::EngineOptions options = testing::engine_options_of({{100}, {200}}, "none");
  MultimodalSection section;
  section.eviction.name = "lfu";
  section.ttl.enabled = true;
  section.quotas["image"] = 0.25;
  apply(section, options);
  CHECK(options.tiers[0].eviction.name == "lru");
  CHECK(options.default_ttl.count() == 0);
  CHECK(options.quotas == cache::kNoQuotas);
  section.enabled = true;
  section.compression.enabled = true;
  apply(section, options);
  CHECK(options.tiers[1].eviction.name == "lfu");
  CHECK(options.default_ttl == section.ttl.default_ttl);
  CHECK(options.quotas[static_cast<std::size_t>(ArtefactKind::kImage)] == 0.25);
  CHECK(options.quotas[static_cast<std::size_t>(ArtefactKind::kText)] == 1.0);
  CHECK(options.tiers[0].compression.format == "target");
}

TEST_CASE("a budget is divided as the tiers are, and never exceeded") {
  MultimodalSection section;
  section.enabled = true;
  const std::vector<Bytes> capacities{Bytes{100}, Bytes{250}, Bytes{650}};
  CHECK(within_budget(section, capacities, Bytes{10'000}) == capacities);
  section.capacity = parse_size("500");
  CHECK(within_budget(section, capacities, Bytes{10'000}) == std::vector{Bytes{50}, Bytes{125}, Bytes{325}});
  section.capacity = parse_size("1%");
  CHECK(within_budget(section, capacities, Bytes{33'300}) == std::vector{Bytes{33}, Bytes{83}, Bytes{216}});
  section.capacity = parse_size("5000");
  CHECK(within_budget(section, capacities, Bytes{1}) == capacities);
  section.enabled = false;
  section.capacity = parse_size("1");
  CHECK(within_budget(section, capacities, Bytes{1}) == capacities);
}

// What the two modes must agree on: all but whether the errors are of bytes that were served.
result::Multimodal without_basis(result::Multimodal multimodal) {
  for (result::SimilarityError& error : multimodal.similarity.errors) error.basis = "any";
  return multimodal;
}

TEST_CASE("similar hits are judged by what the trace knows") {
  const hardware::CostModel costs = testing::round_costs();
  cache::HierarchicalCacheManager manager(testing::engine_options_of({{1000}}, "none"), costs,
                                          std::make_unique<cache::NullTransfers>(),
                                          cache::DecisionClock::kServiceSum);
  MultimodalSection section;
  section.enabled = section.similarity.enabled = true;
  section.similarity.threshold = 0.95;
  MultimodalRun run(section, manager);
  const auto ask = [&](const model::Artefact& artefact) {
    cache::LookupResult found = run.lookup(artefact, entry_of(artefact), {});
    if (found.similarity) run.measure(artefact, found, ContentSource());
    if (found.owned) run.put(artefact, entry_of(artefact), nullptr, found.owned);
    return found.similarity;
  };
  CHECK_FALSE(ask(picture(1, 0b0000, 1)).has_value());
  CHECK(ask(picture(2, 0b0001, 1)) == 63.0 / 64);  // the same picture in another file
  CHECK(ask(picture(3, 0b0111, 9)) == 61.0 / 64);  // another picture
  CHECK_FALSE(ask(picture(4, 0b11111, 2)).has_value());
  model::Artefact larger = picture(5, 0b0001, 1);  // alike, but of more visual tokens
  larger.meta.shape = {101};
  larger.bytes = Bytes{101};
  CHECK_FALSE(ask(larger).has_value());
  const result::Multimodal counted = run.collect();
  CHECK(counted.similarity.judged == 2);
  CHECK(counted.similarity.false_accepts == 1);
  CHECK(counted.similarity.mean_score == 62.0 / 64);
  REQUIRE(counted.similarity.errors.size() == 2);
  CHECK(counted.similarity.errors[0].verdict == "right");
  CHECK(counted.similarity.errors[0].basis == "synthesised");
  CHECK(counted.similarity.errors[1].verdict == "false");
  CHECK(counted.similarity.errors[0].mean_cosine > 0.8);
  CHECK(counted.similarity.errors[1].mean_cosine < 0.5);
  CHECK(counted.kinds.at("vision_encoder_output").similar_hits == 2);
  CHECK(counted.comparable_entries == 3);
  manager.reset_counters();
  run.reset();
  CHECK(run.collect().similarity.judged == 0);
  CHECK(run.collect().similarity.errors.empty());
  CHECK(run.collect().resident_entries == 3);
}

TEST_CASE("with a second look only copies serve, and what the trace cannot say is not judged") {
  const hardware::CostModel costs = testing::round_costs();
  cache::HierarchicalCacheManager manager(testing::engine_options_of({{1000}}, "none"), costs,
                                          std::make_unique<cache::NullTransfers>(),
                                          cache::DecisionClock::kServiceSum);
  MultimodalSection section;
  section.enabled = section.similarity.enabled = section.similarity.confirm = true;
  MultimodalRun run(section, manager);
  const auto ask = [&](model::Artefact artefact, std::optional<FineCode> fine, bool is_truth_known) {
    artefact.likeness->fine = fine;
    artefact.likeness->is_truth_known = is_truth_known;
    cache::LookupResult found = run.lookup(artefact, entry_of(artefact), {});
    if (found.owned) run.put(artefact, entry_of(artefact), nullptr, found.owned);
    return found.similarity.has_value();
  };
  const FineCode fine{~0ULL, ~0ULL, 0, 0};
  CHECK_FALSE(ask(picture(1, 0b0000, 1), fine, true));
  CHECK(ask(picture(2, 0b0011, 1), FineCode{~0xFULL, ~0ULL, 0, 0}, true));
  CHECK_FALSE(ask(picture(3, 0b0001, 9), FineCode{~0xFFFFULL, ~0ULL, 0xFFFF, 0}, true));
  CHECK_FALSE(ask(picture(4, 0b0001, 9), std::nullopt, true));
  CHECK(ask(picture(5, 0b0011, 7), fine, false));  // other content for all that is known
  const result::SimilarityOutcome counted = run.collect().similarity;
  CHECK(counted.confirm);
  CHECK(counted.unconfirmable == 1);
  CHECK(counted.judged == 1);
  CHECK(counted.false_accepts == 0);
}

namespace {

// A machine whose memory is what the test says.
class ToldProbe final : public cache::MemoryProbe {
 public:
  explicit ToldProbe(const double& available) : available_(available) {}
  [[nodiscard]] cache::MemoryPressure read() override {
    return {.waiting = {},
            .total = Bytes{1000},
            .available = Bytes{static_cast<std::uint64_t>(available_ * 1000)}};
  }

 private:
  const double& available_;
};

}  // namespace

TEST_CASE("the size follows the machine's memory, within its bounds, and says how often it changed") {
  const hardware::CostModel costs = testing::round_costs();
  cache::HierarchicalCacheManager manager(testing::engine_options_of({{1000}, {3000}}, "demote-on-evict"),
                                          costs, std::make_unique<cache::NullTransfers>(),
                                          cache::DecisionClock::kServiceSum);
  MultimodalSection section;
  section.enabled = section.dynamic.enabled = true;
  section.dynamic.min_share = 0.5;
  double available = 0.01;
  MultimodalRun run(section, manager, std::make_unique<ToldProbe>(available));
  CHECK(run.is_dynamic());
  for (std::uint64_t i = 0; i < 40; ++i)
    run.put(picture(i, i, i), entry_of(picture(i, i, i)), nullptr, nullptr);
  CHECK(run.collect().resident_entries == 40);
  for (int i = 0; i < 10; ++i) run.follow_memory();
  CHECK(run.collect().capacity_bytes == 2000);
  CHECK(run.collect().limit_bytes == 4000);
  CHECK(run.collect().resident_entries == 20);
  CHECK(run.collect().resizes == 4);  // an eighth at a time
  CHECK(manager.tiers()[0].capacity == Bytes{500});
  available = 0.9;
  for (int i = 0; i < 20; ++i) run.follow_memory();
  CHECK(run.collect().capacity_bytes == 4000);
  section.dynamic.enabled = false;
  MultimodalRun still(section, manager, std::make_unique<ToldProbe>(available));
  CHECK_FALSE(still.is_dynamic());
}

TEST_CASE("a simulated and a real run with likeness, lifetimes and quotas decide the same") {
  const testing::TempDir folder;
  const std::string trace = write_trace(folder);
  const result::RunResult simulated = run_of(config_for(trace, RunMode::kSimulate));
  const result::RunResult real = run_of(config_for(trace, RunMode::kReal));
  CHECK(simulated.decision_log_hash == real.decision_log_hash);
  CHECK(simulated.totals.hits == real.totals.hits);
  CHECK(simulated.totals.similar_hits == real.totals.similar_hits);
  CHECK(simulated.totals.service_ns == real.totals.service_ns);
  CHECK(simulated.misses_by_cause == real.misses_by_cause);
  REQUIRE(simulated.multimodal.has_value());
  REQUIRE(real.multimodal.has_value());
  CHECK(without_basis(*simulated.multimodal) == without_basis(*real.multimodal));
  for (const result::SimilarityError& error : real.multimodal->similarity.errors) {
    CHECK(error.basis == "served");
    CHECK(error.compared + error.not_comparable == real.multimodal->similarity.judged);
  }
  CHECK_FALSE(real.multimodal->similarity.errors.empty());
  CHECK(real.totals.wrong_bytes == 0);
  REQUIRE(real.hashing.has_value());
  CHECK(real.hashing->measured.at("image").bytes ==
        3 * 64 * 64 * real.hashing->measured.at("image").contents);
  CHECK(real.hashing->measured.at("text").time_ns > 0);
  CHECK(simulated.hashing->measured.empty());
  CHECK(real.totals.verified_bytes > 0);
  REQUIRE(simulated.multimodal.has_value());
  const result::Multimodal& counted = *simulated.multimodal;
  CHECK(simulated.totals.similar_hits > 10);
  CHECK(counted.similarity.judged == simulated.totals.similar_hits);
  CHECK(counted.similarity.false_accepts == 0);  // the scenes are far apart
  CHECK(simulated.misses_by_cause.expired > 0);
  CHECK(counted.all().accesses == simulated.totals.accesses);
  CHECK(result::broken_identities(simulated).empty());

  // A second look needs a code that this trace does not have.
  RunConfig confirmed = config_for(trace, RunMode::kSimulate);
  confirmed.multimodal.similarity.confirm = true;
  const result::RunResult looked_twice = run_of(confirmed);
  CHECK(looked_twice.totals.similar_hits == 0);
  CHECK(looked_twice.multimodal->similarity.unconfirmable > 0);

  // Without likeness the same trace hits less.
  RunConfig exact = config_for(trace, RunMode::kSimulate);
  exact.multimodal.similarity.enabled = false;
  const result::RunResult plain = run_of(exact);
  CHECK(plain.totals.similar_hits == 0);
  CHECK(plain.totals.saved_ns < simulated.totals.saved_ns);
}
