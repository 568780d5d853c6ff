// SPDX-License-Identifier: Apache-2.0
// One look-up in the directory that the first tier answers, and what other policies' books add to it.
#include <cmath>

#include "bench/calibrate/lookup_probe.h"
#include "bench/calibrate/part.h"
#include "core/registry.h"
#include "hardware/policy_extras.h"
#include "policy/eviction.h"

namespace cachebench::bench {
namespace {

std::optional<Spread> measure(Session& session, const std::string& name, const LookupPolicies& policies,
                              double weight) {
  LookupProbe probe(hardware::find_profile(session.options().base), session.clock(), policies);
  return session.measure({.name = name, .unit = "ns", .weight = weight},
                         [&] { return static_cast<double>(probe.once().count()); });
}

// Each policy's beside the usual one's under the same conditions, which the longer measurement before has
// not.
void measure_evictions(Session& session, const LookupPolicies& usual) {
  const auto base = measure(session, "lookup_" + usual.eviction, usual, 0.1);
  if (!base) return;
  for (const policy::EvictionDescriptor& each : policy::EvictionRegistry::instance().items()) {
    if (each.sees_future || each.name == usual.eviction || session.is_over()) continue;
    const auto spread = measure(session, "lookup_" + each.name, {.eviction = each.name}, 0.1);
    if (!spread) continue;
    session.set_figure(
        fmt::format("{}.lookup.eviction.{}", hardware::kPolicyExtras, each.name),
        std::round(spread->median - base->median), *spread,
        fmt::format("{:.0f} ns less the {:.0f} of {}", spread->median, base->median, usual.eviction));
  }
}

void run(Session& session) {
  const LookupPolicies usual;
  const auto spread = measure(session, "lookup", usual, 1);
  if (!spread) return;
  session.set_figure("lookup_ns", std::round(spread->median), *spread,
                     "hits of the first tier among reads and puts of 20 KiB");
  if (!session.options().quick) measure_evictions(session, usual);
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "lookup", .order = 70, .doc = "A look-up in the cache's directory", .run = run});

}  // namespace
}  // namespace cachebench::bench
