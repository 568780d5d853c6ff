// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/lowering.h"
#include "policy/accesses/access_columns.h"

/// Reads a trace once into the columns that all points of a sweep share: keys interned to dense numbers,
/// requests lowered to accesses. One thread. Errors: Error{kInput} for whatever is wrong with the file,
/// Error{kUsage} for a lowering that does not go with the kind of trace.
namespace cachebench::bench {

/// Whether objects count their bytes or one each.
enum class SizeCounting : std::uint8_t { kBytes, kUnit };

struct LoadRequest {
  std::string path;
  std::string format = {};           ///< "" = detect
  std::uint64_t limit = UINT64_MAX;  ///< records to read
  std::uint64_t skip_bad = 0;        ///< malformed records tolerated
  SizeCounting counting = SizeCounting::kBytes;
  std::optional<model::Lowering> lowering = {};  ///< absent: graph for requests, objects for object traces
  std::string geometry = "2b";                   ///< sizes of what requests lower to
};

struct LoadedAccesses {
  policy::AccessColumns columns;
  std::string trace_name;   ///< of the header, or else the file's name
  std::string format = {};  ///< registry name of the reader
  model::Lowering lowering = model::Lowering::kObjects;
  std::uint64_t records = 0;  ///< requests or plain accesses
  std::uint64_t skipped = 0;  ///< malformed ones
};

[[nodiscard]] LoadedAccesses load_accesses(const LoadRequest& request);

}  // namespace cachebench::bench
