// SPDX-License-Identifier: Apache-2.0
#include "hardware/policy_extras.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json_file.h"
#include "hardware/sourced_profile.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::hardware;
using testing::Json;
using testing::kDefaultFile;
using testing::sourced;

namespace {

bool is_refused(const Json& object) {
  return testing::is_refused(policy_extras_of, kPolicyExtras, object);
}

}  // namespace

TEST_CASE("what the named variants add is added, others' is not") {
  const Json document{{kPolicyExtras,
                       {{"lookup.eviction.lfu", sourced(30)},
                        {"lookup.migration.seed-threshold", sourced(-12)},
                        {"ssd_read.migration.seed-threshold", sourced(-50)}}}};
  const PolicyExtras extras = policy_extras_of("p.json", document);
  CHECK(extras.size() == 3);
  const auto times = [&](std::int64_t lookup, const std::vector<std::string>& variants) {
    Profile profile;
    profile.lookup = Nanoseconds{lookup};
    profile.ssd_read.latency = Nanoseconds{1000};
    profile.policy_extras = extras;
    add_extras(variants, profile);
    return std::pair{profile.lookup.count(), profile.ssd_read.latency.count()};
  };
  CHECK(times(100, {"eviction.lfu", "migration.seed-threshold"}) ==
        std::pair<std::int64_t, std::int64_t>{118, 950});
  CHECK(times(100, {"eviction.lfu", "migration.none"}) == std::pair<std::int64_t, std::int64_t>{130, 1000});
  CHECK(times(100, {"eviction.seed-threshold"}) == std::pair<std::int64_t, std::int64_t>{100, 1000});
  CHECK(times(5, {"migration.seed-threshold"}) == std::pair<std::int64_t, std::int64_t>{0, 950});
}

TEST_CASE("a profile need not have any, and senseless ones are refused") {
  CHECK(policy_extras_of("p.json", Json::object()).empty());
  CHECK(find_profile(kDefaultFile).policy_extras.empty());
  CHECK(is_refused(Json::array()));
  CHECK(is_refused({{"lfu", sourced(1)}}));
  CHECK(is_refused({{"lookup.eviction.lfu", 3}}));
  CHECK(is_refused({{"lookup.eviction.lfu", {{"value", 3}}}}));
  CHECK(is_refused({{"lookup.eviction.lfu", sourced(0.5)}}));
  CHECK(is_refused({{"lookup.eviction.lfu", sourced(1e13)}}));
  CHECK(is_refused({{"lookup.eviction.lfu", {{"value", 3}, {"source", ""}}}}));
}

TEST_CASE("they are part of a profile's file") {
  const testing::TempDir folder;
  Json document = read_json_file(kDefaultFile, ErrorKind::kUsage);
  document[kPolicyExtras] = {{"lookup.eviction.lfu", sourced(7)}};
  const std::string path = folder / "mine.json";
  testing::write_text(path, document.dump());
  CHECK(read_profile(path).lookup == read_profile(kDefaultFile).lookup);
  CHECK(find_profile(path).policy_extras.at("lookup.eviction.lfu") == Nanoseconds{7});
  document[kPolicyExtras] = {{"lfu", sourced(7)}};
  testing::write_text(path, document.dump());
  CHECK_THROWS_AS(static_cast<void>(read_profile(path)), Error);
}
