// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/zipf.h"

#include <doctest/doctest.h>

#include "core/hash.h"
#include "trace/synthetic/statistics.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

std::vector<std::uint64_t> draws(std::uint64_t objects, double alpha, std::size_t count) {
  const ZipfSampler sampler(objects, alpha);
  Rng rng(9);
  std::vector<std::uint64_t> result(count);
  for (std::uint64_t& value : result) value = sampler.sample(rng);
  return result;
}

std::map<std::uint64_t, double> weights(std::uint64_t objects, double alpha) {
  std::map<std::uint64_t, double> result;
  for (std::uint64_t k = 1; k <= objects; ++k) result[k] = std::pow(static_cast<double>(k), -alpha);
  return result;
}

}  // namespace

TEST_CASE("object k has probability proportional to 1 over k to the alpha") {
  constexpr std::size_t kDraws = 200'000;
  for (const double alpha : {0.0, 0.5, 1.0, 1.0001, 2.5}) {
    for (const std::uint64_t objects : {1ULL, 2ULL, 37ULL, 1000ULL}) {
      CHECK_MESSAGE(ks_distance(draws(objects, alpha, kDraws), weights(objects, alpha)) < ks_limit(kDraws),
                    objects << " objects, alpha " << alpha);
    }
  }
  CHECK(ks_distance(draws(1000, 1.0, kDraws), weights(1000, 0.98)) > ks_limit(kDraws));
}

TEST_CASE("every object of a small table comes with its exact share") {
  // 2^20 draws put the standard error of a share of 1/4 at 0.0004.
  constexpr std::size_t kDraws = std::size_t{1} << 20;
  std::array<double, 4> shares{};
  for (const std::uint64_t k : draws(4, 1.0, kDraws)) shares.at(k - 1) += 1.0 / kDraws;
  const double sum = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4;
  for (std::size_t k = 1; k <= 4; ++k) {
    CHECK(std::abs(shares[k - 1] - 1.0 / (static_cast<double>(k) * sum)) < 0.002);
  }
}

TEST_CASE("a trace is the same bytes on every machine for a seed") {
  const TempDir folder;
  const auto write = [&](const std::string& name, std::uint64_t seed) {
    const auto writer = create_trace(folder / name, "oracleGeneral", {});
    generate_zipf({.records = 5000, .objects = 300, .alpha = 1.0, .seed = seed}, *writer);
    writer->finish();
    return read_text(folder / name);
  };
  const std::string bytes = write("a.bin", 1);
  CHECK(bytes.size() == 5000 * 24);
  CHECK(bytes == write("b.bin", 1));
  CHECK(bytes != write("c.bin", 2));
  CHECK(to_hex(hash64(bytes)) == "465c03060c5d02e2");
  for (const ObjectAccess& access : read_objects(folder / "a.bin")) {
    REQUIRE(access.size == 1);
    REQUIRE(access.key >= 1);
    REQUIRE(access.key <= 300);
  }
}

TEST_CASE("numbers that make no sense are errors of usage") {
  const TempDir folder;
  const auto writer = create_trace(folder / "a.bin", "oracleGeneral", {});
  for (const ZipfTrace& bad : std::vector<ZipfTrace>{{.records = 0, .objects = 1, .alpha = 1},
                                                     {.records = 1, .objects = 0, .alpha = 1},
                                                     {.records = 1, .objects = 1ULL << 40, .alpha = 1},
                                                     {.records = 1, .objects = 1, .alpha = 11}}) {
    CHECK(contains(error_of([&] { generate_zipf(bad, *writer); }), "needs at least one record"));
  }
}
