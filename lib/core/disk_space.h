// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/units.h"

/// How much can be written. Stateless; no errors.
namespace cachebench {

/// What an ordinary user may still write to the file system of a folder; nothing where the folder is not
/// there.
[[nodiscard]] std::optional<Bytes> free_disk_space(const std::string& folder);

}  // namespace cachebench
