// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include <system_error>

namespace cachebench {

Error system_error(ErrorKind kind, const std::string& what, int code) {
  return {kind, what + ": " + std::generic_category().message(code)};
}

}  // namespace cachebench
