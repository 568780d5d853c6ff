// SPDX-License-Identifier: Apache-2.0
#include "policy/admission.h"

namespace cachebench::policy {
namespace {

double ns(Nanoseconds duration) {
  return static_cast<double>(duration.count());
}

/// Admits what saves more a byte at its next use than a floor, and than what it would displace: the loss of
/// all victims together over their bytes, times `factor`. How often anything is used does not matter to it.
class CostDensity final : public AdmissionPolicy {
 public:
  explicit CostDensity(const Parameters& p) : floor_(p.get("min_ns_per_byte")), factor_(p.get("factor")) {}

  void on_access(EntryId, const AccessInfo&) override {}
  bool admit(const AdmissionQuery& query) override {
    const double bytes = static_cast<double>(query.access.bytes.value);
    const double saved = ns(query.access.loss);
    if (saved < floor_ * bytes) return false;
    double displaced_ns = 0;
    double displaced_bytes = 0;
    for (const Victim& victim : query.tiers->victims(query.level, query.access.bytes)) {
      displaced_ns += ns(victim.loss);
      displaced_bytes += static_cast<double>(victim.bytes.value);
    }
    return saved * displaced_bytes >= factor_ * displaced_ns * bytes;
  }

 private:
  double floor_;
  double factor_;
};

CACHEBENCH_REGISTER(
    AdmissionDescriptor,
    {.name = "cost-density",
     .summary = "admits what saves more time a byte than what it would displace",
     .source = "ours",
     .uses_profile = true,
     .stateless = true,
     .parameters = {{"min_ns_per_byte", 0, 0, 1e9, "what a use has to save at least, per byte"},
                    {"factor", 1, 0, 1e6, "of the victims' density that the candidate has to reach"}},
     .make = [](Bytes, const Parameters& parameters) { return std::make_unique<CostDensity>(parameters); }});

}  // namespace
}  // namespace cachebench::policy
