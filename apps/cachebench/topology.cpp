// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "hardware/plan_text.h"
#include "hardware/topology_json.h"
#include "hardware/topology_text.h"
#include "machine_plan.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string xml;
  PlanRequest plan;
  bool json = false;
  bool explain = false;
};

// The facts come first: without profiles near the program there is no plan, and that is no mistake unless
// something of it was asked for.
std::optional<MachinePlan> try_plan(const hardware::Topology& topology, const Options& options,
                                    std::string& reason) {
  try {
    return plan_machine(topology, options.plan);
  } catch (const Error& error) {
    if (options.plan != PlanRequest{}) throw;
    reason = error.what();
    return std::nullopt;
  }
}

std::string document(const hardware::Topology& topology, const hardware::Target& target,
                     const Options& options) {
  nlohmann::ordered_json json = hardware::topology_json(topology, target);
  std::string reason;
  const std::optional<MachinePlan> planned = try_plan(topology, options, reason);
  json["plan_for"] = {{"model", options.plan.model},
                      {"profile", planned ? nlohmann::ordered_json(planned->profile) : nullptr},
                      {"reason", planned ? planned->profile_reason : reason}};
  json["plan"] = planned ? hardware::plan_json(planned->plan) : nlohmann::ordered_json::array();
  // A path may hold any byte; a document may not.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string plan_for_people(const hardware::Topology& topology, const Options& options) {
  std::string reason;
  const std::optional<MachinePlan> planned = try_plan(topology, options, reason);
  if (!planned) return fmt::format("\nno plan: {}\n", reason);
  return fmt::format("\nplan for the model {} with the profile {} ({}):\n{}", options.plan.model,
                     planned->profile, planned->profile_reason, hardware::plan_text(planned->plan));
}

int show(const Options& options) {
  const hardware::Topology topology =
      options.xml.empty() ? hardware::read_topology() : hardware::read_topology_xml(options.xml);
  const hardware::Target target = hardware::recognise_target(topology);
  if (options.json) {
    write_stdout(document(topology, target, options));
    return kExitOk;
  }
  using hardware::TopologyDetail;
  const auto detail = options.explain ? TopologyDetail::kExplain : TopologyDetail::kShort;
  std::string text = hardware::topology_text(topology, target, detail);
  if (options.explain) text += plan_for_people(topology, options);
  write_stdout(text);
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("topology", "What this machine is made of, and whether it is the target");
  command->add_option("--xml", options->xml, "Another machine, from an XML file of hwloc")->type_name("FILE");
  command->add_option("--profile", options->plan.profile, "Plan with this profile; default: the nearest")
      ->type_name("NAME");
  command->add_option("--model", options->plan.model, "Plan for this geometry (2b, tiny)")->type_name("NAME");
  command
      ->add_option("--trace", options->plan.trace,
                   "Plan for this workload: no tier larger than what it asks for")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->add_flag(
      "--explain", options->explain,
      "Say why a part is or is not the target's, and plan a cache for this machine with reasons");
  command->callback([options, &action] { action = [options] { return show(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "topology", .order = 60, .add = add});

}  // namespace
}  // namespace cachebench::app
