// SPDX-License-Identifier: Apache-2.0
#include <doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "policy/count_min_sketch.h"
#include "property/policy_model.h"

// Policies that order by recency in several lists, restated with lists and loops as their papers tell them.

using namespace cachebench;
using namespace cachebench::policy;
using namespace cachebench::policy::model;

namespace {

// The segments of a segmented LRU, the lowest first.
struct Segments {
  std::vector<Line> lines;
  std::vector<std::uint64_t> limits;

  Line* line_of(EntryId id) {
    for (Line& line : lines) {
      if (holds(line, id)) return &line;
    }
    return nullptr;
  }
  void insert(const Item& item) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (bytes_of(lines[i]) + item.bytes <= limits[i]) {
        lines[i].push_front(item);
        return;
      }
    }
    lines[0].push_front(item);
  }
  void hit(const Item& item) {
    const auto from = static_cast<std::size_t>(line_of(item.id) - lines.data());
    const std::size_t to = std::min(from + 1, lines.size() - 1);
    find(lines[from], item.id)->bytes = item.bytes;
    move(lines[from], lines[to], item.id);
    for (std::size_t i = to; i > 0; --i) {
      while (bytes_of(lines[i]) > limits[i]) move(lines[i], lines[i - 1], lines[i].back().id);
    }
  }
  EntryId victim(const PinSet& pins) const {
    for (const Line& line : lines) {
      const EntryId id = oldest(line, pins);
      if (id != kNoEntry) return id;
    }
    return kNoEntry;
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Line& line : lines) sum += bytes_of(line);
    return sum;
  }
};

class SlruModel final : public Model {
 public:
  explicit SlruModel(std::uint64_t capacity)
      : segments_{std::vector<Line>(4), std::vector<std::uint64_t>(4, capacity / 4)} {}
  void insert(const Item& item) override { segments_.insert(item); }
  void hit(const Item& item) override { segments_.hit(item); }
  void erase(EntryId id, EraseReason) override { drop(*segments_.line_of(id), id); }
  EntryId victim(const PinSet& pins) override { return segments_.victim(pins); }

 private:
  Segments segments_;
};

// Shares in whole entries of the smallest size; the sketch has its own tests.
class WTinyLfuModel final : public Model {
 public:
  explicit WTinyLfuModel(std::uint64_t capacity) : capacity_(capacity), main_{std::vector<Line>(2), {0, 0}} {}
  void insert(const Item& item) override {
    if (item.bytes < smallest_) {
      smallest_ = item.bytes;
      const std::uint64_t entries = capacity_ / smallest_;
      const std::uint64_t main = entries - std::max<std::uint64_t>(1, entries / 100);
      limit_ = main * smallest_;
      main_.limits = {main / 5 * smallest_, main * 4 / 5 * smallest_};
      sketch_ = CountMinSketch(main);
    }
    window_.push_front(item);
    sketch_.add(item.id);
  }
  void hit(const Item& item) override {
    if (holds(leaving_, item.id)) {
      sketch_.add(item.id);
      move(leaving_, window_, item.id);
    }
    if (holds(window_, item.id)) {
      move(window_, window_, item.id);
      window_.front().bytes = item.bytes;
      return;
    }
    const bool climbs = holds(main_.lines[0], item.id);
    main_.hit(item);
    while (climbs && bytes_of(main_.lines[0]) > main_.limits[0]) {
      move(main_.lines[0], leaving_, main_.lines[0].back().id);
    }
    sketch_.add(item.id);
    if (++hits_ < std::max<std::uint64_t>(1, 32 * (limit_ / smallest_))) return;
    hits_ = 0;
    sketch_.halve();
  }
  void erase(EntryId id, EraseReason) override {
    drop(window_, id);
    drop(leaving_, id);
    if (Line* line = main_.line_of(id)) drop(*line, id);
  }
  EntryId victim(const PinSet& pins) override {
    if (oldest(leaving_, pins) == kNoEntry) decide(pins);
    return oldest(leaving_, pins);
  }

