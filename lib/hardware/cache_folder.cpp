// SPDX-License-Identifier: Apache-2.0
#include "hardware/cache_folder.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace cachebench::hardware {

std::string cache_folder() {
  namespace fs = std::filesystem;
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing in the project changes the environment
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  if (cache != nullptr && *cache != '\0') return (fs::path(cache) / "cachebench").string();
  if (home != nullptr && *home != '\0') return (fs::path(home) / ".cache" / "cachebench").string();
  std::error_code failed;
  const fs::path temporary = fs::temp_directory_path(failed);
  return ((failed ? fs::path("/tmp") : temporary) / "cachebench").string();
}

}  // namespace cachebench::hardware
