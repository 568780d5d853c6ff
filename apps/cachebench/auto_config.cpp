// SPDX-License-Identifier: Apache-2.0
#include "auto_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "hardware/affinity.h"
#include "hardware/cuda_facts.h"
#include "hardware/machine_notes.h"
#include "hardware/plan_text.h"
#include "hardware/target.h"

namespace cachebench::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kWorkload = "chat.jsonl.zst";

std::string find_upwards(fs::path from, const fs::path& wanted) {
  std::error_code failed;
  while (!from.empty()) {
    if (fs::is_regular_file(from / wanted, failed)) return (from / wanted).string();
    if (from == from.parent_path()) break;
    from = from.parent_path();
  }
  return {};
}

std::string capacity(Bytes bytes) {
  return fmt::format("{}MiB", std::max<std::uint64_t>(1, bytes.value / kMiB.value));
}

Json tiers_of(const hardware::HardwarePlan& plan, bool has_cuda) {
  Json tiers = Json::array();
  const auto add = [&](const char* name, const char* device, Bytes bytes, const std::string& form) {
    Json tier{
        {"name", name}, {"device", device}, {"capacity", capacity(bytes)}, {"eviction", {{"policy", "lru"}}}};
    if (form != "none") tier["compression"] = form;
    tiers.push_back(std::move(tier));
  };
  if (plan.l1.value > 0) add("L1", has_cuda ? "cuda" : "emulated", plan.l1, plan.l1_compression);
  add("L2", "host", plan.l2, plan.l2_compression);
  tiers.back()["pin_memory"] = plan.pin_memory;
  if (plan.l3.value > 0) add("L3", "ssd", plan.l3, plan.l3_compression);
  return tiers;
}

// What the plan says of copies, the drive and threads, in the words of `cache.transfer`.
Json transfer_of(const hardware::HardwarePlan& plan) {
  return {{"chunk", plan.copy_chunk.value},
          {"small", plan.small_copy.value},
          {"batch", plan.copy_batch},
          {"streams", plan.streams},
          {"alignment", plan.row_alignment.value},
          {"ssd_block", plan.ssd_block.value},
          {"ssd_depth", plan.ssd_depth},
          {"staging", plan.staging.value},
          {"threads", plan.mover_threads},
          {"processors", hardware::processors_text(plan.mover_pins)}};
}

// A card that no driver gives is emulated in host memory, which the plan has to set aside.
MachinePlan plan_with_driver(const hardware::Topology& topology, const PlanRequest& request) {
  MachinePlan planned = plan_machine(topology, request);
  if (planned.plan.first_tier != hardware::FirstTier::kCuda || !hardware::ask_cuda().cards.empty())
    return planned;
  PlanRequest same = request;
  same.profile = planned.profile;
  planned.plan = plan_machine(hardware::without_driver(topology), same).plan;
  return planned;
}

}  // namespace

std::string shipped_workload(const std::string& name) {
  std::error_code failed;
  const fs::path wanted = fs::path("workloads") / name;
  if (const fs::path here = fs::current_path(failed); !failed) {
    if (std::string found = find_upwards(here, wanted); !found.empty()) return found;
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return {};
  if (std::string found = find_upwards(program.parent_path(), wanted); !found.empty()) return found;
  const fs::path installed = program.parent_path().parent_path() / "share" / "cachebench" / wanted;
  return fs::is_regular_file(installed, failed) ? installed.string() : std::string();
}

AutoConfig auto_config(const PlanRequest& request) {
  const hardware::Topology topology = hardware::read_topology();
  const MachinePlan planned = plan_with_driver(topology, request);
  const hardware::HardwarePlan& plan = planned.plan;
  const bool has_cuda = plan.first_tier == hardware::FirstTier::kCuda;
  const std::string workload =
      request.trace.empty() ? shipped_workload(kWorkload) : fs::absolute(request.trace).string();
  Json config{{"name", "auto"},
              {"mode", "simulate"},
              {"profile", planned.profile},
              {"trace", {{"path", workload}}},
              {"model", {{"geometry", request.model}}},
              {"cache",
               {{"tiers", tiers_of(plan, has_cuda)},
                {"migration", {{"policy", "demote-on-evict"}}},
                {"transfer", transfer_of(plan)}}},
              {"pipeline",
               {{"threads", plan.compute_threads},
                {"streams", plan.streams},
                {"pinned_memory", plan.pin_memory},
                {"workers", {{"load", plan.codec_threads}, {"transfer", plan.mover_threads}}}}}};
  AutoConfig result;
  result.text = config.dump(2) + "\n";
  result.reasons =
      fmt::format("profile {}: {}\n{}", planned.profile, planned.profile_reason, hardware::plan_text(plan));
  for (const hardware::MachineNote& note : hardware::machine_notes(topology)) {
    result.reasons += fmt::format("note: {}: {}\n", note.about, note.text());
  }
  if (workload.empty()) result.reasons += "no shipped workload was found: fill in trace.path\n";
  return result;
}

}  // namespace cachebench::app
