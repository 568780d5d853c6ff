// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <algorithm>
#include <vector>

#include "property/policy_model.h"

// Policies made of first-in-first-out queues, restated with lists and loops as their papers tell them.

using namespace cachebench;
using namespace cachebench::policy;
using namespace cachebench::policy::model;

namespace {

// A line, and the next place to look at as a position counted from the old end.
class SieveModel final : public Model {
 public:
  explicit SieveModel(std::uint64_t) {}
  void insert(const Item& item) override { line_.push_back(item); }
  void hit(const Item& item) override { at(item.id).count = 1; }
  void erase(EntryId id, EraseReason) override {
    const auto place = static_cast<std::size_t>(&at(id) - line_.data());
    line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(place));
    if (place < hand_) --hand_;
    if (hand_ >= line_.size()) hand_ = 0;
  }
  EntryId victim(const PinSet& pins) override {
    for (std::size_t looked = 0; looked < 3 * line_.size(); ++looked) {
      Item& item = line_[hand_];
      if (!pins.is_pinned(item.id)) {
        if (item.count == 0) return item.id;
        item.count = 0;
      }
      hand_ = (hand_ + 1) % line_.size();
    }
    return kNoEntry;
  }

 private:
  Item& at(EntryId id) {
    return *std::find_if(line_.begin(), line_.end(), [&](const Item& item) { return item.id == id; });
  }
  std::vector<Item> line_;  // the oldest first
  std::size_t hand_ = 0;
};

// One line with second chances: the oldest free entry goes round while it has counts left.
EntryId second_chance(Line& line, const PinSet& pins, unsigned most) {
  const auto is_free = [&](const Item& item) { return !pins.is_pinned(item.id); };
  if (std::none_of(line.begin(), line.end(), is_free)) return kNoEntry;
  while (true) {
    // A round: everything not pinned, the oldest first, as the line stood when it began.
    std::vector<EntryId> round;
    for (auto item = line.rbegin(); item != line.rend(); ++item) {
      if (is_free(*item)) round.push_back(item->id);
    }
    for (const EntryId id : round) {
      Item& item = *find(line, id);
      if (item.count == 0) return id;
      item.count = std::min(item.count, most) - 1;
      move(line, line, id);
    }
  }
}

class ClockModel final : public Model {
 public:
  explicit ClockModel(std::uint64_t, unsigned most = 1) : most_(most) {}
  void insert(const Item& item) override { line_.push_front(item); }
  void hit(const Item& item) override {
    unsigned& count = find(line_, item.id)->count;
    count = std::min(count + 1, most_);
  }
  void erase(EntryId id, EraseReason) override { drop(line_, id); }
  EntryId victim(const PinSet& pins) override { return second_chance(line_, pins, most_); }

 private:
  unsigned most_;
  Line line_;
};

class S3FifoModel final : public Model {
 public:
  explicit S3FifoModel(std::uint64_t capacity) : limit_(capacity * 9 / 10) {}
  void arrive(const Item& item) override { returns_ = drop(ghosts_, item.id); }
  void insert(const Item& item) override {
    (returns_ ? main_ : small_).push_front(item);
    settled_ = kNoEntry;
  }
  void hit(const Item& item) override {
    Item& found = holds(small_, item.id) ? *find(small_, item.id) : *find(main_, item.id);
    ++found.count;
    found.bytes = item.bytes;
    settled_ = kNoEntry;
  }
  void erase(EntryId id, EraseReason reason) override {
    if (holds(small_, id) && reason == EraseReason::kEvicted) remember(ghosts_, ghost(id), limit_);
    drop(small_, id);
    drop(main_, id);
    settled_ = kNoEntry;
  }
  EntryId victim(const PinSet& pins) override {
    if (settled_ != kNoEntry && !pins.is_pinned(settled_)) return settled_;
    if (bytes_of(main_) > limit_ || small_.empty()) {
      settled_ = second_chance(main_, pins, 3);
      if (settled_ == kNoEntry) settled_ = filter(pins);
    } else {
      settled_ = filter(pins);
      if (settled_ == kNoEntry) settled_ = second_chance(main_, pins, 3);
    }
    return settled_;
  }

 private:
  Item ghost(EntryId id) { return {.id = id, .bytes = find(small_, id)->bytes}; }
  EntryId filter(const PinSet& pins) {
    for (EntryId id = oldest(small_, pins); id != kNoEntry; id = oldest(small_, pins)) {
      if (find(small_, id)->count < 2) return id;
      find(small_, id)->count = 0;
      move(small_, main_, id);
    }
    return kNoEntry;
  }
  std::uint64_t limit_;  // of the main queue, and of the ghosts
  bool returns_ = false;
  EntryId settled_ = kNoEntry;
  Line small_, main_, ghosts_;
};

