// SPDX-License-Identifier: Apache-2.0
#include "hardware/topology.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "core/file.h"
#include "hardware/topology_json.h"
#include "hardware/topology_text.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string xml;
  bool json = false;
  bool explain = false;
};

int show(const Options& options) {
  const hardware::Topology topology =
      options.xml.empty() ? hardware::read_topology() : hardware::read_topology_xml(options.xml);
  const hardware::Target target = hardware::recognise_target(topology);
  if (options.json) {
    // A path may hold any byte; a document may not.
    const auto document = hardware::topology_json(topology, target);
    write_stdout(document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    return kExitOk;
  }
  using hardware::TopologyDetail;
  const auto detail = options.explain ? TopologyDetail::kExplain : TopologyDetail::kShort;
  write_stdout(hardware::topology_text(topology, target, detail));
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("topology", "What this machine is made of, and whether it is the target");
  command->add_option("--xml", options->xml, "Another machine, from an XML file of hwloc")->type_name("FILE");
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->add_flag("--explain", options->explain, "Say why a part is or is not the target's");
  command->callback([options, &action] { action = [options] { return show(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "topology", .order = 60, .add = add});

}  // namespace
}  // namespace cachebench::app
