// SPDX-License-Identifier: Apache-2.0
#include "bench/run/collect_compression.h"

#include <doctest.h>

#include <algorithm>

#include "bench/run/run_builder.h"
#include "core/hash.h"
#include "result/json.h"

namespace cachebench::bench {
namespace {

constexpr auto kVision = static_cast<std::size_t>(ArtefactKind::kVisionEncoderOutput);

TEST_CASE("nothing is said where no tier compresses") {
  const RunConfig config = default_config();
  const std::vector<cache::TierOptions> tiers(3);
  const cache::CacheCounters counted;
  const cache::TransferStats transfers;
  CHECK_FALSE(
      collect_compression({.config = config, .tiers = tiers, .counted = counted, .transfers = transfers})
          .has_value());
}

TEST_CASE("decided sizes and measured codecs stand side by side, by kind") {
  RunConfig config = default_config();
  config.cache.tiers[2].compression = "shuffle-zstd";
  std::vector<cache::TierOptions> tiers(3);
  tiers[1].name = "L2";
  tiers[1].compression.format = "int8";
  tiers[1].compression.when = cache::CompressionRule::When::kPressure;
  cache::CacheCounters counted;
  counted.kinds[kVision].compressed = 4;
  counted.kinds[kVision].bytes_plain = Bytes{400};
  counted.kinds[kVision].bytes_compressed = Bytes{200};
  cache::TransferStats transfers;
  transfers.planes.resize(3);
  transfers.planes[2].codec[ArtefactKind::kVisionEncoderOutput].note_encode(Bytes{100}, Bytes{70},
                                                                            Nanoseconds{5});
  tier::CodecUse& lossy = transfers.lossy[ArtefactKind::kVisionEncoderOutput];
  lossy.note_encode(Bytes{100}, Bytes{50}, Nanoseconds{20});
  lossy.note_encode(Bytes{100}, Bytes{100}, Nanoseconds{20});
  lossy.compared = 10;
  lossy.error_sum = 4;
  lossy.square_sum = 100;
  const auto compression =
      collect_compression({.config = config, .tiers = tiers, .counted = counted, .transfers = transfers});
  REQUIRE(compression.has_value());
  REQUIRE(compression->tiers.size() == 2);
  CHECK(compression->tiers[0].form == "int8");
  CHECK(compression->tiers[0].when == "pressure");
  CHECK(compression->tiers[1].form == "shuffle-zstd");
  const result::CompressedKind& kind = compression->kinds.at("vision_encoder_output");
  CHECK(kind.ratio() == doctest::Approx(0.5));
  CHECK(kind.lossy->encoded == 1);
  CHECK(kind.lossy->declined == 1);
  CHECK(kind.lossy->relative_error == doctest::Approx(0.2));
  CHECK(kind.lossless->ratio() == doctest::Approx(0.7));
  CHECK(compression->kinds.size() == 1);
}

TEST_CASE("what an earlier run compressed is reported as what it is, whatever is set now") {
  const RunConfig config = default_config();  // compresses nothing
  const std::vector<cache::TierOptions> tiers(3);
  const cache::CacheCounters counted;
  cache::TransferStats transfers;
  CHECK(describe_kept(transfers.kept).empty());
  cache::KeptForm& int8 = transfers.kept[static_cast<std::size_t>(tier::Encoding::kInt8)];
  int8 = {.entries = 3, .plain = Bytes{4000}, .stored = Bytes{1000}};
  CHECK(describe_kept(transfers.kept).front().find("3 entries lay on the SSD as int8") == 0);
  CHECK(describe_kept(transfers.kept).front().find("off by") == std::string::npos);  // none was looked at
  int8.decoded = 2;
  int8.max_error = 0.016;
  const std::vector<std::string> notes = describe_kept(transfers.kept);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("in 0.250 of their") != std::string::npos);
  CHECK(notes[0].find("decoded 2 times, an element may be off by 0.016") != std::string::npos);
  transfers.lossy[ArtefactKind::kVisionEncoderOutput].note_decode(Bytes{100}, Nanoseconds{5});
  const CompressionInputs inputs{
      .config = config, .tiers = tiers, .counted = counted, .transfers = transfers};
  const auto compression = collect_compression(inputs);
  REQUIRE(compression.has_value());
  CHECK(compression->tiers.empty());
  CHECK(compression->kinds.at("vision_encoder_output").lossy->decoded == 1);

