// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bench/config/origin.h"
#include "core/error.h"
#include "core/parameters.h"
#include "core/units.h"

/// One section of a checked config; a key that is absent leaves its target as it is, at its default. Borrows
/// the document and its origin. Complaints are Error{kUsage} with file and key. Thread-compatible.
namespace cachebench::bench {

class SectionReader {
 public:
  SectionReader(const nlohmann::ordered_json& section, std::string path, const Origin& origin)
      : json_(section), path_(std::move(path)), origin_(origin) {}

  /// An empty section where there is none.
  [[nodiscard]] SectionReader below(const char* key) const;
  [[nodiscard]] bool has(const char* key) const;
  [[nodiscard]] const nlohmann::ordered_json& at(const char* key) const;

  /// Applies a parser of text to a value that may also be a plain number; its complaint gets the key's name.
  template <typename Parser>
  auto parsed(const char* key, Parser parse) const {
    return parsed_value(key, text_of(key), parse);
  }
  template <typename Parser>
  auto parsed_value(const char* key, const std::string& text, Parser parse) const {
    try {
      return parse(text);
    } catch (const Error& error) {
      throw complaint(key, error);
    }
  }

  void read(const char* key, bool& target) const;
  void read(const char* key, std::uint32_t& target) const;
  void read(const char* key, std::uint64_t& target) const;
  void read(const char* key, double& target) const;
  void read(const char* key, std::string& target) const;
  void read(const char* key, SizeSpec& target) const;
  void read(const char* key, Bytes& target) const;
  void read(const char* key, Nanoseconds& target) const;
  /// Null is absent.
  void read(const char* key, std::optional<std::uint64_t>& target) const;
  void read(const char* key, std::optional<Nanoseconds>& target) const;
  void read(const char* key, std::optional<SizeSpec>& target) const;
  /// One of the enumeration's names; `last` is its last enumerator.
  template <typename Enum>
  void read_enum(const char* key, Enum& target, Enum last) const {
    if (!has(key)) return;
    const std::string name = text_of(key);
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (name == name_of(static_cast<Enum>(i))) target = static_cast<Enum>(i);
    }
  }
  /// A policy with its parameters; parameters in the name, after colons, are taken too. `others` are keys
  /// beside them that are no parameters.
  void read_variant(const char* key, NamedParameters& target,
                    std::initializer_list<std::string_view> others = {}) const;

 private:
  [[nodiscard]] std::string text_of(const char* key) const;
  [[nodiscard]] Error complaint(const char* key, const Error& error) const;
  [[nodiscard]] std::string full(const char* key) const { return path_.empty() ? key : path_ + "." + key; }
  [[nodiscard]] bool is_null(const char* key) const;

  const nlohmann::ordered_json& json_;
  std::string path_;
  const Origin& origin_;
};

}  // namespace cachebench::bench
