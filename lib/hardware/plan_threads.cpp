// SPDX-License-Identifier: Apache-2.0
#include "hardware/plan_threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace cachebench::hardware {
namespace {

struct Processor {
  int cores = 1;
  int threads = 1;  // that may run, in number
  bool has_quota = false;
  bool has_siblings = false;
};

Processor processor_of(const OptimizerInput& input) {
  const Cpu& cpu = input.topology.cpu;
  Processor processor;
  const auto allowed_cores = static_cast<int>(cpu.core_threads.size());
  processor.cores = allowed_cores > 0 ? allowed_cores
                    : cpu.cores > 0   ? cpu.cores
                                      : std::max(1, input.profile.host_cores);
  const int all = cpu.threads_allowed > 0 ? cpu.threads_allowed : std::max(cpu.threads, processor.cores);
  processor.threads = std::max(1, all);
  processor.cores = std::min(processor.cores, processor.threads);
  if (const auto quota = input.topology.limits.cgroup_cpus; quota && *quota < processor.threads) {
    processor.threads = std::max(1, static_cast<int>(std::floor(*quota)));
    processor.has_quota = true;
  }
  processor.has_siblings = std::any_of(cpu.core_threads.begin(), cpu.core_threads.end(),
                                       [](const std::vector<int>& threads) { return threads.size() > 1; });
  return processor;
}

std::string described(const Processor& processor) {
  return fmt::format("{} core{}, {} thread{}{}", processor.cores, processor.cores == 1 ? "" : "s",
                     processor.threads, processor.threads == 1 ? "" : "s",
                     processor.has_quota ? " by the control group's quota" : "");
}

std::string list_of(const std::vector<int>& numbers) {
  return numbers.empty() ? "none" : fmt::format("{}", fmt::join(numbers, " "));
}

void pin(const OptimizerInput& input, const Processor& processor, HardwarePlan& plan) {
  const auto& cores = input.topology.cpu.core_threads;
  const bool can_pin = !cores.empty() && processor.has_siblings && !processor.has_quota;
  if (can_pin) {
    for (const std::vector<int>& threads : cores) {
      if (plan.compute_pins.size() < plan.compute_threads) plan.compute_pins.push_back(threads.front());
    }
    for (auto core = cores.rbegin(); core != cores.rend(); ++core) {
      if (core->size() > 1 && plan.mover_pins.size() < 2ULL * plan.mover_threads)
        plan.mover_pins.push_back(core->back());
    }
    std::sort(plan.mover_pins.begin(), plan.mover_pins.end());
  }
  const std::string why_not = processor.has_quota ? "a quota limits time, not place: left to the system"
                              : !processor.has_siblings
                                  ? "one thread a core: movers would take a core from the "
                                    "computation, left to the system"
                                  : "the cores' threads are not known: left to the system";
  plan.add(
      "threads.compute_pins", list_of(plan.compute_pins),
      can_pin ? "the first thread of each core: two on one core would share its arithmetic units" : why_not);
  plan.add("threads.mover_pins", list_of(plan.mover_pins),
           can_pin ? "second threads of the last cores: movers wait most of their time" : why_not);
}

}  // namespace

void plan_threads(const OptimizerInput& input, HardwarePlan& plan) {
  const Processor processor = processor_of(input);
  const int compute = std::max(1, std::min(processor.cores, processor.threads));
  plan.compute_threads = static_cast<std::uint32_t>(compute);
  plan.add("threads.compute", plan.compute_threads, "threads",
           described(processor) + ": one a core, products gain nothing from a second thread");
  plan.mover_threads = static_cast<std::uint32_t>(std::clamp(compute / 4, 1, 4));
  plan.add(
      "threads.movers", plan.mover_threads, "threads each way",
      fmt::format("{} / 4, 1 to 4: one keeps a link busy, more help where records are encoded", compute));
  plan.codec_threads = static_cast<std::uint32_t>(std::clamp(compute / 2, 1, 8));
  plan.add("threads.codec", plan.codec_threads, "threads",
           fmt::format("{} / 2, 1 to 8: the other half serves requests", compute));
  pin(input, processor, plan);
}

}  // namespace cachebench::hardware
