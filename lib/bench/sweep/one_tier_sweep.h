// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/sweep/load_accesses.h"
#include "core/parameters.h"
#include "core/units.h"
#include "policy/accesses/access_columns.h"
#include "result/sweep_result.h"

/// The short form of a sweep: every policy at every capacity over one trace, one tier. The trace is read
/// once, points run side by side, and results do not depend on how many threads there are. Errors:
/// Error{kUsage} for a policy or capacity that makes no sense, told before the trace is read; Error{kInput}
/// for the trace.
namespace cachebench::bench {

struct SweepPolicy {
  std::string text;  ///< as given, parameters included
  NamedParameters spec;
};

struct SweepGrid {
  std::vector<SweepPolicy> policies;
  std::vector<SizeSpec> capacities;
};

struct SweepRun {
  std::size_t threads = 1;
  std::uint64_t seed = 1;
  bool bounds = false;  ///< compulsory misses and Belady's beside every point
  double sample = 1;    ///< share of the objects that is replayed, chosen by hash; 1: all
  bool curve = false;   ///< the whole curve of lru, in one pass
  /// Called after each point, from any thread, one call at a time; may be empty.
  std::function<void(const result::SweepPoint&)> on_point = {};
};

/// "lru,s3fifo:small_ratio=0.1": names and parameters are checked against the registry.
[[nodiscard]] std::vector<SweepPolicy> parse_policies(std::string_view list);
/// "100,1%" and, in bytes, "64KiB". Throws naming the entry and what is accepted.
[[nodiscard]] std::vector<SizeSpec> parse_capacities(std::string_view list, SizeCounting counting);

/// A share of the working set is rounded down; at least 1 where objects count one each.
[[nodiscard]] Bytes resolve_capacity(const SizeSpec& capacity, const policy::AccessColumns& columns,
                                     SizeCounting counting);

/// Whether one reading of the trace is enough: one policy that does not look ahead, at one size that is no
/// share.
[[nodiscard]] bool needs_no_columns(const SweepGrid& grid, const SweepRun& run);
/// The sweep of such a grid, replayed while the trace is read; nothing of it is kept, so that memory does not
/// grow with its length. Counts are those of the other form, the point's time includes the reading.
[[nodiscard]] result::SweepResult sweep_while_reading(AccessReader& reader, const SweepGrid& grid,
                                                      const SweepRun& run);

/// Bounds (`list bound`) go along as policies that are no candidates. All points, in the order policies ×
/// capacities were given. `counting` is the one of loading. The manifest and the hash of the trace are left
/// to the caller.
[[nodiscard]] result::SweepResult sweep_one_tier(const LoadedAccesses& trace, const SweepGrid& grid,
                                                 SizeCounting counting, const SweepRun& run);

}  // namespace cachebench::bench
