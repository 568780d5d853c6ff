// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "policy/prefetch.h"

namespace cachebench::policy {
namespace {

/// Counts which entry follows which in the stream of accesses, the four most frequent followers of each, and
/// after a request walks from its last access along the likeliest follower while that is likely enough. 40
/// bytes an id, O(1) an access, O(degree) a request.
class Markov final : public PrefetchPolicy {
 public:
  explicit Markov(const Parameters& p)
      : degree_(static_cast<std::size_t>(p.get("degree"))),
        least_(p.get("min_probability")),
        support_(static_cast<std::uint32_t>(p.get("min_count"))) {}

  void on_access(EntryId id, const AccessInfo&) override {
    const std::size_t needed = index_of(id) + std::size_t{1};
    if (needed > rows_.size()) rows_.resize(std::max(needed, 2 * rows_.size()));
    if (last_ != kNoEntry && last_ != id) rows_[index_of(last_)].note(id);
    last_ = id;
  }

  void propose(const RequestInfo&, std::vector<EntryId>& out) override {
    EntryId at = last_;
    double chance = 1;
    for (std::size_t step = 0; step < degree_ && at != kNoEntry; ++step) {
      const Row& row = rows_[index_of(at)];
      const Follower& best = *std::max_element(row.followers.begin(), row.followers.end(), less_often);
      if (best.count < support_ || row.total == 0) return;
      chance *= static_cast<double>(best.count) / static_cast<double>(row.total);
      if (chance < least_ || std::find(out.begin(), out.end(), best.id) != out.end()) return;
      out.push_back(best.id);
      at = best.id;
    }
  }

 private:
  struct Follower {
    EntryId id = kNoEntry;
    std::uint32_t count = 0;
  };
  // The lower id among equals.
  static bool less_often(const Follower& a, const Follower& b) {
    return a.count != b.count ? a.count < b.count : index_of(a.id) > index_of(b.id);
  }
  struct Row {
    std::array<Follower, 4> followers{};
    std::uint32_t total = 0;

    void note(EntryId id) {
      if (total == UINT32_MAX) return;
      ++total;
      Follower* rarest = followers.data();
      for (Follower& follower : followers) {
        if (follower.id == id) {
          ++follower.count;
          return;
        }
        if (follower.count < rarest->count) rarest = &follower;
      }
      // Space saving without its overestimate: a newcomer takes the rarest place and starts anew.
      *rarest = {.id = id, .count = 1};
    }
  };

  std::size_t degree_;
  double least_;
  std::uint32_t support_;
  std::vector<Row> rows_;
  EntryId last_ = kNoEntry;
};

CACHEBENCH_REGISTER(PrefetchDescriptor,
                    {.name = "markov",
                     .summary = "the likeliest followers of the last access",
                     .source = "Joseph, Grunwald: Prefetching using Markov predictors, 1997",
                     .parameters = {{"degree", 8, 1, 1e6, "most steps along the chain of followers"},
                                    {"min_probability", 0.3, 0, 1, "of the whole walk up to an entry"},
                                    {"min_count", 2, 1, 1e9, "times a follower has been seen"}},
                     .make = [](const Parameters& parameters) {
                       return std::make_unique<Markov>(parameters);
                     }});

}  // namespace
}  // namespace cachebench::policy
