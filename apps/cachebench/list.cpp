// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/nearest.h"
#include "hardware/profile.h"
#include "model/geometry.h"
#include "pipeline/batcher.h"
#include "policy/admission.h"
#include "policy/bound.h"
#include "policy/eviction.h"
#include "policy/migration.h"
#include "policy/prefetch.h"
#include "report/report.h"
#include "tier/codec.h"
#include "trace/format.h"
#include "trace/synthetic/session.h"

namespace cachebench::app {
namespace {

using Json = nlohmann::ordered_json;

Json parameters_of(const std::vector<ParameterSpec>& specs) {
  Json list = Json::array();
  for (const ParameterSpec& spec : specs) {
    list.push_back({{"name", spec.name},
                    {"default", spec.default_value},
                    {"min", spec.min},
                    {"max", spec.max},
                    {"doc", spec.doc}});
  }
  return list;
}

enum class Bound : std::uint8_t { kNo, kYes };

/// Policies that see the future are listed apart, as bounds.
Json eviction_items(Bound wanted) {
  Json items = Json::array();
  for (const policy::EvictionDescriptor& item : policy::EvictionRegistry::instance().items()) {
    if (item.sees_future != (wanted == Bound::kYes)) continue;
    items.push_back({{"name", item.name},
                     {"summary", item.summary},
                     {"random", item.random},
                     {"uses_profile", item.uses_profile},
                     {"source", item.source},
                     {"parameters", parameters_of(item.parameters)}});
  }
  return items;
}

Json bound_items() {
  Json items = eviction_items(Bound::kYes);
  for (const policy::BoundDescriptor& item : policy::BoundRegistry::instance().items()) {
    items.push_back({{"name", item.name},
                     {"summary", item.summary},
                     {"random", false},
                     {"uses_profile", false},
                     {"source", item.source},
                     {"parameters", parameters_of(item.parameters)}});
  }
  return items;
}

template <typename Descriptor>
Json policy_items() {
  Json items = Json::array();
  for (const Descriptor& item : Registry<Descriptor>::instance().items()) {
    items.push_back({{"name", item.name},
                     {"summary", item.summary},
                     {"source", item.source},
                     {"parameters", parameters_of(item.parameters)}});
  }
  return items;
}

Json batcher_items() {
  Json items = Json::array();
  for (const pipeline::BatcherDescriptor& item : pipeline::BatcherRegistry::instance().items()) {
    items.push_back(
        {{"name", item.name}, {"summary", item.doc}, {"parameters", parameters_of(item.parameters)}});
  }
  return items;
}

Json codec_items() {
  Json items = Json::array();
  for (const tier::CodecDescriptor& item : Registry<tier::CodecDescriptor>::instance().items()) {
    items.push_back({{"name", item.name}, {"summary", item.doc}});
  }
  return items;
}

Json format_items() {
  Json items = Json::array();
  for (const trace::FormatDescriptor& item : Registry<trace::FormatDescriptor>::instance().items()) {
    items.push_back({{"name", item.name}, {"summary", item.summary}});
  }
  return items;
}

Json profile_items() {
  Json items = Json::array();
  for (const std::string& name : hardware::profile_names()) {
    items.push_back({{"name", name}, {"summary", hardware::find_profile(name).description}});
  }
  return items;
}

Json geometry_items() {
  Json items = Json::array();
  for (const std::string& name : model::geometry_names()) {
    const model::Geometry geometry = model::geometry_named(name);
    items.push_back({{"name", name},
                     {"summary", fmt::format("{} parameters, {} bytes of K/V a token", geometry.parameters(),
                                             geometry.kv_bytes_per_token().value)}});
  }
  return items;
}

Json generator_items() {
  Json items = Json::array();
  for (const trace::SessionDescriptor& item : trace::SessionRegistry::instance().items()) {
    items.push_back({{"name", item.name}, {"summary", item.summary}});
  }
  return items;
}

Json report_items() {
  Json items = Json::array();
  for (const report::ReportDescriptor& item : Registry<report::ReportDescriptor>::instance().items()) {
    items.push_back({{"name", item.name}, {"summary", item.doc}});
  }
  return items;
}

struct Kind {
  const char* name;
  const char* summary;
  Json (*items)();
};

constexpr std::array<Kind, 12> kKinds{{
    {"eviction", "which entry leaves a tier", [] { return eviction_items(Bound::kNo); }},
    {"bound", "offline bounds: they see the future", bound_items},
    {"admission", "whether a computed entry may enter a tier", policy_items<policy::AdmissionDescriptor>},
    {"migration", "what moves between tiers", policy_items<policy::MigrationDescriptor>},
    {"prefetch", "what is brought up before it is asked for", policy_items<policy::PrefetchDescriptor>},
    {"batcher", "which requests share a batch", batcher_items},
    {"format", "trace formats", format_items},
    {"codec", "lossless codecs of the SSD tier", codec_items},
    {"profile", "hardware profiles", profile_items},
    {"geometry", "model shapes", geometry_items},
    {"generator", "kinds of session that `trace generate --spec` draws", generator_items},
    {"report", "formats of a report", report_items},
}};

const Kind& kind_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (kind.name == name) return kind;
    names.emplace_back(kind.name);
  }
  throw Error(ErrorKind::kUsage, unknown_name("kind", name, names));
}

std::string text_of(const Kind& kind) {
  std::string text = fmt::format("{}: {}\n", kind.name, kind.summary);
  for (const Json& item : kind.items()) {
    text += fmt::format("  {:<22} {}\n", item.at("name").get<std::string>(),
                        item.at("summary").get<std::string>());
    if (!item.contains("parameters")) continue;
    for (const Json& parameter : item.at("parameters")) {
      text += fmt::format("    :{}={}  {} ({} to {})\n", parameter.at("name").get<std::string>(),
                          parameter.at("default").dump(), parameter.at("doc").get<std::string>(),
                          parameter.at("min").dump(), parameter.at("max").dump());
    }
  }
  return text;
}

struct Options {
  std::string kind;
  bool json = false;
};

int list(const Options& options) {
  if (options.json) {
    Json document;
    if (!options.kind.empty()) {
      document = {{"kind", options.kind}, {"items", kind_named(options.kind).items()}};
    } else {
      for (const Kind& kind : kKinds) document["kinds"][kind.name] = kind.items();
    }
    write_stdout(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return kExitOk;
  }
  std::string text;
  for (const Kind& kind : kKinds) {
    if (options.kind.empty() || &kind == &kind_named(options.kind)) text += text_of(kind);
  }
  write_stdout(text);
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("list", "The parts there are: policies, formats, profiles");
  command->add_option("KIND", options->kind,
                      "One of eviction, bound, admission, migration, prefetch, format, codec, "
                      "profile, geometry, generator, report; default: all");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->callback([options, &action] { action = [options] { return list(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "list", .order = 80, .add = add});

}  // namespace
}  // namespace cachebench::app
