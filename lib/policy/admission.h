// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "policy/access_info.h"

/// Admission: whether a computed entry may enter a tier at all. One thread; deterministic.
namespace cachebench::policy {

class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  /// Every access, hit or miss, before `admit`.
  virtual void on_access(EntryId id, const AccessInfo& access) = 0;
  [[nodiscard]] virtual bool admit(EntryId id, const AccessInfo& access) = 0;
};

struct AdmissionDescriptor {
  std::string name;
  std::string summary;
  std::string source;
  std::vector<ParameterSpec> parameters;
  std::function<std::unique_ptr<AdmissionPolicy>(Bytes capacity, const Parameters&)> make;
};
using AdmissionRegistry = Registry<AdmissionDescriptor>;

/// Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] std::unique_ptr<AdmissionPolicy> make_admission(const NamedParameters& spec, Bytes capacity);

}  // namespace cachebench::policy
