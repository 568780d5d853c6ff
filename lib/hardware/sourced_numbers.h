// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

/// Optional objects of a profile's file that name numbers as they like: `{"NAME": {"value": number, "source":
/// text}}`. Pure function of the document.
namespace cachebench::hardware {

struct SourcedNumbers {
  const char* key = "";  ///< of the object in the document
  std::function<bool(const std::string&)> is_name;
  std::string names;  ///< for messages: "a name is …"
  std::function<bool(double)> is_value;
  std::string values;  ///< for messages: "whole number"
};

/// By name; empty where the document has no such object. Throws Error{kUsage} naming `path` and what is
/// senseless.
[[nodiscard]] std::map<std::string, double> read_sourced_numbers(const std::string& path,
                                                                 const nlohmann::ordered_json& document,
                                                                 const SourcedNumbers& what);

}  // namespace cachebench::hardware
