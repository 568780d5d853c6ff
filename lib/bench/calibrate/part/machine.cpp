// SPDX-License-Identifier: Apache-2.0
// What the system knows of itself.
#include "bench/calibrate/part.h"
#include "core/registry.h"
#include "hardware/topology.h"

namespace cachebench::bench {
namespace {

void run(Session& session) {
  const hardware::Topology topology = hardware::read_topology();
  const std::string source = fmt::format("read from the system on {} by calibrate", session.date());
  if (topology.cpu.cores > 0)
    session.set_known("host_cores", static_cast<double>(topology.cpu.cores), source + ": physical cores");
  if (topology.memory)
    session.set_known("host_memory_bytes", static_cast<double>(topology.memory->value),
                      source + ": installed memory");
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "machine", .order = 5, .doc = "Cores and memory, from the system", .run = run});

}  // namespace
}  // namespace cachebench::bench
