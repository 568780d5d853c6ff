// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "policy/admission.h"

namespace cachebench::policy {
namespace {

/// Admits at the n-th access, none of them further than `window` accesses from the one before. 12 bytes an
/// id, O(1).
class NHit final : public AdmissionPolicy {
 public:
  explicit NHit(const Parameters& p)
      : wanted_(static_cast<std::uint32_t>(p.get("hits"))),
        window_(static_cast<std::uint64_t>(p.get("window"))) {}

  void on_access(EntryId id, const AccessInfo& access) override {
    if (index_of(id) >= seen_.size()) [[unlikely]]
      seen_.resize(std::max<std::size_t>(index_of(id) + std::size_t{1}, 2 * seen_.size()));
    Seen& seen = seen_[index_of(id)];
    if (access.sequence - seen.last > window_) seen.count = 0;
    if (seen.count < wanted_) ++seen.count;
    seen.last = access.sequence;
  }
  bool admit(const AdmissionQuery& query) override {
    return index_of(query.id) < seen_.size() && seen_[index_of(query.id)].count >= wanted_;
  }

 private:
  struct Seen {
    std::uint64_t last = 0;
    std::uint32_t count = 0;
  };
  std::uint32_t wanted_;
  std::uint64_t window_;
  std::vector<Seen> seen_;
};

CACHEBENCH_REGISTER(
    AdmissionDescriptor,
    {.name = "n-hit",
     .summary = "admits at the n-th access within a window",
     .source = "",
     .parameters = {{"hits", 2, 1, 1e9, "n: accesses that admit"},
                    {"window", 1e6, 1, 1e15, "most accesses of all entries between two that count"}},
     .make = [](Bytes, const Parameters& parameters) { return std::make_unique<NHit>(parameters); }});

}  // namespace
}  // namespace cachebench::policy
