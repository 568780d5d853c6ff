// SPDX-License-Identifier: Apache-2.0
#include "bench/run/manifest.h"

#include <doctest.h>

#include <nlohmann/json.hpp>

namespace cachebench::bench {
namespace {

TEST_CASE("the manifest holds what a repetition needs, and only listed variables") {
  RunConfig config = default_config();
  config.seed = 42;
  const hardware::Profile profile = hardware::find_profile(config.profile);
  const auto manifest = make_manifest({.config = config,
                                       .profile = profile,
                                       .trace_sha256 = "ab",
                                       .command_line = {"cachebench", "run"},
                                       .started_at = utc_now()});
  CHECK(manifest.at("seed") == 42);
  CHECK(manifest.at("trace_sha256") == "ab");
  CHECK(manifest.at("command_line").size() == 2);
  CHECK(manifest.at("machine").at("threads_allowed") > 0);
  CHECK(manifest.at("build").contains("git_revision"));
  CHECK_FALSE(manifest.at("environment").contains("PATH"));
  config.seed = 43;
  const auto other = make_manifest(
      {.config = config, .profile = profile, .trace_sha256 = "", .command_line = {}, .started_at = ""});
  CHECK(other.at("config_hash") != manifest.at("config_hash"));
}

TEST_CASE("times are written as UTC") {
  const std::string now = utc_now();
  CHECK(now.size() == 20);
  CHECK(now.back() == 'Z');
}

}  // namespace
}  // namespace cachebench::bench