  // The same for records of a lossless codec.
  cache::TransferStats packed;
  packed.planes.resize(3);
  packed.planes[2].codec[ArtefactKind::kVisionEncoderOutput].note_decode(Bytes{100}, Nanoseconds{5});
  const auto decoded =
      collect_compression({.config = config, .tiers = tiers, .counted = counted, .transfers = packed});
  REQUIRE(decoded.has_value());
  CHECK(decoded->kinds.at("vision_encoder_output").lossless->decoded == 1);
}

TEST_CASE("hashing costs its bytes at the rate of the algorithm") {
  RunConfig config = default_config();
  WorkloadFacts facts;
  hardware::Profile profile;
  profile.sha256_bytes_per_second = 1e9;
  profile.xxh3_bytes_per_second = 1e10;
  CHECK_FALSE(collect_hashing(config, facts, profile).has_value());
  facts.contents_hashed = 3;
  facts.bytes_hashed = Bytes{5000};
  CHECK(collect_hashing(config, facts, profile)->time_ns == 5000);
  config.multimodal.hash = "xxh3-128";
  CHECK(collect_hashing(config, facts, profile)->time_ns == 500);
  CHECK(collect_hashing(config, facts, profile)->algorithm == "xxh3-128");
  CHECK(collect_hashing(config, facts, profile)->measured.empty());
  Measurements part;
  part.hashed[static_cast<std::size_t>(ArtefactKind::kText)] = {.contents = 2, .bytes = 30, .time_ns = 4};
  Measurements measured = part;
  measured.merge(part);
  const auto timed = collect_hashing(config, facts, profile, measured);
  REQUIRE(timed->measured.size() == 1);
  CHECK(timed->measured.at("text") == result::MeasuredHashing{.contents = 4, .bytes = 60, .time_ns = 8});
}

// Requests with images and texts that come back, on the tiny model.
std::string request_trace() {
  std::string text =
      R"({"format":"cachebench-trace","version":1,"name":"t","source":"test","license":"none","time_unit":"us","block_tokens":16})"
      "\n";
  Rng rng(5);
  for (int i = 0; i < 150; ++i) {
    const std::uint64_t image = rng.below(rng.below(25) + 1);
    const std::uint64_t question = rng.below(40);
    text += R"({"t":)" + std::to_string(1000 * i) + R"(,"id":)" + std::to_string(i) + R"(,"session":)" +
            std::to_string(i) + R"(,"turn":1,"output_tokens":8,"inputs":[{"kind":"text","hash":")" +
            to_hex(question + 1) + R"(","tokens":40},{"kind":"image","hash":")" + to_hex(1000 + image) +
            R"(","width":)" + std::to_string(64 + 32 * (image % 4)) + R"(,"height":96,"bytes":5000}]})" +
            "\n";
  }
  return text;
}

result::RunResult run_with(testing::SmallRun& run, RunMode mode) {
  run.config.trace.path = run.folder / "requests.jsonl";
  run.config.geometry = "tiny";
  run.config.throttle = false;
  for (TierSection& tier : run.config.cache.tiers) tier.capacity = parse_size("10%");
  return run.run(mode);
}

TEST_CASE("with lossy tiers a simulation and a real run decide alike, and bytes stay within the error") {
  testing::SmallRun run;
  write_file(run.folder / "requests.jsonl", request_trace());
  run.config.cache.tiers[0].compression = "fp16";
  run.config.cache.tiers[0].compression_when = cache::CompressionRule::When::kPressure;
  run.config.cache.tiers[0].compression_start = 0.6;
  run.config.cache.tiers[0].compression_stop = 0.4;
  run.config.cache.tiers[1].compression = "int8";
  run.config.cache.tiers[2].compression = "fp8-e4m3";
  for (const char* migration : {"demote-on-evict", "write-through", "promote-on-hit", "cost-aware"}) {
    CAPTURE(migration);
    run.config.cache.migration.name = migration;
    const result::RunResult simulated = run_with(run, RunMode::kSimulate);
    const result::RunResult real = run_with(run, RunMode::kReal);
    CHECK(simulated.decision_log_hash == real.decision_log_hash);
    CHECK(simulated.totals.hits == real.totals.hits);
    CHECK(real.totals.hits > 50);
    CHECK(real.totals.verified_bytes > 0);
    CHECK(real.totals.wrong_bytes == 0);
    CHECK(result::broken_identities(real).empty());
    REQUIRE(simulated.compression.has_value());
    REQUIRE(real.compression.has_value());
    std::uint64_t entries = 0;
    for (const auto& [name, kind] : simulated.compression->kinds) {
      CAPTURE(name);
      CHECK_FALSE(kind.lossy.has_value());
      CHECK(real.compression->kinds.at(name).entries == kind.entries);
      CHECK(real.compression->kinds.at(name).charged_bytes == kind.charged_bytes);
      CHECK(kind.charged_bytes < kind.plain_bytes);
      CHECK(real.compression->kinds.at(name).lossy.has_value());
      entries += kind.entries;
    }
    CHECK(entries > 20);
    REQUIRE(real.hashing.has_value());
    CHECK(real.hashing->contents == simulated.hashing->contents);
    CHECK(real.hashing->bytes > 0);
  }
}

