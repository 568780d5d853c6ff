// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "bench/sweep/access_reader.h"
#include "model/lowering.h"
#include "policy/accesses/access_columns.h"

/// Reads a trace once into the columns that all points of a sweep share. One thread. Errors are those of the
/// reader (access_reader.h).
namespace cachebench::bench {

struct LoadedAccesses {
  policy::AccessColumns columns;
  std::string trace_name;   ///< of the header, or else the file's name
  std::string format = {};  ///< registry name of the reader
  model::Lowering lowering = model::Lowering::kObjects;
  std::uint64_t records = 0;  ///< requests or plain accesses
  std::uint64_t skipped = 0;  ///< malformed ones
};

[[nodiscard]] LoadedAccesses load_accesses(const LoadRequest& request);
/// All that is said of a trace but its columns.
void describe(const AccessReader& reader, LoadedAccesses& loaded);

}  // namespace cachebench::bench
