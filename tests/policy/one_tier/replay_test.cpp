// SPDX-License-Identifier: Apache-2.0

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/rng.h"
#include "policy/one_tier/replay.h"

namespace cachebench::policy {
namespace {

struct Access {
  std::uint32_t id;
  std::uint64_t size;
};

/// The semantics, spelled out: a list of residents searched from the front, no cleverness at all.
class SlowTier {
 public:
  SlowTier(std::string policy, std::uint64_t capacity) : policy_(std::move(policy)), capacity_(capacity) {}

  OneTierCounts replay(const std::vector<Access>& accesses) {
    for (const Access& access : accesses) step(access);
    return counts_;
  }

 private:
  struct Resident {
    std::uint32_t id;
    std::uint64_t size;
    std::uint64_t uses;
    std::uint64_t inserted;
    std::uint64_t last_use;
  };

  void step(const Access& access) {
    ++now_;
    ++counts_.accesses;
    counts_.bytes_requested += access.size;
    const auto found = std::find_if(residents_.begin(), residents_.end(),
                                    [&](const Resident& resident) { return resident.id == access.id; });
    if (found != residents_.end()) {
      ++found->uses;
      found->last_use = now_;
      found->size = access.size;
      while (used() > capacity_) evict();
    } else {
      ++counts_.misses;
      counts_.bytes_missed += access.size;
      if (access.size > capacity_ || capacity_ == 0) return;
      while (used() + access.size > capacity_) evict();
      residents_.push_back({access.id, access.size, 1, now_, now_});
    }
    counts_.peak_entries = std::max<std::uint64_t>(counts_.peak_entries, residents_.size());
    counts_.peak_bytes = std::max(counts_.peak_bytes, used());
  }

  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t sum = 0;
    for (const Resident& resident : residents_) sum += resident.size;
    return sum;
  }

  void evict() {
    const auto before = [this](const Resident& a, const Resident& b) {
      if (policy_ == "fifo") return a.inserted < b.inserted;
      if (policy_ == "lfu" && a.uses != b.uses) return a.uses < b.uses;
      return a.last_use < b.last_use;
    };
    residents_.erase(std::min_element(residents_.begin(), residents_.end(), before));
    ++counts_.evictions;
  }

  std::string policy_;
  std::uint64_t capacity_;
  std::vector<Resident> residents_;
  OneTierCounts counts_;
  std::uint64_t now_ = 0;
};

enum class Sizes { kUnit, kUniform, kPerObject, kPerAccess };

std::vector<Access> random_accesses(Sizes sizes, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Access> accesses;
  std::vector<std::uint64_t> first(60);
  for (std::uint64_t& size : first) size = sizes == Sizes::kUniform ? 3 : rng.below(12);
  std::uint32_t known = 0;
  for (int i = 0; i < 1500; ++i) {
    // Skewed, and numbered in order of appearance as an interner would.
    const auto wanted = static_cast<std::uint32_t>(std::min(rng.below(60), rng.below(60)));
    const std::uint32_t id = std::min(wanted, known);
    known = std::max(known, std::min(id + 1, 59U));
    std::uint64_t size = sizes == Sizes::kUnit ? 1 : first[id];
    if (sizes == Sizes::kPerAccess && rng.below(4) == 0) size = rng.below(40);
    accesses.push_back({id, size});
  }
  return accesses;
}

OneTierCounts simulate(const std::vector<Access>& accesses, Sizes sizes, const std::string& policy,
                       Bytes capacity) {
  AccessColumns columns;
  for (const Access& access : accesses) {
    if (sizes == Sizes::kUnit) {
      columns.append_unit(access.id);
    } else {
      columns.append(access.id, access.size);
    }
  }
  return replay_one_tier({.columns = columns, .capacity = capacity}, {.name = policy, .values = {}}, 1);
}

void check_equal(const OneTierCounts& fast, const OneTierCounts& slow) {
  CHECK(fast.accesses == slow.accesses);
  CHECK(fast.misses == slow.misses);
  CHECK(fast.bytes_requested == slow.bytes_requested);
  CHECK(fast.bytes_missed == slow.bytes_missed);
  CHECK(fast.evictions == slow.evictions);
  CHECK(fast.peak_entries == slow.peak_entries);
  CHECK(fast.peak_bytes == slow.peak_bytes);
}

TEST_CASE("one tier counts as a slow and obvious cache does") {
  for (const Sizes sizes : {Sizes::kUnit, Sizes::kUniform, Sizes::kPerObject, Sizes::kPerAccess}) {
    for (const char* policy : {"lru", "fifo", "lfu"}) {
      for (const std::uint64_t capacity : {0U, 1U, 2U, 5U, 11U, 30U, 100U, 100000U}) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
          CAPTURE(static_cast<int>(sizes));
          CAPTURE(policy);
          CAPTURE(capacity);
          CAPTURE(seed);
          const std::vector<Access> accesses = random_accesses(sizes, seed);
          check_equal(simulate(accesses, sizes, policy, Bytes{capacity}),
                      SlowTier(policy, capacity).replay(accesses));
        }
      }
    }
  }
}

