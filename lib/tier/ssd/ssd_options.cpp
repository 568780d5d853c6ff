// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/ssd_options.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tier/ssd/page.h"

namespace cachebench::tier {

const SsdOptions& checked(const SsdOptions& options) {
  check_io_engine_name(options.io);
  if (options.queue_depth < 1 || options.queue_depth > 4096) {
    throw Error(ErrorKind::kUsage,
                fmt::format("queue depth {} of the SSD tier is outside 1 to 4096", options.queue_depth));
  }
  if (options.block.value == 0 || options.block.value % kPage != 0) {
    throw Error(ErrorKind::kUsage, fmt::format("blocks of {} for the SSD tier are no whole pages of 4 KiB",
                                               format_bytes(options.block)));
  }
  return options;
}

}  // namespace cachebench::tier
