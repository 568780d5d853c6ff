// SPDX-License-Identifier: Apache-2.0
#include "core/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/file.h"

namespace cachebench {
namespace {

std::string reason_of(const nlohmann::json::exception& error) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …": keep what follows.
  std::string text = error.what();
  if (const std::size_t bracket = text.find("] "); bracket != std::string::npos) text.erase(0, bracket + 2);
  if (const std::size_t at = text.find(": "); at != std::string::npos && text.starts_with("parse error at")) {
    text.erase(0, at + 2);
  }
  return text;
}

}  // namespace

nlohmann::ordered_json parse_json(std::string_view text, const std::string& name, ErrorKind kind) {
  try {
    return nlohmann::ordered_json::parse(text, nullptr, true, true);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t at = std::min(error.byte, text.size());
    const std::string_view before = text.substr(0, at == 0 ? 0 : at - 1);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
    throw Error(kind, fmt::format("{}:{}:{}: {}", name, line, column, reason_of(error)));
  } catch (const nlohmann::json::exception& error) {
    throw Error(kind, fmt::format("{}: {}", name, reason_of(error)));
  }
}

nlohmann::ordered_json read_json_file(const std::string& path, ErrorKind kind) {
  try {
    const MappedFile file(path);
    return parse_json(file.text(), path, kind);
  } catch (const Error& error) {
    throw Error(kind, error.what());
  }
}

}  // namespace cachebench
