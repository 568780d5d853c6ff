// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace/format.h"

/// Azure's LLM inference traces: CSV of a wall-clock timestamp and lengths, nothing that names content, so
/// that nothing can repeat. Formats differ in their columns alone. Stateless functions; the reader is for one
/// thread. Errors: those of Reader.
namespace cachebench::trace {

struct AzureColumns {
  std::string format;              ///< registry name
  std::vector<std::string> names;  ///< the header line; from "TIMESTAMP" on
};

/// Columns known: TIMESTAMP, NumImages, ContextTokens, GeneratedTokens.
[[nodiscard]] std::unique_ptr<Reader> open_azure(OpenSource open, const AzureColumns& columns);
/// Confidence that the probe has just these columns.
[[nodiscard]] int detect_azure(const Probe& probe, const AzureColumns& columns);

}  // namespace cachebench::trace
