// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <unordered_map>

#include "policy/prefetch.h"

namespace cachebench::policy {
namespace {

/// Entries that requests used together: each keeps its eight most frequent companions, entries up to `window`
/// places apart in a request. After a request the companions of what it used that it did not use itself are
/// proposed, the surest first. Of use where requests share parts, such as images; a request of one access has
/// no companions. O(window) an access.
class CoAccess final : public PrefetchPolicy {
 public:
  explicit CoAccess(const Parameters& p)
      : window_(static_cast<std::size_t>(p.get("window"))),
        most_(static_cast<std::size_t>(p.get("entries"))),
        least_(p.get("min_confidence")),
        support_(static_cast<std::uint32_t>(p.get("min_count"))) {}

  void on_access(EntryId id, const AccessInfo& access) override {
    const std::size_t needed = index_of(id) + std::size_t{1};
    if (needed > rows_.size()) rows_.resize(std::max(needed, 2 * rows_.size()));
    ++rows_[index_of(id)].uses;
    std::vector<EntryId>& used = running_[access.request.sequence];
    for (std::size_t back = 1; back <= window_ && back <= used.size(); ++back) {
      const EntryId other = used[used.size() - back];
      if (other == id) continue;
      rows_[index_of(other)].note(id);
      rows_[index_of(id)].note(other);
    }
    used.push_back(id);
  }

  void propose(const RequestInfo& request, std::vector<EntryId>& out) override {
    const auto running = running_.find(request.sequence);
    if (running == running_.end()) return;
    used_ = std::move(running->second);
    running_.erase(running);
    candidates_.clear();
    for (const EntryId id : used_) {
      const Row& row = rows_[index_of(id)];
      for (const Companion& other : row.companions) {
        if (other.count < support_) continue;
        const double confidence = static_cast<double>(other.count) / static_cast<double>(row.uses);
        if (confidence >= least_) candidates_.push_back({confidence, other.id});
      }
    }
    std::sort(used_.begin(), used_.end());
    std::sort(candidates_.begin(), candidates_.end());
    for (const Candidate& candidate : candidates_) {
      if (out.size() >= most_) break;
      const bool there = std::binary_search(used_.begin(), used_.end(), candidate.id) ||
                         std::find(out.begin(), out.end(), candidate.id) != out.end();
      if (!there) out.push_back(candidate.id);
    }
  }

 private:
  struct Companion {
    EntryId id = kNoEntry;
    std::uint32_t count = 0;
  };
  struct Row {
    std::array<Companion, 8> companions{};
    std::uint32_t uses = 0;

    void note(EntryId id) {
      Companion* rarest = companions.data();
      for (Companion& companion : companions) {
        if (companion.id == id) {
          ++companion.count;
          return;
        }
        if (companion.count < rarest->count) rarest = &companion;
      }
      *rarest = {.id = id, .count = 1};
    }
  };
  struct Candidate {
    double confidence;
    EntryId id;
    bool operator<(const Candidate& other) const {
      return confidence != other.confidence ? confidence > other.confidence : id < other.id;
    }
  };

  std::size_t window_;
  std::size_t most_;
  double least_;
  std::uint32_t support_;
  std::vector<Row> rows_;
  std::unordered_map<std::uint64_t, std::vector<EntryId>> running_;  // by request, until it ends
  std::vector<EntryId> used_;
  std::vector<Candidate> candidates_;
};

CACHEBENCH_REGISTER(
    PrefetchDescriptor,
    {.name = "co-access",
     .summary = "companions, in earlier requests, of what the request used",
     .source = "ours",
     .parameters = {{"window", 4, 1, 1'000, "places in a request between companions"},
                    {"entries", 32, 1, 1e6, "most entries proposed after a request"},
                    {"min_confidence", 0.3, 0, 1, "share of an entry's uses that the companion was there"},
                    {"min_count", 2, 1, 1e9, "times they were used together"}},
     .make = [](const Parameters& parameters) { return std::make_unique<CoAccess>(parameters); }});

}  // namespace
}  // namespace cachebench::policy
