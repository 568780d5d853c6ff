// SPDX-License-Identifier: Apache-2.0
// One look-up in the directory that the first tier answers.
#include <cmath>

#include "bench/calibrate/lookup_probe.h"
#include "bench/calibrate/part.h"
#include "core/registry.h"

namespace cachebench::bench {
namespace {

void run(Session& session) {
  LookupProbe probe(hardware::find_profile(session.options().base), session.clock());
  const auto spread = session.measure({.name = "lookup", .unit = "ns"},
                                      [&] { return static_cast<double>(probe.once().count()); });
  if (spread) {
    session.set_figure("lookup_ns", std::round(spread->median), *spread,
                       "hits of the first tier among reads and puts of 20 KiB");
  }
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "lookup", .order = 70, .doc = "A look-up in the cache's directory", .run = run});

}  // namespace
}  // namespace cachebench::bench
