// SPDX-License-Identifier: Apache-2.0
#include "policy/pay_rule.h"

#include <limits>

#include "core/det_math.h"

namespace cachebench::policy {
namespace {

double ns(Nanoseconds duration) {
  return static_cast<double>(duration.count());
}

// A tier that has evicted nothing yet.
bool has_room(const MigrationQuery& query, Level level) {
  return query.tiers->residence(level) == std::numeric_limits<double>::infinity();
}

}  // namespace

double PayingMigration::displaced(const MigrationQuery& query, Level level) const {
  double worth = 0;
  for (const Victim& victim : query.tiers->victims(level, query.access.bytes))
    worth += rate(victim.id, query.access.sequence) * ns(victim.loss);
  return worth;
}

LevelSet PayingMigration::on_put(const MigrationQuery& query) {
  const AccessInfo& access = query.access;
  const double uses = rate(query.id, access.sequence);
  Level best = Level::kL1;
  double most = 0;
  bool found = false;
  for (std::size_t i = 0; i < layout_.count; ++i) {
    const Level level = level_at(i);
    if (!layout_.fits(level, access.bytes)) continue;
    const double saved = ns(access.cost - query.tiers->fetch(level, access.bytes));
    const double gain = uses * saved - displaced(query, level);
    if (found && gain <= most) continue;
    found = true;
    best = level;
    most = gain;
  }
  return {best};
}

HitMove PayingMigration::on_hit(const MigrationQuery& query, Level at) {
  const AccessInfo& access = query.access;
  const double uses = rate(query.id, access.sequence);
  const Nanoseconds here = query.tiers->fetch(at, access.bytes);
  for (std::size_t i = 0; i < index_of(at); ++i) {
    const Level to = level_at(i);
    if (!layout_.fits(to, access.bytes)) continue;
    const double gain = uses * ns(here - query.tiers->fetch(to, access.bytes));
    const double copy = ns(query.tiers->write(at, to, access.bytes));
    if (gain <= displaced(query, to) || gain * query.tiers->residence(to) <= copy) continue;
    const bool keep = at == Level::kL3 && has_room(query, at);
    return {.target = to, .keep_source = keep, .also = {}};
  }
  if (at != Level::kL1) ++promotions_refused_;
  return {};
}

bool PayingMigration::demotion_pays(const MigrationQuery& query, Level from, Level to) const {
  const AccessInfo& access = query.access;
  const double expected =
      has_room(query, to) ? 0 : rate(query.id, access.sequence) * query.tiers->residence(to);
  const double chance = has_room(query, to) ? 1.0 : 1.0 - det::exp(-expected);
  const double saved = ns(access.cost - query.tiers->fetch(to, access.bytes));
  const double written = static_cast<double>(access.bytes.value);
  return chance * saved > ns(query.tiers->write(from, to, access.bytes)) + price_ * written;
}

std::optional<Level> PayingMigration::on_evict(const MigrationQuery& query, Level from) {
  for (std::size_t i = index_of(from) + 1; i < layout_.count; ++i) {
    if (query.copies.has(level_at(i))) return std::nullopt;
  }
  for (std::size_t i = index_of(from) + 1; i < layout_.count; ++i) {
    const Level to = level_at(i);
    if (layout_.fits(to, query.access.bytes) && demotion_pays(query, from, to)) return to;
  }
  ++demotions_refused_;
  return std::nullopt;
}

void PayingMigration::report_facts(std::map<std::string, double>& facts) const {
  facts["promotions_refused"] = promotions_refused_;
  facts["demotions_refused"] = demotions_refused_;
}

}  // namespace cachebench::policy
