// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.h"
#include "model/lowering.h"
#include "trace/reader.h"

/// Copies a trace, or a stretch of it, into another file and format. Requests become plain objects by
/// lowering; requests without prefix blocks get them when the format needs them. The output appears whole or
/// not at all. Errors: Error{kUsage} for a conversion that makes no sense, and those of reading, lowering and
/// writing.
namespace cachebench::bench {

/// Records to keep; times count from the first record of the input.
struct TraceStretch {
  std::uint64_t from = 0;  ///< records passed over
  std::uint64_t count = UINT64_MAX;
  Nanoseconds start{0};        ///< kept from here on
  Nanoseconds end{INT64_MAX};  ///< up to here, not included
  bool rebase = false;         ///< the first kept record moves to time 0
};

struct ConvertRequest {
  std::string in;
  trace::ReadOptions read;
  std::string out;
  std::string format;  ///< of the output; "" = that of the input
  std::optional<model::Lowering> lowering;
  std::string geometry = "2b";
  TraceStretch stretch;
};

struct ConvertSummary {
  std::string from_format;
  std::string to_format;
  std::uint64_t read = 0;     ///< records
  std::uint64_t skipped = 0;  ///< malformed ones
  std::uint64_t written = 0;  ///< records of the output
};

[[nodiscard]] ConvertSummary convert_trace(const ConvertRequest& request);

/// How plain-object formats name an artefact: ids of a source with integers stay.
[[nodiscard]] std::uint64_t object_key(const Key& key);

}  // namespace cachebench::bench
