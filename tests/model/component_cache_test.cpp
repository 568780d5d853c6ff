// SPDX-License-Identifier: Apache-2.0
#include "model/component_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"

using namespace cachebench;
using namespace cachebench::model;

namespace {

class Letter final : public Component {
 public:
  Letter(char which, std::atomic<int>& alive) : letter(which), alive_(alive) { ++alive_; }
  ~Letter() override { --alive_; }
  const char letter;

 private:
  std::atomic<int>& alive_;
};

// Components of 100 bytes each, "layer.0" to "layer.9"; "broken" cannot be read.
class Layers final : public ComponentSource {
 public:
  [[nodiscard]] Bytes bytes_of(std::string_view) const override { return Bytes{100}; }
  [[nodiscard]] ComponentPtr load(std::string_view name) const override {
    ++loads;
    if (name == "broken") throw Error(ErrorKind::kInput, "broken");
    auto made = std::make_shared<Letter>(name.back(), alive);
    int seen = most;
    while (alive > seen && !most.compare_exchange_weak(seen, alive)) {
    }
    return made;
  }
  mutable std::atomic<int> loads{0};
  mutable std::atomic<int> alive{0};
  mutable std::atomic<int> most{0};
};

std::string layer(int i) {
  return "layer." + std::to_string(i);
}

char letter_of(const ComponentPtr& component) {
  return dynamic_cast<const Letter&>(*component).letter;
}

}  // namespace

TEST_CASE("what fits stays, the least recently used goes") {
  const Layers source;
  ComponentCache cache(source, Bytes{300}, ComponentCache::Keep::kWhatFits);
  for (int i = 0; i < 3; ++i) CHECK(letter_of(cache.get(layer(i))) == '0' + i);
  static_cast<void>(cache.get(layer(0)));
  CHECK(source.loads == 3);
  static_cast<void>(cache.get(layer(3)));  // layer 1 goes
  static_cast<void>(cache.get(layer(0)));
  CHECK(source.loads == 4);
  CHECK(letter_of(cache.get(layer(1))) == '1');
  CHECK(source.loads == 5);
  const ComponentCacheStats stats = cache.stats();
  CHECK(stats.hits == 2);
  CHECK(stats.loads == 5);
  CHECK(stats.evictions == 2);
  CHECK(stats.loaded == Bytes{500});
  CHECK(stats.peak == Bytes{300});
  CHECK(source.alive == 3);
}

TEST_CASE("what does not fit beside components in use waits for them") {
  const Layers source;
  ComponentCache cache(source, Bytes{200}, ComponentCache::Keep::kWhatFits);
  std::optional<ComponentPtr> a = cache.get(layer(0));
  const ComponentPtr b = cache.get(layer(1));
  std::atomic<char> third{0};
  std::thread other([&] { third = letter_of(cache.get(layer(2))); });
  CHECK(letter_of(*a) == '0');
  a.reset();  // only now
  other.join();
  CHECK(third == '2');
  CHECK(letter_of(b) == '1');
  CHECK(cache.stats().peak == Bytes{200});
  CHECK(source.most == 2);
}

TEST_CASE("keeping nothing loads every time and leaves nothing behind") {
  const Layers source;
  ComponentCache cache(source, Bytes{1000}, ComponentCache::Keep::kNothing);
  for (int i = 0; i < 4; ++i) static_cast<void>(cache.get(layer(0)));
  CHECK(source.loads == 4);
  CHECK(cache.stats().resident == Bytes{0});
  CHECK(source.alive == 0);
}

TEST_CASE("a load that fails is told, and can be tried again") {
  const Layers source;
  ComponentCache cache(source, Bytes{1000}, ComponentCache::Keep::kWhatFits);
  CHECK_THROWS_AS(static_cast<void>(cache.get("broken")), Error);
  CHECK_THROWS_AS(static_cast<void>(cache.get("broken")), Error);
  CHECK(source.loads == 2);
  CHECK(cache.stats().resident == Bytes{0});
}

TEST_CASE("a component larger than the budget is refused by name") {
  const Layers source;
  ComponentCache cache(source, Bytes{99}, ComponentCache::Keep::kWhatFits);
  CHECK_THROWS_WITH_AS(static_cast<void>(cache.get("layer.0")),
                       "component 'layer.0' takes 100 B, the budget is 99 B", Error);
}

TEST_CASE("threads that ask for the same component load it once") {
  const Layers source;
  ComponentCache cache(source, Bytes{1000}, ComponentCache::Keep::kWhatFits);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 9; ++i) static_cast<void>(cache.get(layer(i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(source.loads == 9);
}

TEST_CASE("threads that walk through the layers stay within a budget of two") {
  for (const auto keep : {ComponentCache::Keep::kWhatFits, ComponentCache::Keep::kNothing}) {
    const Layers source;
    ComponentCache cache(source, Bytes{200}, keep);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) wrong += letter_of(cache.get(layer(i % 10))) == '0' + i % 10 ? 0 : 1;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(source.most <= 2);
    CHECK(cache.stats().peak <= Bytes{200});
    CHECK(cache.stats().hits + cache.stats().loads == 800);
  }
}

TEST_CASE("counting anew keeps what is resident") {
  const Layers source;
  ComponentCache cache(source, Bytes{200}, ComponentCache::Keep::kWhatFits);
  static_cast<void>(cache.get(layer(0)));
  cache.reset_stats();
  CHECK(cache.stats().loads == 0);
  CHECK(cache.stats().resident == Bytes{100});
  CHECK(cache.stats().peak == Bytes{100});
}
