// SPDX-License-Identifier: Apache-2.0
#include "bench/run/manifest.h"

#include <fmt/chrono.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/hash.h"
#include "hardware/live_machine.h"
#include "version.h"

namespace cachebench::bench {
namespace {

using nlohmann::ordered_json;

ordered_json first_value(const char* path, const std::string& field) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(field)) continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && colon + 2 <= line.size()) return line.substr(colon + 2);
  }
  return nullptr;
}

ordered_json limit_of(decltype(RLIMIT_MEMLOCK) resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return nullptr;
  return limit.rlim_cur;
}

ordered_json machine_facts() {
  utsname names{};
  ::uname(&names);
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  return {{"cpu", first_value("/proc/cpuinfo", "model name")},
          {"microcode", first_value("/proc/cpuinfo", "microcode")},
          {"threads_allowed", hardware::allowed_threads()},
          {"memory_bytes", pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))},
          {"kernel", std::string(names.sysname) + " " + names.release},
          {"locked_memory_limit_bytes", limit_of(RLIMIT_MEMLOCK)}};
}

ordered_json build_facts() {
  return {{"version", build::kVersion},
          {"git_revision", build::kGitRevision},
          {"compiler", build::kCompiler},
          {"build_type", build::kBuildType},
          {"sanitizers", build::kSanitizers}};
}

ordered_json environment_facts() {
  ordered_json facts = ordered_json::object();
  for (const char* name :
       {"CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "NVTX_INJECTION64_PATH", "XDG_CACHE_HOME"}) {
    if (const char* value = std::getenv(name)) facts[name] = value;  // NOLINT(concurrency-mt-unsafe)
  }
  return facts;
}

}  // namespace

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

ordered_json make_manifest(const ManifestInputs& inputs) {
  const std::string config = to_json(inputs.config).dump();
  return {{"started_at", inputs.started_at},
          {"command_line", inputs.command_line},
          {"config_hash", to_hex(hash_key(config))},
          {"output", inputs.config.output},
          {"trace_path", inputs.config.trace.path},
          {"trace_sha256", inputs.trace_sha256},
          {"seed", inputs.config.seed},
          {"profile", {{"name", inputs.profile.name}, {"sources", inputs.profile.sources}}},
          {"build", build_facts()},
          {"machine", machine_facts()},
          {"environment", environment_facts()}};
}

}  // namespace cachebench::bench