 private:
  void decide(const PinSet& pins) {
    for (EntryId id = oldest(window_, pins); id != kNoEntry; id = oldest(window_, pins)) {
      const Item item = *find(window_, id);
      if (main_.bytes() + item.bytes > limit_) {
        const EntryId rival = main_.victim(pins);
        if (rival == kNoEntry || sketch_.estimate(id) <= sketch_.estimate(rival)) {
          sketch_.add(id);
          move(window_, leaving_, id);
          return;
        }
        leave(rival);
        while (main_.bytes() + item.bytes > limit_ && main_.victim(pins) != kNoEntry)
          leave(main_.victim(pins));
      }
      sketch_.add(id);
      drop(window_, id);
      main_.insert(item);
    }
    if (main_.victim(pins) != kNoEntry) leave(main_.victim(pins));
  }
  void leave(EntryId id) { move(*main_.line_of(id), leaving_, id); }

  std::uint64_t capacity_;
  std::uint64_t limit_ = 0;
  Segments main_;
  Line window_, leaving_;
  CountMinSketch sketch_{0};
  std::uint64_t smallest_ = UINT64_MAX;
  std::uint64_t hits_ = 0;
};

class ArcModel final : public Model {
 public:
  explicit ArcModel(std::uint64_t capacity) : capacity_(capacity) {}
  void arrive(const Item& item) override {
    incoming_ = item.bytes;
    smallest_ = std::min(smallest_, item.bytes);
    const double b1 = static_cast<double>(bytes_of(b1_));
    const double b2 = static_cast<double>(bytes_of(b2_));
    const auto step = static_cast<double>(smallest_);
    from_b1_ = holds(b1_, item.id);
    from_b2_ = holds(b2_, item.id);
    if (from_b1_) p_ = std::min(p_ + std::max(1.0, b2 / b1) * step, static_cast<double>(capacity_));
    if (from_b2_) p_ = std::max(p_ - std::max(1.0, b1 / b2) * step, 0.0);
    drop(b1_, item.id);
    drop(b2_, item.id);
  }
  void insert(const Item& item) override {
    (from_b1_ || from_b2_ ? t2_ : t1_).push_front(item);
    from_b1_ = from_b2_ = false;
    incoming_ = 0;
  }
  void hit(const Item& item) override {
    move(holds(t1_, item.id) ? t1_ : t2_, t2_, item.id);
    t2_.front().bytes = item.bytes;
    chosen_ = kNoEntry;
  }
  void erase(EntryId id, EraseReason reason) override {
    const bool recent = holds(t1_, id);
    const Item item = recent ? *find(t1_, id) : *find(t2_, id);
    if (reason == EraseReason::kEvicted) {
      if (chosen_ == id && loses_ != nullptr) loses_->pop_back();
      if (chosen_ != id || !without_trace_) (recent ? b1_ : b2_).push_front(item);
    }
    drop(t1_, id);
    drop(t2_, id);
    while (bytes_of(t1_) + bytes_of(b1_) > capacity_ && !b1_.empty()) b1_.pop_back();
    while (total() > 2 * capacity_ && !b2_.empty()) b2_.pop_back();
    chosen_ = kNoEntry;
  }
  EntryId victim(const PinSet& pins) override {
    if (chosen_ != kNoEntry && !pins.is_pinned(chosen_)) return chosen_;
    loses_ = nullptr;
    without_trace_ = false;
    if (!from_b1_ && !from_b2_) {
      if (bytes_of(t1_) + bytes_of(b1_) + incoming_ > capacity_) {
        if (!b1_.empty()) {
          loses_ = &b1_;
        } else if (oldest(t1_, pins) != kNoEntry) {
          without_trace_ = true;
          return chosen_ = oldest(t1_, pins);
        }
      } else if (total() >= 2 * capacity_ && !b2_.empty()) {
        loses_ = &b2_;
      }
    }
    return chosen_ = replace(pins);
  }

