// SPDX-License-Identifier: Apache-2.0
#include "core/rng.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

using cachebench::Rng;
using cachebench::splitmix64;

TEST_CASE("SplitMix64 gives its authors' sequence") {
  // The reference generator seeded with 1234567 adds the constant and then mixes.
  std::uint64_t state = 1234567;
  std::vector<std::uint64_t> got;
  for (int i = 0; i < 5; ++i) {
    got.push_back(splitmix64(state));
    state += 0x9E3779B97F4A7C15ULL;
  }
  CHECK(got == std::vector<std::uint64_t>{6457827717110365317ULL, 3203168211198807973ULL,
                                          9817491932198370423ULL, 4593380528125082431ULL,
                                          16408922859458223821ULL});
}

TEST_CASE("xoshiro256** follows its definition") {
  // A second implementation, straight from the definition, on the same state.
  const std::uint64_t seed = 42;
  std::array<std::uint64_t, 4> s{};
  std::uint64_t state = 0;
  for (std::uint64_t& word : s) word = splitmix64(seed + state++ * 0x9E3779B97F4A7C15ULL);
  const auto rotl = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
  Rng rng(seed);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t want = rotl(s[1] * 5, 7) * 9;
    const std::uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    REQUIRE(rng.next() == want);
  }
}

TEST_CASE("the first numbers of seed 0 are those of every other implementation") {
  Rng rng(0);
  const std::array<std::uint64_t, 3> got{rng.next(), rng.next(), rng.next()};
  CHECK(got == std::array<std::uint64_t, 3>{11091344671253066420ULL, 13793997310169335082ULL,
                                            1900383378846508768ULL});
}

TEST_CASE("below is in range and every value is as likely as the others") {
  for (const std::uint64_t bound : {1ULL, 2ULL, 3ULL, 7ULL, 10ULL, 64ULL, 100ULL}) {
    Rng rng(bound);
    std::vector<std::uint64_t> counts(bound);
    constexpr std::uint64_t kDraws = 100000;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const std::uint64_t value = rng.below(bound);
      REQUIRE(value < bound);
      ++counts[value];
    }
    // Chi-square: mean bound-1, standard deviation sqrt(2(bound-1)); five of them is never reached by chance.
    double chi = 0;
    const double expected = static_cast<double>(kDraws) / static_cast<double>(bound);
    for (const std::uint64_t count : counts) {
      const double off = static_cast<double>(count) - expected;
      chi += off * off / expected;
    }
    const auto freedom = static_cast<double>(bound - 1);
    CAPTURE(bound);
    CHECK(chi <= freedom + 5 * (2 * freedom + 1));
  }
  Rng rng(9);
  const std::uint64_t huge = (1ULL << 63) + 12345;
  for (int i = 0; i < 1000; ++i) CHECK(rng.below(huge) < huge);
}

TEST_CASE("uniform lies in [0, 1) with the right mean and variance") {
  Rng rng(77);
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = rng.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
  }
  CHECK(sum / kDraws == doctest::Approx(0.5).epsilon(0.01));
  CHECK(squares / kDraws == doctest::Approx(1.0 / 3).epsilon(0.01));
}
