// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include "core/error.h"
#include "core/parameters.h"
#include "core/registry.h"

/// From a name with parameters to a registered variant and its checked parameters; shared by the factories of
/// all kinds of policy. Throws Error{kUsage} for unknown names, parameters or values.
namespace cachebench::policy {

template <typename Descriptor>
struct Resolved {
  const Descriptor& descriptor;
  Parameters parameters;
};

template <typename Descriptor>
[[nodiscard]] Resolved<Descriptor> resolve(const NamedParameters& spec, const char* what) {
  const Descriptor& descriptor = Registry<Descriptor>::instance().at(spec.name, what);
  Parameters parameters(descriptor.parameters);
  for (const auto& [name, value] : spec.values) {
    try {
      parameters.set(name, value);
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("{} {}: {}", what, spec.name, error.what()));
    }
  }
  return {descriptor, std::move(parameters)};
}

}  // namespace cachebench::policy
