// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/load_accesses.h"

#include <algorithm>
#include <filesystem>

namespace cachebench::bench {
namespace {

// The smallest record of a common binary format; a guess for reserving, whatever the format.
constexpr std::uint64_t kBytesPerRecord = 24;
constexpr std::uint64_t kMostReserved = 1ULL << 32;

std::size_t records_expected(const LoadRequest& request) {
  std::error_code failed;
  const std::uintmax_t bytes = std::filesystem::file_size(request.path, failed);
  if (failed) return 0;
  return static_cast<std::size_t>(std::min({bytes / kBytesPerRecord, request.limit, kMostReserved}));
}

}  // namespace

LoadedAccesses load_accesses(const LoadRequest& request) {
  AccessReader reader(request);
  LoadedAccesses loaded;
  loaded.columns.reserve(records_expected(request));
  for (policy::AccessBlock block; reader.next(block);) loaded.columns.append(block);
  describe(reader, loaded);
  return loaded;
}

void describe(const AccessReader& reader, LoadedAccesses& loaded) {
  loaded.trace_name = reader.trace_name();
  loaded.format = reader.format();
  loaded.lowering = reader.lowering();
  loaded.records = reader.totals().records;
  loaded.skipped = reader.skipped();
}

}  // namespace cachebench::bench
