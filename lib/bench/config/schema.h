// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/config/origin.h"

/// The JSON Schema of a run's config, built into the program from configs/schema/run.schema.json: the one
/// source of which keys there are, of their types, ranges, defaults and explanations. Read-only and
/// thread-safe. Errors: Error{kUsage} in one line that names file, key and what is accepted.
namespace cachebench::bench {

[[nodiscard]] const nlohmann::ordered_json& run_schema();

/// One key of a config as the schema describes it.
struct SchemaKey {
  std::string path;          ///< "load.kind"; list elements as "cache.tiers[].name"
  std::string type;          ///< "an integer of at least 1", "one of closed, open"
  std::string default_text;  ///< JSON, "" where the default depends on its place
  std::string description;
  std::string registry;  ///< whose names it takes: "eviction", "admission", "migration", "prefetch", or ""
};

/// Every leaf key, in the order of the schema; "$schema" and the `plugin` keys last.
[[nodiscard]] std::vector<SchemaKey> schema_keys();

/// By path; indices may be written `.0`, `[0]` or `[]`. Throws naming the nearest.
[[nodiscard]] SchemaKey find_schema_key(std::string_view path);

/// Whether the value at this path may only be text, so that `--set name=5` means "5". Unknown paths: no.
[[nodiscard]] bool takes_text_alone(const std::vector<std::string>& path);

/// Whether the schema names the leaf at this path.
[[nodiscard]] bool is_schema_key(const std::vector<std::string>& path);

/// Throws for the first unknown key, naming the nearest known one in its place, or the first value that is of
/// the wrong type or out of range.
void check_against_schema(const nlohmann::ordered_json& document, const Origin& origin);

namespace detail {
/// Dotted path of the deepest value that the schema refuses, by valijson; "" when it accepts all.
struct Refusal {
  bool refused = false;
  std::vector<std::string> path;
  std::string reason;
};
[[nodiscard]] Refusal validate(const nlohmann::ordered_json& document);
}  // namespace detail

}  // namespace cachebench::bench
