// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "policy/access_info.h"
#include "policy/tier_view.h"

/// Admission: whether a computed entry may enter a tier at all. One thread; deterministic.
namespace cachebench::policy {

/// One entry that asks to enter a tier.
struct AdmissionQuery {
  EntryId id = kNoEntry;
  AccessInfo access{};  ///< `loss` is what each use costs more if it does not enter
  Level level = Level::kL1;
  Level from = Level::kNone;  ///< the tier it comes down from; kNone: it was computed
  TierView* tiers = nullptr;  ///< never null when the cache asks
};

class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  /// Every access, hit or miss, before `admit`.
  virtual void on_access(EntryId id, const AccessInfo& access) = 0;
  [[nodiscard]] virtual bool admit(const AdmissionQuery& query) = 0;
  /// Adds what a report should say of it, by name.
  virtual void report_facts(std::map<std::string, double>&) const {}
};

struct AdmissionDescriptor {
  std::string name;
  std::string summary;
  std::string source;
  bool uses_profile = false;  ///< decides by modelled time
  bool stateless = false;     ///< `on_access` tells it nothing: it need not be called
  std::vector<ParameterSpec> parameters;
  std::function<std::unique_ptr<AdmissionPolicy>(Bytes capacity, const Parameters&)> make;
};
using AdmissionRegistry = Registry<AdmissionDescriptor>;

/// Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] std::unique_ptr<AdmissionPolicy> make_admission(const NamedParameters& spec, Bytes capacity);

}  // namespace cachebench::policy
