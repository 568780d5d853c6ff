// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/lru_curve.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace cachebench::bench {
namespace {

/// Bytes of the objects used since an object was: a Fenwick tree over the places of last uses, numbered anew
/// when they run out.
class ByteStack {
 public:
  explicit ByteStack(std::size_t objects)
      : places_(objects, kNever), tree_(std::max<std::size_t>(objects * 2, 1024) + 1) {}

  /// Of `id` and all used after it; kNothing at its first use. Its size never changes.
  std::uint64_t use(std::uint32_t id, std::uint64_t size) {
    if (next_ == tree_.size()) renumber();
    std::uint64_t distance = kNothing;
    if (const std::uint32_t last = places_[id]; last != kNever) {
      distance = total_ - sum_before(last);
      add(last, 0 - size);
    } else {
      total_ += size;
    }
    places_[id] = next_;
    if (owners_.size() <= next_) owners_.resize(tree_.size());
    owners_[next_] = id;
    add(next_++, size);
    return distance;
  }

  static constexpr std::uint64_t kNothing = UINT64_MAX;

 private:
  static constexpr std::uint32_t kNever = 0;

  void add(std::size_t place, std::uint64_t by) {
    for (; place < tree_.size(); place += place & (~place + 1)) tree_[place] += by;
  }
  [[nodiscard]] std::uint64_t sum_before(std::size_t place) const {
    std::uint64_t sum = 0;
    for (--place; place > 0; place &= place - 1) sum += tree_[place];
    return sum;
  }
  // Last uses move to the front, in order.
  void renumber() {
    std::vector<std::uint64_t> sizes(tree_.size());
    std::uint32_t next = 1;
    for (std::uint32_t place = 1; place < next_; ++place) {
      const std::uint32_t id = owners_[place];
      if (places_[id] != place) continue;
      sizes[next] = sum_before(place + 1) - sum_before(place);
      owners_[next] = id;
      places_[id] = next++;
    }
    next_ = next;
    std::fill(tree_.begin(), tree_.end(), 0);
    for (std::size_t place = 1; place < tree_.size(); ++place) {
      tree_[place] += sizes[place];
      const std::size_t parent = place + (place & (~place + 1));
      if (parent < tree_.size()) tree_[parent] += tree_[place];
    }
  }

  std::vector<std::uint32_t> places_;
  std::vector<std::uint32_t> owners_;
  std::vector<std::uint64_t> tree_;
  std::uint64_t total_ = 0;
  std::uint32_t next_ = 1;
};

/// Hits of `columns` at ascending `capacities`, objects above `largest` left out.
class Pass {
 public:
  Pass(const policy::AccessColumns& columns, std::vector<std::uint64_t> capacities, std::uint64_t largest)
      : columns_(columns), capacities_(std::move(capacities)), largest_(largest), stack_(columns.objects()) {}

  /// One entry a capacity.
  std::vector<policy::OneTierCounts> run() {
    std::vector<std::uint64_t> hits(capacities_.size());
    std::vector<std::uint64_t> bytes(capacities_.size());
    for (const std::uint32_t id : columns_.ids()) {
      const std::uint64_t size = columns_.object_sizes().empty() ? 1 : columns_.object_sizes()[id];
      if (size > largest_ || largest_ == 0) continue;
      const std::uint64_t distance = stack_.use(id, size);
      if (distance == ByteStack::kNothing) continue;
      const auto fits = std::lower_bound(capacities_.begin(), capacities_.end(), distance);
      if (fits == capacities_.end()) continue;
      const auto at = static_cast<std::size_t>(fits - capacities_.begin());
      ++hits[at];
      bytes[at] += size;
    }
    std::vector<policy::OneTierCounts> list;
    std::uint64_t hit = 0;
    std::uint64_t bytes_hit = 0;
    for (std::size_t i = 0; i < capacities_.size(); ++i) {
      hit += hits[i];
      bytes_hit += bytes[i];
      policy::OneTierCounts counts;
      counts.accesses = columns_.accesses();
      counts.bytes_requested = columns_.bytes_requested().value;
      counts.misses = counts.accesses - hit;
      counts.bytes_missed = counts.bytes_requested - bytes_hit;
      list.push_back(counts);
    }
    return list;
  }

 private:
  const policy::AccessColumns& columns_;
  const std::vector<std::uint64_t> capacities_;
  const std::uint64_t largest_;
  ByteStack stack_;
};

std::uint64_t largest_object(const policy::AccessColumns& columns) {
  const std::vector<std::uint64_t>& sizes = columns.object_sizes();
  return sizes.empty() ? 1 : *std::max_element(sizes.begin(), sizes.end());
}

}  // namespace

std::vector<policy::OneTierCounts> lru_curve(const policy::AccessColumns& columns,
                                             const std::vector<std::uint64_t>& capacities) {
  if (columns.form() == policy::SizeForm::kPerAccess) {
    throw Error(
        ErrorKind::kUsage,
        "--curve lru: objects of this trace change their size, so that one pass does not give the curve: "
        "use --policies lru at some --capacities");
  }
  const std::uint64_t largest = largest_object(columns);
  std::vector<std::uint64_t> together;
  for (const std::uint64_t capacity : capacities) {
    if (capacity >= largest) together.push_back(capacity);
  }
  std::sort(together.begin(), together.end());
  together.erase(std::unique(together.begin(), together.end()), together.end());
  const std::vector<policy::OneTierCounts> counts =
      together.empty() ? std::vector<policy::OneTierCounts>{} : Pass(columns, together, largest).run();
  std::vector<policy::OneTierCounts> list;
  for (const std::uint64_t capacity : capacities) {
    if (capacity < largest) {
      list.push_back(Pass(columns, {capacity}, capacity).run().front());
      continue;
    }
    const auto found = std::lower_bound(together.begin(), together.end(), capacity);
    list.push_back(counts[static_cast<std::size_t>(found - together.begin())]);
  }
  return list;
}

std::vector<std::uint64_t> curve_capacities(const policy::AccessColumns& columns) {
  std::vector<std::uint64_t> list;
  const std::uint64_t last = columns.bytes_distinct().value;
  for (std::uint64_t capacity = largest_object(columns); capacity < last; capacity += capacity / 16 + 1) {
    list.push_back(capacity);
  }
  list.push_back(last);
  return list;
}

}  // namespace cachebench::bench
