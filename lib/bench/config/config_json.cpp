// SPDX-License-Identifier: Apache-2.0
#include "bench/config/config_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace cachebench::bench {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string exact_duration(Nanoseconds duration) {
  const std::int64_t ns = duration.count();
  if (ns % 1'000'000'000 == 0) return fmt::format("{}s", ns / 1'000'000'000);
  if (ns % 1'000'000 == 0) return fmt::format("{}ms", ns / 1'000'000);
  if (ns % 1'000 == 0) return fmt::format("{}us", ns / 1'000);
  return fmt::format("{}ns", ns);
}

Json size_json(const SizeSpec& size) {
  if (!size.is_share) return size.absolute.value;
  const std::string text = fmt::format("{:.15g}%", size.share * 100);
  // The shortest text that reads back as the same share; exponents would not be read at all.
  if (text.find('e') == std::string::npos && parse_size(text).share == size.share) return text;
  return fmt::format("{:.40f}%", size.share * 100);
}

Json variant_json(const NamedParameters& variant) {
  Json json{{"policy", variant.name}};
  for (const auto& [name, value] : variant.values) json[name] = value;
  return json;
}

}  // namespace cachebench::bench
