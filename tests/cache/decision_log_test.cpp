// SPDX-License-Identifier: Apache-2.0
#include "cache/decision_log.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/rng.h"

namespace cachebench::cache {
namespace {

struct Decision {
  DecisionEvent event;
  Key key;
  Level from;
  Level to;
};

// The format, written out byte by byte: u64 sequence, u8 event, u64 key hash, u8 from, u8 to.
std::string hash_of(const std::vector<Decision>& decisions) {
  std::vector<std::byte> bytes;
  const auto put = [&](std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
  };
  std::uint64_t sequence = 0;
  for (const Decision& one : decisions) {
    std::vector<std::byte> key;
    for (const std::uint64_t half : {one.key.hi, one.key.lo}) {
      for (int i = 0; i < 8; ++i) key.push_back(static_cast<std::byte>(half >> (8 * i) & 0xFF));
    }
    put(sequence++, 8);
    put(static_cast<std::uint64_t>(one.event), 1);
    put(hash64(key), 8);
    put(static_cast<std::uint64_t>(one.from), 1);
    put(static_cast<std::uint64_t>(one.to), 1);
  }
  REQUIRE(bytes.size() == 19 * decisions.size());
  return to_hex(hash_key(bytes));
}

std::vector<Decision> random_decisions(std::size_t count) {
  std::vector<Decision> decisions;
  Rng rng(11);
  for (std::size_t i = 0; i < count; ++i) {
    const auto level = [&] { return rng.below(4) == 3 ? Level::kNone : level_at(rng.below(3)); };
    decisions.push_back(
        {static_cast<DecisionEvent>(rng.below(6)), {rng.next(), rng.next()}, level(), level()});
  }
  return decisions;
}

TEST_CASE("the hash is XXH3-128 over the documented records") {
  // Around the lengths at which records are handed on in batches.
  for (const std::size_t count : {0U, 1U, 2U, 127U, 128U, 129U, 256U, 1000U}) {
    const std::vector<Decision> decisions = random_decisions(count);
    DecisionLog log;
    for (const Decision& one : decisions) log.record(one.event, one.key, one.from, one.to);
    CHECK(log.hex() == hash_of(decisions));
    CHECK(log.events() == count);
  }
}

TEST_CASE("known records have a known hash") {
  DecisionLog log;
  CHECK(log.hex() == "99aa06d3014798d86001c324468d497f");  // XXH3-128 of nothing
  log.record(DecisionEvent::kInsert, {1, 2}, Level::kNone, Level::kL1);
  log.record(DecisionEvent::kEvict, {1, 2}, Level::kL1, Level::kNone);
  log.record(DecisionEvent::kDemote, {1, 2}, Level::kL1, Level::kL2);
  const std::string three = log.hex();
  CHECK(three == hash_of({{DecisionEvent::kInsert, {1, 2}, Level::kNone, Level::kL1},
                          {DecisionEvent::kEvict, {1, 2}, Level::kL1, Level::kNone},
                          {DecisionEvent::kDemote, {1, 2}, Level::kL1, Level::kL2}}));
  CHECK(log.hex() == three);  // asking changes nothing
}

TEST_CASE("order, event, key and levels all count") {
  const auto hash = [](const std::vector<Decision>& decisions) {
    DecisionLog log;
    for (const Decision& one : decisions) log.record(one.event, one.key, one.from, one.to);
    return log.hex();
  };
  const Decision a{DecisionEvent::kInsert, {0, 1}, Level::kNone, Level::kL1};
  const Decision b{DecisionEvent::kInsert, {0, 2}, Level::kNone, Level::kL1};
  CHECK(hash({a, b}) != hash({b, a}));
  CHECK(hash({a}) != hash({b}));
  CHECK(hash({a}) != hash({{DecisionEvent::kInsert, {0, 1}, Level::kNone, Level::kL2}}));
  CHECK(hash({a}) != hash({{DecisionEvent::kPromote, {0, 1}, Level::kNone, Level::kL1}}));
}

}  // namespace
}  // namespace cachebench::cache
