// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "policy/access_info.h"
#include "policy/accesses/one_tier.h"

/// Eviction: in which order the entries of one tier leave it. A policy keeps side arrays indexed by dense id,
/// returns decisions and never calls the cache. One thread; deterministic for a seed.
namespace cachebench::policy {

enum class EraseReason : std::uint8_t {
  kEvicted,  ///< left to make room; ghost lists may remember it
  kRemoved,  ///< left for another reason: moved, expired, deleted
};

class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;
  /// The entry is about to enter: called before room is made for it, so that what it is (a ghost, say) can
  /// decide who leaves. `on_insert` follows, unless no room could be made. REQUIRES: not in the tier.
  virtual void on_arrival(EntryId, const AccessInfo&) {}
  /// The entry enters the tier. REQUIRES: not in it.
  virtual void on_insert(EntryId id, const AccessInfo& access) = 0;
  /// A resident entry is used; `access.bytes` may differ from what it was.
  virtual void on_hit(EntryId id, const AccessInfo& access) = 0;
  /// The entry has left the tier.
  virtual void on_erase(EntryId id, EraseReason reason) = 0;
  /// The entry to evict next, skipping pinned ones; kNoEntry when all are pinned or none is left. The caller
  /// confirms with `on_erase`; asking again without it gives the same answer.
  [[nodiscard]] virtual EntryId victim(const PinSet& pins) = 0;
  /// Adds what a report should say of it, by name.
  virtual void report_facts(std::map<std::string, double>&) const {}
};

class SharedLearning;

/// What a policy may know when it is made.
struct EvictionContext {
  Bytes capacity;  ///< of the tier; a number of entries when sizes are all 1
  std::uint64_t seed = 1;
  std::size_t expected_entries = 0;  ///< distinct ids to come, 0 = unknown: a hint for reserving
  /// The ids of all accesses in order, where they are known beforehand; empty otherwise. Outlives the policy.
  std::span<const std::uint32_t> future_ids = {};
  /// What the policies of one cache's tiers learn together (reuse_model.h); null: each learns alone.
  std::shared_ptr<SharedLearning> learning = nullptr;
};

struct EvictionDescriptor {
  std::string name;
  std::string summary;        ///< one line
  std::string source;         ///< paper or seed
  bool random = false;        ///< draws random numbers
  bool uses_profile = false;  ///< decides by modelled service time
  bool sees_future = false;   ///< a bound, listed apart
  std::vector<ParameterSpec> parameters = {};
  // Filled in by describe_eviction:
  std::function<std::unique_ptr<EvictionPolicy>(const EvictionContext&, const Parameters&)> make = {};
  std::function<OneTierCounts(const OneTierInput&, const EvictionContext&, const Parameters&)> replay = {};
  /// The same over a stream, at the capacity of the context. Not where it sees the future.
  std::function<OneTierCounts(AccessStream&, const EvictionContext&, const Parameters&)> replay_stream = {};
};
using EvictionRegistry = Registry<EvictionDescriptor>;

/// A policy by name with parameters. Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] std::unique_ptr<EvictionPolicy> make_eviction(const NamedParameters& spec,
                                                            const EvictionContext& context);

}  // namespace cachebench::policy
