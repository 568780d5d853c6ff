// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Whether text is a tree of XML elements: tags that close in order, attributes quoted, entities known, no
/// control character. Enough to catch what a reader would refuse. Pure; returns the first fault, or "".
namespace cachebench::test {

inline std::string xml_entity_fault(std::string_view text) {
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const std::string_view name = text.substr(at, text.find(';', at) - at + 1);
    const bool known = name == "&amp;" || name == "&lt;" || name == "&gt;" || name == "&quot;" ||
                       name == "&apos;" || name.starts_with("&#");
    if (!known) return "an unknown entity: " + std::string(text.substr(at, 12));
  }
  return "";
}

inline std::string xml_attributes_fault(std::string_view inside) {
  std::size_t quotes = 0;
  for (const char c : inside) quotes += c == '"' ? 1 : 0;
  return quotes % 2 == 0 ? "" : "an open quote in <" + std::string(inside);
}

inline std::string xml_fault(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return "a control character";
  }
  if (const std::string fault = xml_entity_fault(text); !fault.empty()) return fault;
  std::vector<std::string> open;
  bool seen_root = false;
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) return "a tag that never ends";
    const std::string_view inside = text.substr(at + 1, end - at - 1);
    if (inside.starts_with("?")) continue;
    if (const std::string fault = xml_attributes_fault(inside); !fault.empty()) return fault;
    const bool closing = inside.starts_with("/");
    const std::string name(
        inside.substr(closing ? 1 : 0, inside.find_first_of(" />", 1) - (closing ? 1 : 0)));
    if (closing) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing";
      open.pop_back();
    } else {
      if (open.empty() && seen_root) return "a second root: " + name;
      seen_root = true;
      if (!inside.ends_with("/")) open.push_back(name);
    }
  }
  if (!open.empty()) return "<" + open.back() + "> is never closed";
  return seen_root ? "" : "no element";
}

}  // namespace cachebench::test