TEST_CASE("a folder kept in one form and reopened under another is read and reported as what it is") {
  for (const std::string reopened : {"none", "fp16"}) {
    CAPTURE(reopened);
    testing::SmallRun run;
    write_file(run.folder / "requests.jsonl", request_trace());
    run.config.cache.migration.name = "write-through";
    run.config.cache.tiers[2].compression = "int8";
    CHECK(run_with(run, RunMode::kReal).totals.hits > 0);  // sets the trace and small tiers
    run.config.cache.tiers[2].capacity = parse_size("100%");
    CHECK(run.run(RunMode::kReal).totals.hits > 0);
    run.config.cache.cold = false;
    run.config.cache.tiers[2].compression = reopened;
    const result::RunResult warm = run.run(RunMode::kReal);
    CHECK(warm.tiers[2].hits > 20);
    CHECK(warm.totals.verified_bytes > 0);
    CHECK(warm.totals.wrong_bytes == 0);
    REQUIRE(warm.compression.has_value());
    const auto says = [&](const std::string& text) {
      return std::any_of(warm.notes.begin(), warm.notes.end(),
                         [&](const std::string& note) { return note.find(text) != std::string::npos; });
    };
    CHECK(says("on the SSD as int8 from an earlier run"));
    CHECK(says("an element may be off by"));
    CHECK_FALSE(says("on the SSD as fp16"));
    CHECK(result::broken_identities(warm).empty());
  }
}

TEST_CASE("a kept cache in forms serves the next run within the error") {
  testing::SmallRun run;
  write_file(run.folder / "requests.jsonl", request_trace());
  run.config.cache.cold = false;
  run.config.cache.tiers[1].compression = "int8";
  run.config.cache.tiers[2].compression = "fp8-e4m3";
  const result::RunResult first = run_with(run, RunMode::kReal);
  const result::RunResult second = run_with(run, RunMode::kReal);
  CHECK(first.totals.wrong_bytes == 0);
  CHECK(second.totals.wrong_bytes == 0);
  CHECK(second.totals.hits > first.totals.hits);
}

TEST_CASE("more fits where entries are kept in fewer bits, and a lossless codec costs its time alone") {
  testing::SmallRun run;
  write_file(run.folder / "requests.jsonl", request_trace());
  const result::RunResult plain = run_with(run, RunMode::kSimulate);
  CHECK_FALSE(plain.compression.has_value());
  run.config.cache.tiers[2].compression = "bitshuffle-lz4";
  const result::RunResult lossless = run_with(run, RunMode::kReal);
  CHECK(lossless.totals.hits == plain.totals.hits);  // nothing here weighs time
  CHECK(lossless.totals.service_ns > plain.totals.service_ns);
  const result::RunResult modelled = run_with(run, RunMode::kSimulate);
  CHECK(modelled.decision_log_hash == lossless.decision_log_hash);
  CHECK(modelled.totals.service_ns == lossless.totals.service_ns);
  CHECK(lossless.totals.wrong_bytes == 0);
  for (TierSection& tier : run.config.cache.tiers) tier.compression = "target";
  const result::RunResult lossy = run_with(run, RunMode::kSimulate);
  CHECK(lossy.totals.hits > plain.totals.hits);
}

}  // namespace
}  // namespace cachebench::bench
