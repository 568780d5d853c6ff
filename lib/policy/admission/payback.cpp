// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "policy/admission.h"

namespace cachebench::policy {
namespace {

/// Admits when the chance of a use while the entry would stay in the tier, times what that use saves, exceeds
/// what writing it takes and a price a byte. The chance is what happened to entries of the same kind with as
/// many accesses (one to eight or more): the share of them that came back within the tier's residence time.
/// O(1).
class Payback final : public AdmissionPolicy {
 public:
  explicit Payback(const Parameters& p) : price_(p.get("endurance_ns_per_byte")) {}

  void on_access(EntryId, const AccessInfo& access) override {
    if (access.uses == 0) return;
    if (access.uses > 1 && static_cast<double>(access.last_gap) <= residence_)
      ++came_back_[row_of(access.kind, access.uses - 1)];
    ++seen_[row_of(access.kind, access.uses)];
  }
  bool admit(const AdmissionQuery& query) override {
    const AccessInfo& access = query.access;
    residence_ = query.tiers->residence(query.level);
    const double bytes = static_cast<double>(access.bytes.value);
    const auto cost = static_cast<double>(query.tiers->write(query.from, query.level, access.bytes).count());
    const bool pays = chance(access) * static_cast<double>(access.loss.count()) > cost + price_ * bytes;
    if (!pays) ++refused_;
    return pays;
  }
  void report_facts(std::map<std::string, double>& facts) const override { facts["refused"] = refused_; }

 private:
  static constexpr std::size_t kCounts = 8;
  static std::size_t row_of(ArtefactKind kind, std::uint32_t uses) {
    return static_cast<std::size_t>(kind) * kCounts + std::min<std::size_t>(uses, kCounts) - 1;
  }
  // One of two before anything is known.
  [[nodiscard]] double chance(const AccessInfo& access) const {
    const std::size_t row = row_of(access.kind, std::max(access.uses, 1U));
    return (came_back_[row] + 1) / (seen_[row] + 2);
  }

  using Rows = std::array<double, kArtefactKinds * kCounts>;
  double price_;
  double residence_ = 1e300;
  Rows seen_{};       // accesses that were the n-th of their entry
  Rows came_back_{};  // those that another followed in time
  double refused_ = 0;
};

CACHEBENCH_REGISTER(AdmissionDescriptor,
                    {.name = "payback",
                     .summary = "admits when the expected saving exceeds the write and the wear",
                     .source = "ours",
                     .uses_profile = true,
                     .parameters = {{"endurance_ns_per_byte", 0, 0, 1e6, "price of a byte written, in ns"}},
                     .make = [](Bytes, const Parameters& parameters) {
                       return std::make_unique<Payback>(parameters);
                     }});

}  // namespace
}  // namespace cachebench::policy
