// SPDX-License-Identifier: Apache-2.0
#include "nvtx/recorded_events.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/temp_dir.h"

namespace cachebench::testing {
namespace {

using Stacks = std::map<std::int64_t, std::vector<std::string>>;

void add_push(RecordedEvents& events, Stacks& open, const nlohmann::json& line) {
  auto& stack = open[line["thread"]];
  events.pushes.push_back({.name = line["name"],
                           .parent = stack.empty() ? std::string() : stack.back(),
                           .registered = line["registered"],
                           .category = line["category"],
                           .payload = line["payload"],
                           .thread = line["thread"]});
  stack.push_back(line["name"]);
}

void add_pop(RecordedEvents& events, Stacks& open, const nlohmann::json& line) {
  ++events.pops;
  auto& stack = open[line["thread"]];
  if (stack.empty()) {
    ++events.unbalanced;
  } else {
    stack.pop_back();
  }
}

}  // namespace

std::set<std::string> RecordedEvents::names() const {
  std::set<std::string> names;
  for (const RecordedPush& push : pushes) names.insert(push.name);
  return names;
}

RecordedEvents record_events(const std::vector<std::string>& arguments) {
  const TempDir folder;
  const std::string log = folder / "nvtx.jsonl";
  RecordedEvents events;
  events.command = run_command(arguments, {.environment = {{"NVTX_INJECTION64_PATH", CACHEBENCH_INJECTION},
                                                           {"CACHEBENCH_NVTX_LOG", log}}});
  if (!std::filesystem::exists(log)) return events;
  Stacks open;
  std::istringstream lines(read_text(log));
  for (std::string text; std::getline(lines, text);) {
    const auto line = nlohmann::json::parse(text);
    const std::string event = line["event"];
    if (event == "push") add_push(events, open, line);
    if (event == "pop") add_pop(events, open, line);
    if (event == "domain") events.domains.push_back(line["name"]);
    if (event == "register") events.registered.push_back(line["name"]);
    if (event == "category") events.categories[line["category"]] = line["name"];
    if (event == "thread") events.thread_names.insert(line["name"]);
  }
  for (const auto& [thread, stack] : open) events.unbalanced += stack.size();
  return events;
}

}  // namespace cachebench::testing
