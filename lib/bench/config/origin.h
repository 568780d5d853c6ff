// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// Where a part of a config came from, for messages: a file with its text, or an override. A value;
/// thread-safe.
namespace cachebench::bench {

struct Origin {
  std::string name;       ///< path of the file, or "--set path=value"
  std::string text = {};  ///< of the file; empty for others

  /// "NAME:LINE" of the only place where `key` is set in the text, else "NAME". `key` may be a dotted path;
  /// its last part is looked for.
  [[nodiscard]] std::string at(std::string_view key) const;
};

}  // namespace cachebench::bench