 private:
  EntryId replace(const PinSet& pins) const {
    const auto t1 = static_cast<double>(bytes_of(t1_));
    const bool recent = (!t1_.empty() && (t1 > p_ || (t1 == p_ && from_b2_))) || t2_.empty();
    const EntryId first = oldest(recent ? t1_ : t2_, pins);
    return first != kNoEntry ? first : oldest(recent ? t2_ : t1_, pins);
  }
  std::uint64_t total() const { return bytes_of(t1_) + bytes_of(t2_) + bytes_of(b1_) + bytes_of(b2_); }

  std::uint64_t capacity_;
  std::uint64_t smallest_ = UINT64_MAX;
  std::uint64_t incoming_ = 0;
  double p_ = 0;
  bool from_b1_ = false, from_b2_ = false;
  Line t1_, t2_, b1_, b2_;
  EntryId chosen_ = kNoEntry;
  Line* loses_ = nullptr;  // its oldest when `chosen_` leaves
  bool without_trace_ = false;
};

// Item::count on the stack: 0 LIR, 1 resident HIR, 2 gone.
class LirsModel final : public Model {
 public:
  explicit LirsModel(std::uint64_t capacity) : lir_limit_(capacity * 99 / 100), stack_limit_(2 * capacity) {}
  void arrive(const Item& item) override {
    if (!holds(stack_, item.id)) return;
    move(stack_, stack_, item.id);
    move(gone_, gone_, item.id);
    make_room(item.bytes);
  }
  void insert(const Item& item) override {
    const bool known = drop(stack_, item.id);
    drop(gone_, item.id);
    if (known) make_room(item.bytes);
    const bool lir = known || lir_bytes() + item.bytes <= lir_limit_;
    stack_.push_front({item.id, item.bytes, lir ? 0U : 1U});
    if (!lir) queue_.push_front(item);
    limit();
  }
  void hit(const Item& item) override {
    const auto found = find(stack_, item.id);
    if (found == stack_.end()) {
      move(queue_, queue_, item.id);
      stack_.push_front({item.id, item.bytes, 1});
    } else {
      const bool lir = found->count == 0;
      drop(stack_, item.id);
      if (!lir) {
        drop(queue_, item.id);
        make_room(item.bytes);
      }
      stack_.push_front({item.id, item.bytes, 0});
      prune();
    }
    limit();
  }
  void erase(EntryId id, EraseReason reason) override {
    drop(queue_, id);
    const auto found = find(stack_, id);
    if (found == stack_.end()) return;
    if (found->count == 1 && reason == EraseReason::kEvicted) {
      found->count = 2;
      gone_.push_front({.id = id});
      limit();
      return;
    }
    drop(stack_, id);
    prune();
  }
  EntryId victim(const PinSet& pins) override {
    const EntryId id = oldest(queue_, pins);
    if (id != kNoEntry) return id;
    Line lir = stack_;
    std::erase_if(lir, [](const Item& item) { return item.count != 0; });
    return oldest(lir, pins);
  }

 private:
  std::uint64_t lir_bytes() const {
    std::uint64_t sum = 0;
    for (const Item& item : stack_) sum += item.count == 0 ? item.bytes : 0;
    return sum;
  }
  void make_room(std::uint64_t bytes) {
    while (lir_bytes() > 0 && lir_bytes() + bytes > lir_limit_) {
      prune();
      queue_.push_front({.id = stack_.back().id});
      stack_.pop_back();
    }
    prune();
  }
  void prune() {
    while (stack_.size() > 1 && stack_.back().count != 0) {
      drop(gone_, stack_.back().id);
      stack_.pop_back();
    }
  }
  void limit() {
    while (bytes_of(stack_) > stack_limit_ && !gone_.empty()) {
      drop(stack_, gone_.back().id);
      gone_.pop_back();
    }
  }

  std::uint64_t lir_limit_, stack_limit_;
  Line stack_, queue_, gone_;
};

}  // namespace

TEST_CASE("slru against a list a segment") {
  check_against<SlruModel>("slru");
}

TEST_CASE("wtinylfu against a window and two segments") {
  check_against<WTinyLfuModel>("wtinylfu");
}

TEST_CASE("arc against the four lists of the paper") {
  check_against<ArcModel>("arc");
}

TEST_CASE("lirs against a stack and a queue") {
  check_against<LirsModel>("lirs");
}
