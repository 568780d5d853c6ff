// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace cachebench::bench {

tier::Mapping touched_memory(Bytes size) {
  std::optional<tier::Mapping> memory = tier::Mapping::try_map(size);
  if (!memory) {
    throw Error(
        ErrorKind::kEnvironment,
        fmt::format("calibration needs {} of memory and there is none: try --quick", format_bytes(size)));
  }
  std::memset(memory->data(), 0x5A, size.value);
  return std::move(*memory);
}

double rate(Bytes bytes, Nanoseconds elapsed) {
  return static_cast<double>(bytes.value) * 1e9 /
         static_cast<double>(std::max<std::int64_t>(elapsed.count(), 1));
}

}  // namespace cachebench::bench
