// SPDX-License-Identifier: Apache-2.0
#include "policy/admission.h"
#include "policy/count_min_sketch.h"

namespace cachebench::policy {
namespace {

/// Admits what was asked for more often lately than all it would displace together, so that one large entry
/// cannot push out many better small ones; what displaces nobody is admitted. Counts live in a sketch whose
/// counters halve every `sample` accesses. O(victims) an admission.
class TinyLfu final : public AdmissionPolicy {
 public:
  explicit TinyLfu(const Parameters& p)
      : sketch_(static_cast<std::size_t>(p.get("sketch_entries")), 4),
        sample_(static_cast<std::uint64_t>(p.get("sketch_entries") * p.get("sample_factor"))) {}

  void on_access(EntryId id, const AccessInfo&) override {
    sketch_.add(id);
    if (++added_ < sample_) return;
    added_ = 0;
    sketch_.halve();
  }
  bool admit(const AdmissionQuery& query) override {
    std::uint64_t displaced = 0;
    bool any = false;
    for (const Victim& victim : query.tiers->victims(query.level, query.access.bytes)) {
      displaced += sketch_.estimate(victim.id);
      any = true;
    }
    const bool admitted = !any || sketch_.estimate(query.id) > displaced;
    if (!admitted) ++refused_;
    return admitted;
  }
  void report_facts(std::map<std::string, double>& facts) const override { facts["refused"] = refused_; }

 private:
  CountMinSketch sketch_;
  std::uint64_t sample_;
  std::uint64_t added_ = 0;
  double refused_ = 0;
};

CACHEBENCH_REGISTER(
    AdmissionDescriptor,
    {.name = "tinylfu",
     .summary = "admits what is used more than all it would displace together",
     .source =
         "Einziger, Friedman, Manes: TinyLFU, 2017; Einziger et al.: Lightweight robust size aware cache "
         "management, 2022",
     .parameters = {{"sketch_entries", 65'536, 1, 1e9, "entries that the sketch is made for"},
                    {"sample_factor", 10, 1, 1e6,
                     "counts halve after so many accesses an entry of the sketch"}},
     .make = [](Bytes, const Parameters& parameters) { return std::make_unique<TinyLfu>(parameters); }});

}  // namespace
}  // namespace cachebench::policy
