// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

/// fio beside our own loads.
namespace cachebench::testing {

/// Bytes a second, by `way` ("read" or "write"), of a command that prints JSON; nothing where fio is not
/// installed.
inline std::optional<double> fio_rate(const std::string& command, const char* way) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  char buffer[4096];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
  pclose(pipe);
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.contains("jobs")) return std::nullopt;
  return document["jobs"][0][way]["bw_bytes"].get<double>();
}

}  // namespace cachebench::testing
