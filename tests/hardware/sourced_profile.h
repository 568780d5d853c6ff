// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "hardware/profile.h"

/// Documents with the optional objects of a profile's file, whose numbers have sources.
namespace cachebench::testing {

using Json = nlohmann::ordered_json;

inline const std::string kDefaultFile =
    std::string(CACHEBENCH_SOURCE_DIR) + "/configs/profiles/" + hardware::kDefaultProfile + ".json";

inline Json sourced(double value) {
  return {{"value", value}, {"source", "measured"}};
}

/// Whether `read(path, document)` refuses the object under its key, and says which.
template <typename Read>
bool is_refused(Read read, const char* key, const Json& object) {
  try {
    static_cast<void>(read("p.json", Json{{key, object}}));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kUsage && std::string(error.what()).find(key) != std::string::npos;
  }
  return false;
}

}  // namespace cachebench::testing
