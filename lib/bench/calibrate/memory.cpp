// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "cache/multimodal/memory_pressure.h"
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

Bytes beyond_caches() {
  constexpr Bytes kLeast{64 * kMiB.value};
  const long cache = ::sysconf(_SC_LEVEL3_CACHE_SIZE);  // 0 or less: not told
  Bytes size = std::max(kLeast, Bytes{4 * static_cast<std::uint64_t>(std::max(cache, 0L))});
  if (const std::optional<Bytes> room = cache::SystemMemoryProbe().read().available)
    size = std::min(size, Bytes{room->value / 8});
  return std::max(Bytes{size.value / kMiB.value * kMiB.value}, kMiB);
}

void fill_random(std::span<std::byte> memory, Rng& rng) {
  while (!memory.empty()) {
    const std::uint64_t word = rng.next();
    const std::size_t part = std::min(memory.size(), sizeof word);
    std::memcpy(memory.data(), &word, part);
    memory = memory.subspan(part);
  }
}

double rate(Bytes bytes, Nanoseconds elapsed) {
  return static_cast<double>(bytes.value) * 1e9 /
         static_cast<double>(std::max<std::int64_t>(elapsed.count(), 1));
}

}  // namespace cachebench::bench
