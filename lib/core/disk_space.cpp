// SPDX-License-Identifier: Apache-2.0
#include "core/disk_space.h"

#include <sys/statvfs.h>

namespace cachebench {

std::optional<Bytes> free_disk_space(const std::string& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) return std::nullopt;
  return Bytes{static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize};
}

}  // namespace cachebench
