// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/run/content.h"
#include "core/ids.h"
#include "core/sync.h"

/// What the pixels of the user's own pictures say of how alike two of them are: 32 by 32 means of every
/// channel, scaled as the processor scales pixels (-1 to 1). Keeps those that it made, up to a limit.
/// Thread-safe. A content without a file, or whose file is no picture that can be read, has none.
namespace cachebench::bench {

class PictureFeatures {
 public:
  using Feature = std::shared_ptr<const std::vector<float>>;
  /// Null where there is none. Always of the same source.
  [[nodiscard]] Feature of(const ContentSource& source, const Key& content) CACHEBENCH_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::unordered_map<Key, Feature> known_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::bench
