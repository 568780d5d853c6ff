// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

/// `--set path=value`: one value of a config document replaced. Pure functions on documents, thread-safe.
/// Errors: Error{kUsage} naming the assignment.
namespace cachebench::bench {

/// Sets one "path=value" in a document: `cache.tiers.0.capacity=1MiB`, `cache.tiers[0].capacity=1MiB`, or by
/// the tier's name, `cache.tiers.L1.capacity=1MiB`. The value is read as JSON; what is not JSON, and what the
/// schema wants as text, is text. Missing objects on the way are made; so are tiers, which take what they
/// leave out from the defaults. Another policy than before drops the old one's parameters. Keys are checked
/// later, with the rest.
void apply_override(nlohmann::ordered_json& document, std::string_view assignment);

}  // namespace cachebench::bench
