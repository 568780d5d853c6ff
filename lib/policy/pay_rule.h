// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/migration.h"

/// Migration by what a copy pays. A copy of an entry used r times an access is worth r · (what each use then
/// saves); it has to be worth more than what the entries that would leave for it are worth together, and to
/// save, while it lasts, more than writing it takes:
///
/// - A computed entry enters the tier where its worth less that of the displaced is greatest.
/// - A hit below the first tier moves to the uppermost one where it is worth more than the displaced and the
///   copy is repaid. While the third tier has evicted nothing its copy stays: it would only be written again.
/// - An evicted copy goes to the next lower tier where (chance of a use while it stays there) times
///   (recomputation less serving it from there) exceeds the write and `price` a byte, unless a lower copy
///   lives.
///
/// Variants say what r is. Costs and victims come from the query's TierView. One thread; deterministic.
namespace cachebench::policy {

class PayingMigration : public MigrationPolicy {
 public:
  /// `price`: of writing a byte for good, in ns saved, for media that wear out.
  PayingMigration(const TierLayout& layout, double price) : layout_(layout), price_(price) {}

  LevelSet on_put(const MigrationQuery& query) final;
  HitMove on_hit(const MigrationQuery& query, Level at) final;
  std::optional<Level> on_evict(const MigrationQuery& query, Level from) final;
  std::optional<Level> demotes_to(Level from, Bytes bytes) const final {
    return next_lower(layout_, from, bytes);
  }
  void report_facts(std::map<std::string, double>& facts) const override;

 protected:
  /// Expected uses of the entry an access of all entries.
  [[nodiscard]] virtual double rate(EntryId id, std::uint64_t sequence) const = 0;
  [[nodiscard]] const TierLayout& layout() const { return layout_; }

 private:
  [[nodiscard]] double displaced(const MigrationQuery& query, Level level) const;
  [[nodiscard]] bool demotion_pays(const MigrationQuery& query, Level from, Level to) const;

  TierLayout layout_;
  double price_;
  double promotions_refused_ = 0;
  double demotions_refused_ = 0;
};

}  // namespace cachebench::policy
