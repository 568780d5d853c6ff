// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/rng.h"
#include "policy/eviction.h"

/// Holds an eviction policy against a model of it that is too simple to be fast: lists searched from end to
/// end. Both are told the same story of a cache of sized entries, with pins and removals, and must name the
/// same victim every time. For tests only; throws where doctest's REQUIRE does.
namespace cachebench::policy::model {

struct Item {
  EntryId id;
  std::uint64_t bytes = 1;
  unsigned count = 0;
};

/// The youngest in front.
using Line = std::list<Item>;

inline Line::iterator find(Line& line, EntryId id) {
  return std::find_if(line.begin(), line.end(), [&](const Item& item) { return item.id == id; });
}
inline bool holds(Line& line, EntryId id) {
  return find(line, id) != line.end();
}
/// Out of the line, if it is there.
inline bool drop(Line& line, EntryId id) {
  return std::erase_if(line, [&](const Item& item) { return item.id == id; }) != 0;
}
inline std::uint64_t bytes_of(const Line& line) {
  std::uint64_t sum = 0;
  for (const Item& item : line) sum += item.bytes;
  return sum;
}
/// The oldest that is not pinned.
inline EntryId oldest(const Line& line, const PinSet& pins) {
  for (auto item = line.rbegin(); item != line.rend(); ++item) {
    if (!pins.is_pinned(item->id)) return item->id;
  }
  return kNoEntry;
}
/// From one line to the front of another.
inline void move(Line& from, Line& to, EntryId id) {
  to.splice(to.begin(), from, find(from, id));
}
/// As ghosts are kept: the new one in front, the oldest gone until it fits; too large a one is not kept.
inline void remember(Line& ghosts, const Item& item, std::uint64_t limit) {
  if (item.bytes > limit) return;
  ghosts.push_front(item);
  while (bytes_of(ghosts) > limit) ghosts.pop_back();
}

class Model {
 public:
  virtual ~Model() = default;
  virtual void arrive(const Item&) {}
  virtual void insert(const Item& item) = 0;
  virtual void hit(const Item& item) = 0;
  virtual void erase(EntryId id, EraseReason reason) = 0;
  virtual EntryId victim(const PinSet& pins) = 0;
};

struct Story {
  std::uint64_t capacity = 40;
  std::uint64_t seed = 1;
  std::uint64_t largest = 1;  ///< entries have 1 to so many bytes
  bool pins = false;
  bool removes = false;
  bool resizes = false;  ///< now and then a hit comes with another size
};

class Comparison {
 public:
  Comparison(const NamedParameters& spec, Model& model, const Story& story)
      : model_(model),
        story_(story),
        rng_(story.seed),
        policy_(make_eviction(spec, {.capacity = Bytes{story.capacity}})) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    CHECK(evictions_ > steps / 10);
  }

 private:
  void step() {
    const std::uint64_t what = rng_.below(100);
    if (what >= 96 && story_.removes) {
      remove_one();
    } else if (what >= 90 && story_.pins) {
      change_pins();
    } else {
      access(EntryId{static_cast<std::uint32_t>(rng_.below(1 + rng_.below(120)))});
    }
  }

  void access(EntryId id) {
    Item item{.id = id, .bytes = 1 + index_of(id) * 7 % story_.largest};
    if (story_.resizes && rng_.below(10) == 0) item.bytes = 1 + rng_.below(story_.largest);
    const AccessInfo info{.bytes = Bytes{item.bytes}, .sequence = sequence_++};
    const auto resident = resident_.find(index_of(id));
    if (resident != resident_.end()) {
      policy_->on_hit(id, info);
      model_.hit(item);
      resident->second = item.bytes;
      static_cast<void>(make_room(0));
      return;
    }
    policy_->on_arrival(id, info);
    model_.arrive(item);
    if (!make_room(item.bytes)) return;
    policy_->on_insert(id, info);
    model_.insert(item);
    resident_[index_of(id)] = item.bytes;
  }

  bool make_room(std::uint64_t bytes) {
    while (used() + bytes > story_.capacity) {
      const EntryId victim = policy_->victim(pins_);
      REQUIRE(victim == model_.victim(pins_));
      REQUIRE(victim == policy_->victim(pins_));
      if (victim == kNoEntry) return false;
      erase(victim, EraseReason::kEvicted);
      ++evictions_;
    }
    return true;
  }

  void erase(EntryId id, EraseReason reason) {
    policy_->on_erase(id, reason);
    model_.erase(id, reason);
    REQUIRE(resident_.erase(index_of(id)) == 1);
  }

  void remove_one() {
    for (const auto& [id, bytes] : resident_) {
      if (pinned_.count(id) != 0 || rng_.below(5) != 0) continue;
      erase(EntryId{id}, EraseReason::kRemoved);
      return;
    }
  }

  void change_pins() {
    for (const std::uint32_t id : pinned_) pins_.unpin(EntryId{id});
    pinned_.clear();
    const std::uint64_t share = rng_.below(6);  // 0: everything is pinned
    for (const auto& [id, bytes] : resident_) {
      if (share != 0 && rng_.below(share) == 0) continue;
      if (share > 2 && rng_.below(2) == 0) continue;
      pinned_.insert(id);
      pins_.pin(EntryId{id});
    }
  }

  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t sum = 0;
    for (const auto& [id, bytes] : resident_) sum += bytes;
    return sum;
  }

  Model& model_;
  Story story_;
  Rng rng_;
  std::unique_ptr<EvictionPolicy> policy_;
  PinSet pins_;
  std::set<std::uint32_t> pinned_;
  std::map<std::uint32_t, std::uint64_t> resident_;
  std::uint64_t sequence_ = 0;
  int evictions_ = 0;
};

/// Tells a policy and fresh models of it several stories. `make` is given the capacity.
inline void check_against(const NamedParameters& spec,
                          const std::function<std::unique_ptr<Model>(std::uint64_t)>& make) {
  for (const Story& story :
       {Story{.capacity = 40}, Story{.capacity = 1, .seed = 2}, Story{.capacity = 7},
        Story{.capacity = 40, .pins = true, .removes = true}, Story{.capacity = 100, .seed = 3, .largest = 9},
        Story{.capacity = 90, .seed = 4, .largest = 9, .removes = true, .resizes = true},
        Story{.capacity = 95, .largest = 9, .pins = true, .removes = true}}) {
    CAPTURE(spec.name);
    CAPTURE(story.capacity);
    CAPTURE(story.largest);
    CAPTURE(story.pins);
    const std::unique_ptr<Model> model = make(story.capacity);
    Comparison(spec, *model, story).run(6'000);
  }
}

/// The same, with default parameters.
template <typename ModelClass>
void check_against(const std::string& name) {
  check_against({name, {}}, [](std::uint64_t capacity) { return std::make_unique<ModelClass>(capacity); });
}

}  // namespace cachebench::policy::model
