// SPDX-License-Identifier: Apache-2.0
#include "policy/decayed_rate.h"
#include "policy/pay_rule.h"
#include "policy/predictor.h"
#include "policy/tracker.h"

namespace cachebench::policy {
namespace {

/// The paying rule with the predictor's chance of reuse within the window for the rate; a decayed count while
/// the predictor has not earned trust.
class Predictive final : public PayingMigration {
 public:
  Predictive(const TierLayout& layout, const Parameters& p)
      : PayingMigration(layout, p.get("endurance_ns_per_byte")),
        tracker_(static_cast<std::size_t>(p.get("prediction_window"))),
        predictor_(tracker_),
        uses_(p.get("half_life")) {}

  void on_access(EntryId id, const AccessInfo& access) override {
    tracker_.on_access(id, access);
    predictor_.on_access(id, access);
    uses_.add(id, access.sequence);
  }
  void report_facts(std::map<std::string, double>& facts) const override {
    PayingMigration::report_facts(facts);
    facts["brier_score"] = predictor_.brier_score();
    facts["base_rate_score"] = predictor_.base_rate_score();
    facts["trusted"] = predictor_.trusted() ? 1 : 0;
  }

 private:
  [[nodiscard]] double rate(EntryId id, std::uint64_t sequence) const override {
    if (!predictor_.trusted()) return uses_.rate(id, sequence);
    return predictor_.probability(id) / static_cast<double>(tracker_.window());
  }

  AccessPatternTracker tracker_;
  SimpleMLPredictor predictor_;
  DecayedRate uses_;
};

CACHEBENCH_REGISTER(
    MigrationDescriptor,
    {.name = "predictive",
     .summary = "cost-aware, by the predicted chance of reuse instead of the past rate",
     .source = "ours",
     .uses_profile = true,
     .parameters = {{"prediction_window", 10'000, 1, 1e6, "accesses predicted over"},
                    {"half_life", 20'000, 1, 1e9, "of the rate used while the predictor is not trusted"},
                    {"endurance_ns_per_byte", 0, 0, 1e6, "price of a byte written to a lower tier, in ns"}},
     .make = [](const TierLayout& layout, const Parameters& parameters) {
       return std::make_unique<Predictive>(layout, parameters);
     }});

}  // namespace
}  // namespace cachebench::policy
