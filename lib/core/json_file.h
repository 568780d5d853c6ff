// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/error.h"

namespace cachebench {

/// Parses JSON, comments allowed. Throws Error{`kind`} "NAME:LINE:COLUMN: reason" on anything malformed.
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view text, const std::string& name,
                                                ErrorKind kind);

/// parse_json of a file; a missing or unreadable one is the same kind of error.
[[nodiscard]] nlohmann::ordered_json read_json_file(const std::string& path, ErrorKind kind);

}  // namespace cachebench
