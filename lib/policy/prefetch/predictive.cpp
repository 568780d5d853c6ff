// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/predictor.h"
#include "policy/prefetch.h"
#include "policy/tracker.h"

namespace cachebench::policy {
namespace {

/// What the predictor expects to be used again within the window. A hand goes round all entries, `scan` of
/// them after each request; those used within the window and likely enough are proposed, the likeliest first.
/// Proposes nothing while the predictor is not trusted. O(scan) a request.
class Predictive final : public PrefetchPolicy {
 public:
  explicit Predictive(const Parameters& p)
      : scan_(static_cast<std::size_t>(p.get("scan"))),
        most_(static_cast<std::size_t>(p.get("entries"))),
        threshold_(p.get("prediction_threshold")),
        tracker_(static_cast<std::size_t>(p.get("prediction_window"))),
        predictor_(tracker_) {}

  void on_access(EntryId id, const AccessInfo& access) override {
    tracker_.on_access(id, access);
    predictor_.on_access(id, access);
    ids_ = std::max(ids_, index_of(id) + 1);
  }

  void propose(const RequestInfo&, std::vector<EntryId>& out) override {
    if (!predictor_.trusted()) return;
    likely_.clear();
    for (std::size_t i = 0; i < std::min<std::size_t>(scan_, ids_); ++i) {
      const EntryId id{hand_};
      hand_ = hand_ + 1 < ids_ ? hand_ + 1 : 0;
      const double probability = predictor_.probability(id);
      if (probability >= threshold_ && tracker_.count(id) > 0) likely_.push_back({probability, id});
    }
    std::sort(likely_.begin(), likely_.end());
    for (const Likely& one : likely_) {
      if (out.size() >= most_) break;
      out.push_back(one.id);
    }
  }
  void report_facts(std::map<std::string, double>& facts) const override {
    facts["brier_score"] = predictor_.brier_score();
    facts["base_rate_score"] = predictor_.base_rate_score();
    facts["trusted"] = predictor_.trusted() ? 1 : 0;
  }

 private:
  struct Likely {
    double probability;
    EntryId id;
    bool operator<(const Likely& other) const {
      return probability != other.probability ? probability > other.probability : id < other.id;
    }
  };

  std::size_t scan_;
  std::size_t most_;
  double threshold_;
  AccessPatternTracker tracker_;
  SimpleMLPredictor predictor_;
  std::uint32_t ids_ = 0;  // ids below it exist
  std::uint32_t hand_ = 0;
  std::vector<Likely> likely_;
};

CACHEBENCH_REGISTER(
    PrefetchDescriptor,
    {.name = "predictive",
     .summary = "what the predictor expects to be used again soon",
     .source = "ours",
     .parameters = {{"prediction_window", 10'000, 1, 1e6, "accesses predicted over"},
                    {"prediction_threshold", 0.7, 0, 1, "probability of reuse that is worth a fetch"},
                    {"scan", 256, 1, 1e6, "entries looked at after a request"},
                    {"entries", 32, 1, 1e6, "most entries proposed after a request"}},
     .make = [](const Parameters& parameters) { return std::make_unique<Predictive>(parameters); }});

}  // namespace
}  // namespace cachebench::policy
