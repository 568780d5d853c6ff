// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "cache/cache_fixtures.h"
#include "cache/compression/tensor_cases.h"
#include "cache/decision_engine.h"

namespace cachebench::cache {
namespace {

using testing::engine_options_of;
using testing::numbers;
using testing::RealCache;
using testing::round_costs;
using tier::Encoding;

constexpr std::int64_t kColumns = 256;

EntryDescription tensor_of(std::uint64_t number, std::int64_t rows, DType dtype = DType::kF32) {
  EntryDescription what;
  what.key = Key{7, number};
  what.kind = ArtefactKind::kVisionEncoderOutput;
  what.meta = {.shape = {rows, kColumns}, .dtype = dtype};
  what.bytes = what.meta.bytes();
  what.recompute = Nanoseconds{1'000'000};
  return what;
}

hardware::CostModel costs() {
  hardware::Profile profile = round_costs().profile();
  profile.lossy_encode_bytes_per_second = profile.lossy_decode_bytes_per_second = 1e9;
  return {profile, 1.0};
}

EngineOptions options_with(const std::vector<testing::TierSpec>& tiers, const std::string& migration,
                           std::size_t tier, const CompressionRule& rule) {
  EngineOptions options = engine_options_of(tiers, migration);
  options.tiers[tier].compression = rule;
  return options;
}

TEST_CASE("a tier is charged what the form takes, so more entries fit") {
  const hardware::CostModel model = costs();
  const EntryDescription what = tensor_of(0, 4);
  const std::uint64_t plain = what.bytes.value;
  const std::uint64_t small = stored_bytes(Encoding::kInt8, what.meta).value;
  DecisionEngine engine(options_with({{4 * plain}}, "none", 0, {.format = "int8"}), model);
  const std::uint64_t fit = 4 * plain / small;
  for (std::uint64_t i = 0; i < fit; ++i) CHECK_FALSE(engine.put(engine.intern(tensor_of(i, 4))).empty());
  CHECK(engine.counters().tiers[0].used == Bytes{fit * small});
  CHECK(engine.counters().tiers[0].evictions == 0);
  CHECK(engine.counters().tiers[0].bytes_written == Bytes{fit * small});
  static_cast<void>(engine.put(engine.intern(tensor_of(99, 4))));
  CHECK(engine.counters().tiers[0].evictions == 1);
  const auto& kind = engine.counters().kinds[static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput)];
  CHECK(kind.compressed == fit + 1);
  CHECK(kind.bytes_plain == Bytes{(fit + 1) * plain});
  CHECK(kind.bytes_compressed == Bytes{(fit + 1) * small});
}

TEST_CASE("an entry that fits only in its form is not too large") {
  const hardware::CostModel model = costs();
  const EntryDescription what = tensor_of(1, 8);
  DecisionEngine engine(options_with({{what.bytes.value / 2}}, "none", 0, {.format = "fp16"}), model);
  CHECK_FALSE(engine.put(engine.intern(what)).empty());
  DecisionEngine plain(options_with({{what.bytes.value / 2}}, "none", 0, {}), model);
  CHECK(plain.put(plain.intern(what)).empty());
}

TEST_CASE("moves carry the forms, and hits pay for decoding") {
  const hardware::CostModel model = costs();
  const EntryDescription what = tensor_of(1, 4);
  const std::uint64_t plain = what.bytes.value;
  DecisionEngine engine(options_with({{plain}, {8 * plain}}, "demote-on-evict", 1, {.format = "int8"}),
                        model);
  const EntryId first = engine.intern(what);
  static_cast<void>(engine.put(first));
  static_cast<void>(engine.put(engine.intern(tensor_of(2, 4))));
  bool demoted = false;
  for (const Move& move : engine.moves()) {
    if (move.kind != Move::Kind::kMove) continue;
    demoted = true;
    CHECK(move.from_form == Encoding::kPlain);
    CHECK(move.to_form == Encoding::kInt8);
  }
  CHECK(demoted);
  const Bytes small = stored_bytes(Encoding::kInt8, what.meta);
  CHECK(engine.counters().tiers[1].used == small);
  engine.moves().clear();
  const AccessDecision hit = engine.access(first, what.bytes);
  CHECK(hit.served == Level::kL2);
  CHECK(hit.resting.bytes == small);
  // look-up 10, decoding a byte a nanosecond, and the plain bytes over the link.
  CHECK(hit.service.count() ==
        10 + static_cast<std::int64_t>(plain) + 100 + static_cast<std::int64_t>(plain));
  CHECK(engine.moves().front().from_form == Encoding::kInt8);
  CHECK(engine.moves().front().to_form == Encoding::kPlain);
}

TEST_CASE("under pressure alone, and what is in stays what it is") {
  const hardware::CostModel model = costs();
  const std::uint64_t plain = tensor_of(0, 4).bytes.value;
  const std::uint64_t small = stored_bytes(Encoding::kF16, tensor_of(0, 4).meta).value;
  DecisionEngine engine(
      options_with({{10 * plain}}, "none", 0,
                   {.format = "fp16", .when = CompressionRule::When::kPressure, .start = 0.5, .stop = 0.2}),
      model);
  for (std::uint64_t i = 0; i < 5; ++i) static_cast<void>(engine.put(engine.intern(tensor_of(i, 4))));
  CHECK(engine.counters().tiers[0].used == Bytes{5 * plain});
  static_cast<void>(engine.put(engine.intern(tensor_of(5, 4))));
  CHECK(engine.counters().tiers[0].used == Bytes{5 * plain + small});
  for (std::uint64_t i = 0; i < 4; ++i) engine.erase(engine.intern(tensor_of(i, 4)), MissCause::kCapacity);
  CHECK(engine.counters().tiers[0].used == Bytes{plain + small});
  static_cast<void>(engine.put(engine.intern(tensor_of(6, 4))));
  CHECK(engine.counters().tiers[0].used == Bytes{2 * plain + small});
  engine.erase(engine.intern(tensor_of(5, 4)), MissCause::kCapacity);
  CHECK(engine.counters().tiers[0].used == Bytes{2 * plain});
}

TEST_CASE("a resized entry is plain bytes from then on") {
  const hardware::CostModel model = costs();
  const EntryDescription what = tensor_of(3, 4);
  DecisionEngine engine(options_with({{100'000}}, "none", 0, {.format = "int8"}), model);
  const EntryId id = engine.intern(what);
  static_cast<void>(engine.put(id));
  CHECK(engine.access(id, Bytes{5000}).resized);
  CHECK(engine.counters().tiers[0].used == Bytes{5000});
  engine.pin(id);
  engine.unpin(id);
  engine.erase(id, MissCause::kCapacity);
  CHECK(engine.counters().tiers[0].used == Bytes{0});
}

// Random accesses: whatever the forms, the sums are those of the entries that are there.
TEST_CASE("budgets are exact through puts, hits, pins, resizes and moves between forms") {
  const hardware::CostModel model = costs();
  for (const char* migration : {"demote-on-evict", "write-through", "promote-on-hit", "write-back"}) {
    EngineOptions options = engine_options_of({{40'000}, {80'000}, {200'000}}, migration);
    options.tiers[0].compression = {
        .format = "fp16", .when = CompressionRule::When::kPressure, .start = 0.7, .stop = 0.3};
    options.tiers[1].compression = {.format = "int8"};
    options.tiers[2].compression = {.format = "target", .ratio = 0.3};
    DecisionEngine engine(options, model);
    Rng rng(17);
    std::vector<EntryId> pinned;
    for (int step = 0; step < 6'000; ++step) {
      const std::uint64_t number = rng.below(60);
      const DType dtype = number % 3 == 0 ? DType::kI64 : number % 3 == 1 ? DType::kF32 : DType::kBF16;
      const EntryId id = engine.intern(tensor_of(number, 1 + static_cast<std::int64_t>(number % 9), dtype));
      const Bytes bytes = rng.below(50) == 0 ? Bytes{1 + rng.below(9000)} : engine.directory()[id].what.bytes;
      if (!engine.access(id, bytes).hit) static_cast<void>(engine.put(id));
      if (rng.below(10) == 0 && !engine.directory()[id].copies.empty()) {
        engine.pin(id);
        pinned.push_back(id);
      }
      if (pinned.size() > 3) {
        engine.unpin(pinned.front());
        pinned.erase(pinned.begin());
      }
      engine.moves().clear();
      if (step % 50 != 0) continue;
      for (std::size_t t = 0; t < 3; ++t) {
        Bytes sum;
        for (std::uint64_t n = 0; n < engine.directory().size(); ++n) {
          const auto other = static_cast<EntryId>(n);
          if (engine.directory()[other].copies.has(level_at(t)))
            sum += engine.resting(other, level_at(t)).bytes;
        }
        CHECK(engine.counters().tiers[t].used == sum);
        CHECK(sum <= engine.tier(level_at(t)).capacity);
      }
    }
    CHECK(engine.counters().hits > 100);
  }
}

// With real planes: what comes back is within the error of the forms it passed.
struct LossyCache {
  explicit LossyCache(const std::vector<testing::TierSpec>& tiers, const std::string& migration,
                      std::string directory = "", bool keep = false)
      : cache(tiers, migration, std::move(directory), keep, "none", [](EngineOptions& options) {
          for (std::size_t i = 1; i < options.tiers.size(); ++i)
            options.tiers[i].compression.format = i == 1 ? "int8" : "fp8-e4m3";
        }) {}
  PutStatus put(std::uint64_t number, std::vector<std::byte> content) {
    const EntryDescription what = tensor_of(number, 16);
    const TensorView view{.meta = what.meta, .data = content};
    return cache.manager().put(what, &view, nullptr).status;
  }
  RealCache cache;
};

TEST_CASE("tensors come back from lossy tiers within their error, and plain where they only were plain") {
  const EntryDescription shape = tensor_of(0, 16);
  const std::uint64_t plain = shape.bytes.value;
  LossyCache lossy({{2 * plain}, {plain}, {20 * plain}}, "demote-on-evict");
  for (std::uint64_t i = 0; i < 20; ++i) CHECK(lossy.put(i, numbers(shape.meta, i)) == PutStatus::kStored);
  lossy.cache.manager().drain();
  int changed = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      const LookupResult found = lossy.cache.manager().lookup(tensor_of(i, 16));
      REQUIRE(found.handle);
      const std::vector<std::byte> got = RealCache::bytes_of(found.handle);
      const std::vector<std::byte> expected = numbers(shape.meta, i);
      REQUIRE(got.size() == expected.size());
      const TensorView view{.meta = shape.meta, .data = expected};
      CHECK(count_beyond(view, got, found.handle.copy().passes()) == 0);
      changed += got == expected ? 0 : 1;
    }
  }
  CHECK(changed > 20);
  const TransferStats stats = lossy.cache.movers().stats();
  CHECK(stats.failures == 0);
  CHECK(stats.lossy[ArtefactKind::kVisionEncoderOutput].encoded > 20);
  CHECK(stats.lossy[ArtefactKind::kVisionEncoderOutput].decoded > 20);
}

TEST_CASE("values that the form refuses are kept plain, and decisions do not notice") {
  const EntryDescription shape = tensor_of(0, 16);
  const std::uint64_t plain = shape.bytes.value;
  LossyCache lossy({{plain}, {4 * plain}}, "demote-on-evict");
  std::vector<std::byte> odd = numbers(shape.meta, 1);
  const float infinity = std::numeric_limits<float>::infinity();
  std::memcpy(&odd[400], &infinity, 4);
  lossy.put(1, odd);
  lossy.put(2, numbers(shape.meta, 2));
  lossy.put(3, numbers(shape.meta, 3));
  lossy.cache.manager().drain();
  const Bytes small = stored_bytes(Encoding::kInt8, shape.meta);
  CHECK(lossy.cache.manager().counters().tiers[1].used == Bytes{2 * small.value});
  const LookupResult found = lossy.cache.manager().lookup(tensor_of(1, 16));
  REQUIRE(found.handle);
  CHECK(RealCache::bytes_of(found.handle) == odd);
  CHECK(found.handle.copy().passes().none());
  CHECK(lossy.cache.movers().stats().lossy[ArtefactKind::kVisionEncoderOutput].declined == 1);
}

TEST_CASE("forms survive on the SSD, and a warm start decodes them") {
  const testing::TempDir folder;
  const EntryDescription shape = tensor_of(0, 16);
  const std::uint64_t plain = shape.bytes.value;
  {
    LossyCache lossy({{plain}, {plain}, {40 * plain}}, "demote-on-evict", folder / "store", true);
    for (std::uint64_t i = 0; i < 20; ++i) lossy.put(i, numbers(shape.meta, i));
    lossy.cache.manager().drain();
  }
  LossyCache again({{plain}, {plain}, {40 * plain}}, "demote-on-evict", folder / "store", true);
  REQUIRE(again.cache.adopted() > 5);
  const Bytes form = stored_bytes(Encoding::kE4M3, shape.meta);
  CHECK(again.cache.manager().counters().tiers[2].used == Bytes{again.cache.adopted() * form.value});
  const LookupResult found = again.cache.manager().lookup(tensor_of(0, 16));
  REQUIRE(found.handle);
  const std::vector<std::byte> expected = numbers(shape.meta, 0);
  const std::vector<std::byte> got = RealCache::bytes_of(found.handle);
  REQUIRE(got.size() == expected.size());
  const Difference error = difference({.meta = shape.meta, .data = expected}, got);
  CHECK(error.max_error > 0);
  CHECK(error.max_error < 0.4);
}

// A kept store that was written in one form and is opened under another, or under none.
TEST_CASE("a store opened under another form decodes, charges and counts its records as what they are") {
  const EntryDescription shape = tensor_of(0, 16);
  const std::uint64_t plain = shape.bytes.value;
  struct Case {
    const char* written;
    Encoding encoding;
    const char* opened;
  };
  for (const Case& c : {Case{"int8", Encoding::kInt8, "none"}, Case{"int8", Encoding::kInt8, "fp16"},
                        Case{"fp16", Encoding::kF16, "fp8-e4m3"}, Case{"none", Encoding::kPlain, "int8"}}) {
    CAPTURE(c.written);
    CAPTURE(c.opened);
    const testing::TempDir folder;
    const auto form_of_last = [](const char* form) {
      return [form](EngineOptions& options) { options.tiers[2].compression.format = form; };
    };
    const std::vector<testing::TierSpec> tiers{{plain}, {plain}, {40 * plain}};
    const auto put = [&](RealCache& cache, std::uint64_t number) {
      const std::vector<std::byte> content = numbers(shape.meta, number);
      const TensorView view{.meta = shape.meta, .data = content};
      static_cast<void>(cache.manager().put(tensor_of(number, 16), &view, nullptr));
    };
    {
      RealCache cache(tiers, "demote-on-evict", folder / "store", true, "none", form_of_last(c.written));
      for (std::uint64_t i = 0; i < 20; ++i) put(cache, i);
      cache.manager().drain();
    }
    RealCache again(tiers, "demote-on-evict", folder / "store", true, "none", form_of_last(c.opened));
    REQUIRE(again.adopted() > 5);
    const Bytes form = stored_bytes(c.encoding, shape.meta);
    CHECK(again.manager().counters().tiers[2].used == Bytes{again.adopted() * form.value});
    const bool lossy = c.encoding != Encoding::kPlain;
    KeptForm kept = again.movers().stats().kept[static_cast<std::size_t>(c.encoding)];
    CHECK(kept.entries == (lossy ? again.adopted() : 0));
    CHECK(kept.plain == Bytes{kept.entries * plain});
    CHECK(kept.stored == Bytes{kept.entries * form.value});
    double worst = 0;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const LookupResult found = again.manager().lookup(tensor_of(i, 16));
      REQUIRE(found.handle);
      const std::vector<std::byte> expected = numbers(shape.meta, i);
      const Difference error =
          difference({.meta = shape.meta, .data = expected}, RealCache::bytes_of(found.handle));
      CHECK(found.handle.copy().passes().of(c.encoding) == (lossy ? 1 : 0));
      worst = std::max(worst, error.max_error);
    }
    again.manager().drain();
    CHECK((worst > 0) == lossy);
    // Said of the form that they have, and never too little; of the one that is set now, nothing.
    const KeptForms forms = again.movers().stats().kept;
    for (std::size_t i = 0; i < forms.size(); ++i) {
      const bool theirs = lossy && i == static_cast<std::size_t>(c.encoding);
      CHECK((forms[i].decoded > 0) == theirs);
      CHECK(forms[i].max_error >= (theirs ? worst : 0));
      CHECK(forms[i].max_error <= (theirs ? 1.5 * worst + 0.01 : 0));
    }
    // What is evicted from above now takes the form that is set now.
    const std::uint64_t before = again.manager().counters().tiers[2].used.value;
    for (std::uint64_t i = 100; i < 104; ++i) put(again, i);
    again.manager().drain();
    CHECK(again.manager().counters().tiers[2].used > Bytes{before});
  }
}

TEST_CASE("with bytes and without, the same is decided and charged, whatever the values refuse") {
  const auto adjust = [](EngineOptions& options) {
    options.tiers[0].compression = {
        .format = "fp16", .when = CompressionRule::When::kPressure, .start = 0.6, .stop = 0.3};
    options.tiers[1].compression = {.format = "int8"};
    options.tiers[2].compression = {.format = "target", .ratio = 0.25};
  };
  const std::vector<testing::TierSpec> tiers{{60'000}, {100'000}, {300'000}};
  for (const char* migration : {"demote-on-evict", "write-through", "promote-on-hit", "cost-aware"}) {
    CAPTURE(migration);
    RealCache real(tiers, migration, "", false, "none", adjust);
    EngineOptions options = engine_options_of(tiers, migration);
    adjust(options);
    const hardware::CostModel model = round_costs();
    HierarchicalCacheManager simulated(options, model, std::make_unique<NullTransfers>(),
                                       DecisionClock::kServiceSum);
    Rng rng(23);
    std::uint64_t hits = 0;
    for (int step = 0; step < 800; ++step) {
      const std::uint64_t number = rng.below(rng.below(40) + 1);
      const EntryDescription what = tensor_of(number, 1 + static_cast<std::int64_t>(number % 20));
      std::vector<std::byte> content = numbers(what.meta, number);
      if (number % 5 == 0) {
        const float odd = number % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : 1e30F;
        std::memcpy(&content[8], &odd, 4);
      }
      const TensorView view{.meta = what.meta, .data = content};
      LookupResult found = real.manager().lookup(what);
      LookupResult planned = simulated.lookup(what);
      REQUIRE(found.decision.hit == planned.decision.hit);
      REQUIRE(found.decision.service == planned.decision.service);
      if (!found.decision.hit) {
        real.manager().put(what, &view, found.owned);
        simulated.put(what, nullptr, planned.owned);
        continue;
      }
      ++hits;
      const std::vector<std::byte> got = RealCache::bytes_of(found.handle);
      REQUIRE(got.size() == content.size());
      CHECK(count_beyond(view, got, found.handle.copy().passes()) == 0);
    }
    CHECK(hits > 200);
    CHECK(real.manager().decision_log_hash() == simulated.decision_log_hash());
    for (std::size_t t = 0; t < 3; ++t)
      CHECK(real.manager().counters().tiers[t].used == simulated.counters().tiers[t].used);
    const TransferStats stats = real.movers().stats();
    CHECK(stats.failures == 0);
    CHECK(stats.lossy[ArtefactKind::kVisionEncoderOutput].declined > 0);
  }
}

}  // namespace
}  // namespace cachebench::cache
