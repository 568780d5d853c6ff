// SPDX-License-Identifier: Apache-2.0
#include "policy/decayed_rate.h"
#include "policy/pay_rule.h"

namespace cachebench::policy {
namespace {

/// The paying rule with a decayed count of uses for the rate.
class CostAware final : public PayingMigration {
 public:
  CostAware(const TierLayout& layout, const Parameters& p)
      : PayingMigration(layout, p.get("endurance_ns_per_byte")), uses_(p.get("half_life")) {}

  void on_access(EntryId id, const AccessInfo& access) override { uses_.add(id, access.sequence); }

 private:
  [[nodiscard]] double rate(EntryId id, std::uint64_t sequence) const override {
    return uses_.rate(id, sequence);
  }

  DecayedRate uses_;
};

CACHEBENCH_REGISTER(
    MigrationDescriptor,
    {.name = "cost-aware",
     .summary = "moves a copy up when it saves more than all it displaces, down when writing it pays",
     .source = "ours; aggregated victims after Einziger et al.: Lightweight robust size aware cache "
               "management, 2022",
     .uses_profile = true,
     .parameters = {{"half_life", 20'000, 1, 1e9, "accesses after which a use counts half"},
                    {"endurance_ns_per_byte", 0, 0, 1e6, "price of a byte written to a lower tier, in ns"}},
     .make = [](const TierLayout& layout, const Parameters& parameters) {
       return std::make_unique<CostAware>(layout, parameters);
     }});

}  // namespace
}  // namespace cachebench::policy
