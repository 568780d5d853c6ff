// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "core/registry.h"
#include "policy/access_info.h"
#include "policy/tier_view.h"

/// Migration: where a computed entry goes, what a hit below the first tier moves, and what becomes of an
/// evicted copy. One thread; deterministic.
namespace cachebench::policy {

/// Set of tiers.
class LevelSet {
 public:
  constexpr LevelSet() = default;
  constexpr LevelSet(std::initializer_list<Level> levels) {
    for (const Level level : levels) add(level);
  }
  constexpr void add(Level level) { bits_ = static_cast<std::uint8_t>(bits_ | (1U << index_of(level))); }
  constexpr void remove(Level level) { bits_ = static_cast<std::uint8_t>(bits_ & ~(1U << index_of(level))); }
  [[nodiscard]] constexpr bool has(Level level) const { return (bits_ >> index_of(level) & 1U) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// The uppermost tier in the set, kNone when empty.
  [[nodiscard]] Level top() const;
  constexpr bool operator==(const LevelSet&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

/// The tiers there are.
struct TierLayout {
  std::array<Bytes, kMaxTiers> capacity{};
  std::size_t count = 0;
  [[nodiscard]] bool fits(Level level, Bytes bytes) const {
    return index_of(level) < count && bytes <= capacity[index_of(level)];
  }
};

/// The next tier below `from` that an entry of `bytes` fits in; nothing when there is none.
[[nodiscard]] std::optional<Level> next_lower(const TierLayout& layout, Level from, Bytes bytes);
/// The uppermost tier above `at` that it fits in; kNone when there is none.
[[nodiscard]] Level uppermost_above(const TierLayout& layout, Level at, Bytes bytes);

/// One entry when a question is asked about it.
struct MigrationQuery {
  EntryId id = kNoEntry;
  AccessInfo access;
  LevelSet copies;            ///< where it lives now
  TierView* tiers = nullptr;  ///< never null when the cache asks
};

struct HitMove {
  Level target = Level::kNone;  ///< kNone: stays where it is
  bool keep_source = false;     ///< the lower copy stays too
  LevelSet also = {};           ///< other tiers that get a copy, those that have none
};

class MigrationPolicy {
 public:
  virtual ~MigrationPolicy() = default;
  /// The tiers a computed entry enters. A tier it does not fit in is the caller's to skip, to the next lower.
  [[nodiscard]] virtual LevelSet on_put(const MigrationQuery& query) = 0;
  /// After a hit at `at`.
  [[nodiscard]] virtual HitMove on_hit(const MigrationQuery& query, Level at) = 0;
  /// The tier an evicted copy is written to; nothing when it is dropped.
  [[nodiscard]] virtual std::optional<Level> on_evict(const MigrationQuery& query, Level from) = 0;
  /// Where `on_evict` would write a copy that is the only one: what losing it costs depends on that.
  [[nodiscard]] virtual std::optional<Level> demotes_to(Level, Bytes) const { return std::nullopt; }
  /// Whether an entry that is brought up without a hit leaves its copy at `from` there.
  [[nodiscard]] virtual bool keeps_below(Level) const { return false; }
  /// Entries idle for longer go to the last tier; nothing when idleness moves nothing.
  [[nodiscard]] virtual std::optional<Nanoseconds> idle_limit() const { return std::nullopt; }
  /// Called for every access, hit or miss, before `on_hit` or `on_put`.
  virtual void on_access(EntryId, const AccessInfo&) {}
  /// Adds what a report should say of it, by name.
  virtual void report_facts(std::map<std::string, double>&) const {}
};

struct MigrationDescriptor {
  std::string name;
  std::string summary;
  std::string source;
  bool uses_profile = false;  ///< decides by modelled time
  std::vector<ParameterSpec> parameters;
  std::function<std::unique_ptr<MigrationPolicy>(const TierLayout&, const Parameters&)> make;
};
using MigrationRegistry = Registry<MigrationDescriptor>;

/// Throws Error{kUsage} for unknown names, parameters or values.
[[nodiscard]] std::unique_ptr<MigrationPolicy> make_migration(const NamedParameters& spec,
                                                              const TierLayout& layout);

}  // namespace cachebench::policy
