// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "policy/access_info.h"

/// Prefetch: which entries to bring into the first tier before anyone asks. A policy watches accesses and
/// proposes; the cache decides what there is room for. One thread; deterministic.
namespace cachebench::policy {

class PrefetchPolicy {
 public:
  virtual ~PrefetchPolicy() = default;
  /// Every access, hit or miss, in order.
  virtual void on_access(EntryId id, const AccessInfo& access) = 0;
  /// Appends the entries worth fetching now, the most likely first. Called after the last access of a
  /// request.
  virtual void propose(const RequestInfo& request, std::vector<EntryId>& out) = 0;
  /// Adds what a report should say of it, by name.
  virtual void report_facts(std::map<std::string, double>&) const {}
};

struct PrefetchDescriptor {
  std::string name;
  std::string summary;
  std::string source;
  std::vector<ParameterSpec> parameters;
  std::function<std::unique_ptr<PrefetchPolicy>(const Parameters&)> make;
};
using PrefetchRegistry = Registry<PrefetchDescriptor>;

/// Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] std::unique_ptr<PrefetchPolicy> make_prefetch(const NamedParameters& spec);

}  // namespace cachebench::policy
