// SPDX-License-Identifier: Apache-2.0
#include "trace/request.h"

#include "core/check.h"
#include "core/hash.h"

namespace cachebench::trace {

const char* name_of(InputKind kind) {
  switch (kind) {
    case InputKind::kText:
      return "text";
    case InputKind::kImage:
      return "image";
    case InputKind::kAudio:
      return "audio";
    case InputKind::kVideo:
      return "video";
  }
  CACHEBENCH_CHECK(false, "input kind {}", static_cast<int>(kind));
  return "";
}

std::optional<Key> meaning_of(const Input& input) {
  return input.copy_of.empty() ? input.content : hash_key(input.copy_of);
}

}  // namespace cachebench::trace
