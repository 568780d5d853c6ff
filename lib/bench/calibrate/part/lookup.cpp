// SPDX-License-Identifier: Apache-2.0
// One look-up in the directory that the first tier answers, and what other policies' books add to it.
#include <cmath>

#include "bench/calibrate/lookup_probe.h"
#include "bench/calibrate/part.h"
#include "bench/run/lookup_class.h"
#include "core/registry.h"
#include "hardware/policy_extras.h"
#include "policy/eviction.h"

namespace cachebench::bench {
namespace {

struct MeasuredLookups {
  Spread hits;
  Spread promotions;  ///< beyond the hits of the same moment
};

std::optional<MeasuredLookups> measure(Session& session, const std::string& name,
                                       const LookupPolicies& policies, double weight) {
  LookupProbe probe(hardware::find_profile(session.options().base), session.clock(), policies);
  std::vector<double> promotions;
  const auto hits = session.measure({.name = name, .unit = "ns", .weight = weight}, [&] {
    const LookupTimes times = probe.once();
    promotions.push_back(static_cast<double>((times.promotion - times.hit).count()));
    return static_cast<double>(times.hit.count());
  });
  if (!hits) return std::nullopt;
  return MeasuredLookups{.hits = *hits, .promotions = spread_of(std::move(promotions))};
}

// Each policy's beside the usual one's under the same conditions, which the longer measurement before has
// not.
void measure_evictions(Session& session, const LookupPolicies& usual) {
  const auto base = measure(session, "lookup_" + usual.eviction, usual, 0.1);
  if (!base) return;
  for (const policy::EvictionDescriptor& each : policy::EvictionRegistry::instance().items()) {
    if (each.sees_future || each.name == usual.eviction || session.is_over()) continue;
    const auto found = measure(session, "lookup_" + each.name, {.eviction = each.name}, 0.1);
    if (!found) continue;
    const auto set = [&](const std::string& figure, const Spread& its, const Spread& usual_one) {
      session.set_figure(
          fmt::format("{}.{}.eviction.{}", hardware::kPolicyExtras, figure, each.name),
          std::round(its.median - usual_one.median), its,
          fmt::format("{:.0f} ns less the {:.0f} of {}", its.median, usual_one.median, usual.eviction));
    };
    set("lookup", found->hits, base->hits);
    set(hardware::lookup_extra(name_of(LookupClass::kPromoting)), found->promotions, base->promotions);
  }
}

void run(Session& session) {
  const LookupPolicies usual;
  const auto found = measure(session, "lookup", usual, 1);
  if (!found) return;
  session.set_figure("lookup_ns", std::round(found->hits.median), found->hits,
                     "hits of the first tier among reads and puts of 20 KiB");
  if (!session.options().quick) measure_evictions(session, usual);
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "lookup", .order = 70, .doc = "A look-up in the cache's directory", .run = run});

}  // namespace
}  // namespace cachebench::bench
