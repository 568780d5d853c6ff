// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// Where this user's caches are. Reads the environment: to be called before threads change it. Never throws.
namespace cachebench::hardware {

/// $XDG_CACHE_HOME/cachebench, as its specification has it; else ~/.cache/cachebench; else below the system's
/// folder for temporary files. It need not exist.
[[nodiscard]] std::string cache_folder();

}  // namespace cachebench::hardware
