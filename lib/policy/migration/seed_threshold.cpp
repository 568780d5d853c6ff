// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/migration.h"
#include "policy/predictor.h"
#include "policy/tracker.h"

namespace cachebench::policy {
namespace {

struct Thresholds {
  std::uint32_t high = 4;
  std::uint32_t medium = 2;
  Nanoseconds idle{0};
  double probability = 0;
  double small = 0;  ///< bytes; smaller enters the first tier
  double large = 0;  ///< bytes; as large or larger enters the third

  explicit Thresholds(const Parameters& p)
      : high(static_cast<std::uint32_t>(p.get("migration_threshold_high_freq"))),
        medium(static_cast<std::uint32_t>(p.get("migration_threshold_medium_freq"))),
        idle(static_cast<std::int64_t>(p.get("migration_time_threshold") * 1e9)),
        probability(p.get("prediction_threshold")),
        small(p.get("size_threshold_small")),
        large(p.get("size_threshold_large")) {}
};

/// Counts, sizes and idle time against thresholds. c is the number of accesses among the tracker's last
/// `prediction_window`, the current one included.
///
///   put            by size class to L1, L2, L3
///   hit            c >= high and fits L1 -> L1; else c >= medium and in L3 -> L2; else likely -> one tier up
///   idle too long  -> last tier
///   evicted        -> next lower tier it fits in; from the last: gone
///
/// Likely means a probability of at least `prediction_threshold`, a fit in the tier above, and being likelier
/// than what that tier would give up. A policy does not see the contents of tiers; the entry the tier evicted
/// last stands for the next one, and a tier that has evicted nothing has room. Tiers that do not exist are
/// replaced by the last that does. One copy. O(1) an access.
class SeedThreshold final : public MigrationPolicy {
 public:
  SeedThreshold(const TierLayout& layout, const Parameters& parameters)
      : layout_(layout),
        thresholds_(parameters),
        tracker_(static_cast<std::size_t>(parameters.get("prediction_window"))),
        predictor_(tracker_) {}

  void on_access(EntryId id, const AccessInfo& access) override {
    tracker_.on_access(id, access);
    predictor_.on_access(id, access);
  }

  LevelSet on_put(const MigrationQuery& query) override {
    const auto size = static_cast<double>(query.access.bytes.value);
    const Level wanted = size < thresholds_.small   ? Level::kL1
                         : size < thresholds_.large ? Level::kL2
                                                    : Level::kL3;
    return {clamped(wanted)};
  }

  HitMove on_hit(const MigrationQuery& query, Level at) override {
    const std::uint32_t count = tracker_.count(query.id);
    const Bytes bytes = query.access.bytes;
    if (at == Level::kL1) return {};
    if (count >= thresholds_.high && layout_.fits(Level::kL1, bytes)) return {.target = Level::kL1};
    if (count >= thresholds_.medium && at == Level::kL3) {
      return layout_.fits(Level::kL2, bytes) ? HitMove{.target = Level::kL2} : HitMove{};
    }
    const Level above = level_at(index_of(at) - 1);
    const double probability = predictor_.probability(query.id);
    const bool likely = probability >= thresholds_.probability && probability > 0;
    if (likely && layout_.fits(above, bytes) && probability > evicted_last_[index_of(above)]) {
      return {.target = above};
    }
    return {};
  }

  std::optional<Level> on_evict(const MigrationQuery& query, Level from) override {
    evicted_last_[index_of(from)] = predictor_.probability(query.id);
    return next_lower(layout_, from, query.access.bytes);
  }
  std::optional<Level> demotes_to(Level from, Bytes bytes) const override {
    return next_lower(layout_, from, bytes);
  }

  std::optional<Nanoseconds> idle_limit() const override { return thresholds_.idle; }

 private:
  [[nodiscard]] Level clamped(Level level) const {
    return level_at(std::min(index_of(level), layout_.count - 1));
  }

  TierLayout layout_;
  Thresholds thresholds_;
  AccessPatternTracker tracker_;
  SimpleMLPredictor predictor_;
  std::array<double, kMaxTiers> evicted_last_{};
};

CACHEBENCH_REGISTER(
    MigrationDescriptor,
    {.name = "seed-threshold",
     .summary = "by size class on entry, by access counts, predicted reuse and idle time afterwards",
     .source = "the source document of the hierarchical cache, docs/seeds.md",
     .parameters = {{"migration_threshold_high_freq", 4, 1, 1e9, "accesses in the window that move to L1"},
                    {"migration_threshold_medium_freq", 2, 1, 1e9,
                     "accesses in the window that move L3 to L2"},
                    {"migration_time_threshold", 600, 0, 1e9, "seconds idle that move to the last tier"},
                    {"prediction_window", 200, 1, 1e6, "accesses counted and predicted over"},
                    {"prediction_threshold", 0.7, 0, 1, "probability of reuse that moves one tier up"},
                    {"size_threshold_small", 1'048'576, 0, 1e18, "bytes; smaller enters L1"},
                    {"size_threshold_large", 104'857'600, 0, 1e18, "bytes; smaller enters L2, others L3"}},
     .make = [](const TierLayout& layout, const Parameters& parameters) {
       return std::make_unique<SeedThreshold>(layout, parameters);
     }});

}  // namespace
}  // namespace cachebench::policy
