// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/crew.h"

namespace cachebench::bench {

std::unique_ptr<Crew> join_crew() {
  for (const CrewDescriptor& descriptor : Registry<CrewDescriptor>::instance().items()) {
    if (std::unique_ptr<Crew> crew = descriptor.join()) return crew;
  }
  return nullptr;
}

}  // namespace cachebench::bench
