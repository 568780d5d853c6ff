// SPDX-License-Identifier: Apache-2.0
#include "version_text.h"

#include <fmt/format.h>
#include <httplib.h>
#include <hwloc.h>
#include <isa-l.h>
#include <openssl/crypto.h>
#include <xxhash.h>
#include <zstd.h>

#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>

#include "hardware/nvidia/cuda_driver.h"
#include "version.h"

namespace cachebench::app {
namespace {

std::string dotted(unsigned major, unsigned minor, unsigned patch) {
  return fmt::format("{}.{}.{}", major, minor, patch);
}

constexpr bool has_cuda() {
  return hardware::nvidia::kHasCudaHeader;
}

nlohmann::ordered_json null_reasons() {
  nlohmann::ordered_json reasons = {
      {"libtorch", "not in this program: the model's module has it, where one was built"}};
  if (!has_cuda()) reasons["cuda"] = "built without cuda.h, so without device \"cuda\"";
  return reasons;
}

nlohmann::ordered_json libraries() {
  const unsigned hwloc = hwloc_get_api_version();
  const unsigned xxh = XXH_versionNumber();
  return {{"fmt", dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"nlohmann_json",
           dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"CLI11", CLI11_VERSION},
          {"hwloc", dotted(hwloc >> 16, hwloc >> 8 & 0xFF, hwloc & 0xFF)},
          {"zstd", ZSTD_versionString()},
          {"xxhash", dotted(xxh / 10000, xxh / 100 % 100, xxh % 100)},
          {"isa-l", dotted(ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION)},
          {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"cpp-httplib", CPPHTTPLIB_VERSION},
          {"nvtx", CACHEBENCH_HAVE_NVTX == 1},
          {"cuda", has_cuda() ? nlohmann::ordered_json(
                                    hardware::nvidia::cuda_version_text(hardware::nvidia::kCudaHeaderVersion))
                              : nlohmann::ordered_json()},
          {"libtorch", nullptr}};
}

}  // namespace

std::string version_line() {
  return fmt::format("cachebench {} ({})\n", build::kVersion, build::kGitRevision);
}

std::string version_document() {
  const nlohmann::ordered_json document = {{"name", "cachebench"},
                                           {"version", build::kVersion},
                                           {"git_revision", build::kGitRevision},
                                           {"compiler", build::kCompiler},
                                           {"build_type", build::kBuildType},
                                           {"sanitizers", build::kSanitizers},
                                           {"libraries", libraries()},
                                           {"null_reasons", null_reasons()}};
  return document.dump(1) + "\n";
}

}  // namespace cachebench::app
