// SPDX-License-Identifier: Apache-2.0
#include "policy/prefetch.h"

#include <doctest.h>

#include <algorithm>

#include "core/error.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::policy;

TEST_CASE("no prefetch proposes nothing") {
  const auto prefetch = make_prefetch({"none", {}});
  std::vector<EntryId> proposed;
  for (std::uint32_t i = 0; i < 10; ++i) prefetch->on_access(EntryId{i % 3}, {});
  prefetch->propose({}, proposed);
  CHECK(proposed.empty());
}

namespace {

// A prefetch policy that watches requests.
struct Watcher {
  std::unique_ptr<PrefetchPolicy> policy;
  std::uint64_t request = 0;
  explicit Watcher(const NamedParameters& spec) : policy(make_prefetch(spec)) {}

  std::vector<std::uint32_t> operator()(const std::vector<std::uint32_t>& ids, std::uint64_t session = 1) {
    const RequestInfo info{.sequence = request++, .session = session, .turn = 0};
    for (const std::uint32_t id : ids) policy->on_access(EntryId{id}, {.request = info});
    std::vector<EntryId> proposed;
    policy->propose(info, proposed);
    std::vector<std::uint32_t> numbers;
    for (const EntryId id : proposed) numbers.push_back(index_of(id));
    return numbers;
  }
};
using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("markov walks along the likeliest followers") {
  Watcher watch({"markov", {{"degree", 3.0}, {"min_probability", 0.5}}});
  for (int i = 0; i < 4; ++i) watch({1, 2, 3, 4, 5});
  CHECK(watch({1}) == Ids{2, 3, 4});
  CHECK(watch({9}).empty());
  Watcher sure({"markov", {{"min_probability", 0.9}}});
  for (int i = 0; i < 10; ++i) sure({1, i % 2 == 0 ? 2U : 3U});
  CHECK(sure({1}).empty());  // one half each
}

TEST_CASE("co-access proposes the companions that a request did without") {
  Watcher watch({"co-access", {}});
  for (int i = 0; i < 3; ++i) watch({1, 2, 3});
  CHECK(watch({1}) == Ids{2, 3});
  CHECK(watch({1, 2, 3}).empty());
  CHECK(watch({8}).empty());
  Watcher near({"co-access", {{"window", 1.0}}});
  for (int i = 0; i < 3; ++i) near({1, 2, 3});
  CHECK(near({1}) == Ids{2});
}

TEST_CASE("session-next proposes a session's last turn shortly before its next") {
  Watcher watch({"session-next", {{"lead", 2.0}}});
  std::vector<std::uint64_t> proposed_at;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const bool turn = i % 10 == 0;  // session 5 comes every tenth request
    const Ids proposed = turn ? watch({50, 51}, 5) : watch({static_cast<std::uint32_t>(i)}, 1'000 + i);
    if (std::find(proposed.begin(), proposed.end(), 50U) != proposed.end()) {
      CHECK(std::find(proposed.begin(), proposed.end(), 51U) != proposed.end());
      proposed_at.push_back(i);
    }
  }
  // From its second turn on the gap is known.
  CHECK(proposed_at == std::vector<std::uint64_t>{18, 28, 38, 48, 58});
  Watcher plain({"session-next", {}});
  for (int i = 0; i < 30; ++i) CHECK(plain({1, 2}, 0).empty());
}

TEST_CASE("predictive proposes what is likely, once the predictor is trusted") {
  Watcher watch({"predictive", {{"prediction_window", 50.0}, {"scan", 5'000.0}}});
  std::uint32_t fresh = 100;
  Ids last;
  for (int i = 0; i < 400; ++i) {
    Ids ids{1, 2, 3};  // come back always; the others never
    for (int k = 0; k < 12; ++k) ids.push_back(fresh++);
    last = watch(ids);
    if (i == 10) CHECK(last.empty());
  }
  std::sort(last.begin(), last.end());
  CHECK(last == Ids{1, 2, 3});
}

TEST_CASE("every prefetch policy repeats itself and proposes what it has seen") {
  for (const PrefetchDescriptor& descriptor : PrefetchRegistry::instance().items()) {
    CAPTURE(descriptor.name);
    Watcher a({descriptor.name, {}});
    Watcher b({descriptor.name, {}});
    Rng rng(4);
    for (int i = 0; i < 2'000; ++i) {
      Ids ids;
      const auto base = static_cast<std::uint32_t>(rng.below(rng.below(40) + 1) * 5);
      for (std::uint32_t k = 0; k < 1 + rng.below(5); ++k) ids.push_back(base + k);
      const std::uint64_t session = rng.below(12);
      const Ids proposed = a(ids, session);
      REQUIRE(proposed == b(ids, session));
      for (const std::uint32_t id : proposed) REQUIRE(id < 205);
    }
  }
}

TEST_CASE("unknown prefetch policies and parameters") {
  CHECK_THROWS_WITH_AS(static_cast<void>(make_prefetch({"non", {}})), doctest::Contains("none"), Error);
  CHECK_THROWS_AS(static_cast<void>(make_prefetch({"none", {{"depth", 2.0}}})), Error);
}