/// Accesses in blocks of a few, as a reader would yield them.
class Blocks final : public AccessStream {
 public:
  Blocks(const std::vector<Access>& accesses, bool has_sizes) : accesses_(accesses), has_sizes_(has_sizes) {}
  bool next(AccessBlock& block) override {
    ids_.clear();
    sizes_.clear();
    const std::size_t end = std::min(at_ + 1 + at_ % 200, accesses_.size());
    for (; at_ < end; ++at_) {
      const Access& access = accesses_[at_];
      ids_.push_back(access.id);
      if (has_sizes_) sizes_.push_back(access.size);
      objects_ = std::max<std::size_t>(objects_, access.id + 1);
    }
    block = {.ids = ids_, .sizes = sizes_, .objects = objects_};
    return !ids_.empty();
  }
  [[nodiscard]] bool has_sizes() const override { return has_sizes_; }

 private:
  const std::vector<Access>& accesses_;
  const bool has_sizes_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint64_t> sizes_;
  std::size_t objects_ = 0;
  std::size_t at_ = 0;
};

TEST_CASE("a stream counts as columns of the same accesses do, under every policy") {
  for (const EvictionDescriptor& policy : EvictionRegistry::instance().items()) {
    if (policy.sees_future) continue;
    CAPTURE(policy.name);
    for (const Sizes sizes : {Sizes::kUnit, Sizes::kUniform, Sizes::kPerObject, Sizes::kPerAccess}) {
      for (const std::uint64_t capacity : {0U, 1U, 11U, 60U}) {
        CAPTURE(static_cast<int>(sizes));
        CAPTURE(capacity);
        const std::vector<Access> accesses = random_accesses(sizes, 4);
        Blocks stream(accesses, sizes != Sizes::kUnit);
        check_equal(replay_one_tier(stream, Bytes{capacity}, {.name = policy.name, .values = {}}, 1),
                    simulate(accesses, sizes, policy.name, Bytes{capacity}));
      }
    }
  }
}

TEST_CASE("an object larger than the tier is not admitted and evicts nothing") {
  const std::vector<Access> accesses{{0, 4}, {1, 4}, {2, 11}, {0, 4}, {1, 4}, {2, 11}};
  const OneTierCounts counts = simulate(accesses, Sizes::kPerObject, "lru", Bytes{10});
  CHECK(counts.misses == 4);
  CHECK(counts.evictions == 0);
  CHECK(counts.bytes_missed == 30);
  CHECK(counts.peak_bytes == 8);
}

TEST_CASE("a hit that grows evicts what no longer fits, itself in the end") {
  const std::vector<Access> grows{{0, 4}, {1, 4}, {1, 8}, {0, 4}};
  CHECK(simulate(grows, Sizes::kPerAccess, "lru", Bytes{10}).misses == 3);
  const std::vector<Access> outgrows{{0, 4}, {0, 50}, {0, 4}};
  const OneTierCounts counts = simulate(outgrows, Sizes::kPerAccess, "lru", Bytes{10});
  CHECK(counts.misses == 2);
  CHECK(counts.evictions == 1);
  CHECK(counts.peak_bytes == 4);
}

TEST_CASE("capacity 0 misses always, nothing accessed counts nothing") {
  const std::vector<Access> empty_objects{{0, 0}, {0, 0}};
  CHECK(simulate(empty_objects, Sizes::kPerObject, "lru", Bytes{0}).misses == 2);
  CHECK(simulate(empty_objects, Sizes::kPerObject, "lru", Bytes{1}).misses == 1);
  CHECK(simulate({}, Sizes::kPerObject, "lru", Bytes{1}) == OneTierCounts{});
  CHECK(simulate(empty_objects, Sizes::kPerObject, "lru", Bytes{std::numeric_limits<std::uint64_t>::max()})
            .misses == 1);
}

}  // namespace
}  // namespace cachebench::policy
