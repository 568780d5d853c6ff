// SPDX-License-Identifier: Apache-2.0
// The one file that includes valijson, which is slow to compile.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 with sanitizers takes a moved-from std::function inside <regex>, which valijson uses, for
// uninitialised.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "bench/config/schema.h"

namespace cachebench::bench::detail {
namespace {

const valijson::Schema& parsed_schema() {
  static const nlohmann::json source = nlohmann::json::parse(run_schema().dump());
  static const auto schema = [] {
    auto parsed = std::make_unique<valijson::Schema>();
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(source), *parsed);
    return parsed;
  }();
  return *schema;
}

// "[load]" -> "load"; the root has no name.
std::vector<std::string> path_of(const std::vector<std::string>& context) {
  std::vector<std::string> path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string& part = context[i];
    path.push_back(part.size() >= 2 && part.front() == '[' ? part.substr(1, part.size() - 2) : part);
  }
  return path;
}

}  // namespace

Refusal validate(const nlohmann::ordered_json& document) {
  const nlohmann::json target = nlohmann::json::parse(document.dump());
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(parsed_schema(), valijson::adapters::NlohmannJsonAdapter(target), &results))
    return {};
  Refusal refusal{.refused = true, .path = {}, .reason = {}};
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    // Each level of nesting reports too; the deepest is the cause.
    std::vector<std::string> path = path_of(error.context);
    if (path.size() > refusal.path.size() || refusal.reason.empty())
      refusal = {true, std::move(path), error.description};
  }
  return refusal;
}

}  // namespace cachebench::bench::detail
