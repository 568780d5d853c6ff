// SPDX-License-Identifier: Apache-2.0
#include "core/parameters.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "core/check.h"
#include "core/error.h"
#include "core/nearest.h"

namespace cachebench {

Parameters::Parameters(const std::vector<ParameterSpec>& specs) : specs_(specs) {
  for (const ParameterSpec& spec : specs_) values_[spec.name] = spec.default_value;
}

void Parameters::set(std::string_view name, double value) {
  std::vector<std::string> known;
  for (const ParameterSpec& spec : specs_) {
    known.push_back(spec.name);
    if (spec.name != name) continue;
    if (!std::isfinite(value) || value < spec.min || value > spec.max) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("parameter {} is {}, allowed is {} to {}", name, value, spec.min, spec.max));
    }
    values_[spec.name] = value;
    return;
  }
  throw Error(ErrorKind::kUsage, known.empty() ? fmt::format("unknown parameter '{}': there are none", name)
                                               : unknown_name("parameter", name, known));
}

double Parameters::get(std::string_view name) const {
  const auto found = values_.find(name);
  CACHEBENCH_CHECK(found != values_.end(), "parameter {} is not declared", name);
  return found->second;
}

NamedParameters parse_named_parameters(std::string_view text) {
  NamedParameters result;
  std::size_t colon = text.find(':');
  result.name = std::string(text.substr(0, colon));
  while (colon != std::string_view::npos) {
    const std::size_t next = text.find(':', colon + 1);
    const std::string_view part =
        text.substr(colon + 1, next == std::string_view::npos ? next : next - colon - 1);
    const std::size_t equals = part.find('=');
    double value = 0;
    const std::string_view number = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    const auto [stop, failed] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (failed != std::errc{} || stop != number.data() + number.size() || equals == 0) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("'{}' in '{}' is not of the form parameter=number", part, text));
    }
    if (!result.values.emplace(part.substr(0, equals), value).second) {
      throw Error(ErrorKind::kUsage, fmt::format("'{}' sets {} twice", text, part.substr(0, equals)));
    }
    colon = next;
  }
  return result;
}

}  // namespace cachebench
