// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// Where a profile's file lies. A pure look at the file system, thread-safe.
namespace cachebench::hardware {

/// The file of a profile by name or path, looked for as `find_profile` does. Throws Error{kUsage} with the
/// nearest known name; a path is returned as it is, whether it exists or not.
[[nodiscard]] std::string profile_file(const std::string& name_or_path);

}  // namespace cachebench::hardware