class QdlpModel final : public Model {
 public:
  explicit QdlpModel(std::uint64_t capacity) : limit_(capacity * 9 / 10) {}
  void arrive(const Item& item) override { returns_ = drop(ghosts_, item.id); }
  void insert(const Item& item) override { (returns_ ? main_ : small_).push_front(item); }
  void hit(const Item& item) override {
    Item& found = holds(small_, item.id) ? *find(small_, item.id) : *find(main_, item.id);
    ++found.count;
    found.bytes = item.bytes;
  }
  void erase(EntryId id, EraseReason reason) override {
    if (holds(small_, id) && reason == EraseReason::kEvicted) {
      remember(ghosts_, {.id = id, .bytes = find(small_, id)->bytes}, limit_);
    }
    drop(small_, id);
    drop(main_, id);
    if (waiting_ != kNoEntry && waiting_ != id && fits(waiting_)) promote(waiting_);
    if (waiting_ == id) waiting_ = kNoEntry;
  }
  EntryId victim(const PinSet& pins) override {
    waiting_ = kNoEntry;
    if (bytes_of(main_) > limit_) {
      const EntryId first = second_chance(main_, pins, 3);
      if (first != kNoEntry) return first;
    }
    for (EntryId id = oldest(small_, pins); id != kNoEntry; id = oldest(small_, pins)) {
      if (find(small_, id)->count == 0) return id;
      if (!fits(id)) {
        const EntryId other = second_chance(main_, pins, 3);
        if (other == kNoEntry) return id;
        waiting_ = id;
        return other;
      }
      promote(id);
    }
    return second_chance(main_, pins, 3);
  }

 private:
  bool fits(EntryId id) { return bytes_of(main_) + find(small_, id)->bytes <= limit_; }
  void promote(EntryId id) {
    find(small_, id)->count = 0;
    move(small_, main_, id);
    waiting_ = kNoEntry;
  }
  std::uint64_t limit_;
  bool returns_ = false;
  EntryId waiting_ = kNoEntry;  // for room in the main queue
  Line small_, main_, ghosts_;
};

class TwoQueuesModel final : public Model {
 public:
  explicit TwoQueuesModel(std::uint64_t capacity) : in_limit_(capacity / 4), out_limit_(capacity / 2) {}
  void arrive(const Item& item) override { returns_ = drop(out_, item.id); }
  void insert(const Item& item) override { (returns_ ? main_ : in_).push_front(item); }
  void hit(const Item& item) override {
    if (holds(main_, item.id)) move(main_, main_, item.id);
    (holds(in_, item.id) ? find(in_, item.id) : find(main_, item.id))->bytes = item.bytes;
  }
  void erase(EntryId id, EraseReason reason) override {
    if (holds(in_, id) && reason == EraseReason::kEvicted) remember(out_, *find(in_, id), out_limit_);
    drop(in_, id);
    drop(main_, id);
  }
  EntryId victim(const PinSet& pins) override {
    const bool in_first = bytes_of(in_) > in_limit_ || main_.empty();
    const EntryId first = oldest(in_first ? in_ : main_, pins);
    return first != kNoEntry ? first : oldest(in_first ? main_ : in_, pins);
  }

 private:
  std::uint64_t in_limit_, out_limit_;
  bool returns_ = false;
  Line in_, main_, out_;
};

class SizeModel final : public Model {
 public:
  explicit SizeModel(std::uint64_t) {}
  void insert(const Item& item) override { line_.push_front(item); }
  void hit(const Item& item) override {
    if (find(line_, item.id)->bytes == item.bytes) return;
    drop(line_, item.id);
    line_.push_front(item);
  }
  void erase(EntryId id, EraseReason) override { drop(line_, id); }
  EntryId victim(const PinSet& pins) override {
    Item best{.id = kNoEntry, .bytes = 0};
    for (auto item = line_.rbegin(); item != line_.rend(); ++item) {
      if (item->bytes > best.bytes && !pins.is_pinned(item->id)) best = *item;
    }
    return best.id;
  }

 private:
  Line line_;
};

}  // namespace

TEST_CASE("sieve against a line and a position") {
  check_against<SieveModel>("sieve");
}

TEST_CASE("clock against a line that goes round, with one bit and with two") {
  check_against<ClockModel>("clock");
  check_against({"clock", {{"counter_bits", 2}}},
                [](std::uint64_t capacity) { return std::make_unique<ClockModel>(capacity, 3U); });
}

TEST_CASE("s3fifo against three lists") {
  check_against<S3FifoModel>("s3fifo");
}

TEST_CASE("qdlp against three lists") {
  check_against<QdlpModel>("qdlp");
}

TEST_CASE("2q against three lists") {
  check_against<TwoQueuesModel>("2q");
}

TEST_CASE("size against a look through everything") {
  check_against<SizeModel>("size");
}

TEST_CASE("random draws every entry alike, and the same ones for a seed") {
  std::vector<int> drawn(10);
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    const auto policy = make_eviction({"random", {}}, {.capacity = Bytes{10}, .seed = seed});
    const auto again = make_eviction({"random", {}}, {.capacity = Bytes{10}, .seed = seed});
    for (std::uint32_t id = 0; id < 10; ++id) {
      policy->on_insert(EntryId{id}, {});
      again->on_insert(EntryId{id}, {});
    }
    const EntryId victim = policy->victim({});
    CHECK(again->victim({}) == victim);
    ++drawn[index_of(victim)];
  }
  // 500 expected, standard deviation 21.
  for (const int count : drawn) CHECK(std::abs(count - 500) < 110);
}
