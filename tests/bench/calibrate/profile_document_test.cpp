// SPDX-License-Identifier: Apache-2.0
#include "bench/calibrate/profile_document.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "support/temp_dir.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

hardware::Profile written(const nlohmann::ordered_json& document) {
  const testing::TempDir folder;
  write_file(folder / "p.json", document.dump());
  return hardware::read_profile(folder / "p.json");
}

}  // namespace

TEST_CASE("without a measurement the figures are the base profile's, each marked") {
  const CalibrationOptions options;
  const StopToken stop;
  const VirtualClock clock;
  const Session session(options, stop, clock);
  for (const std::string& name : hardware::profile_names()) {
    const hardware::Profile base = hardware::find_profile(name);
    const auto document = profile_document({.name = "mine", .base = base, .session = session});
    const hardware::Profile read = written(document);
    CHECK(read.name == "mine");
    CHECK(figures_of(read) == figures_of(base));
    CHECK(figures_of(base).size() == base.sources.size());  // no figure is forgotten
    for (const auto& [key, source] : read.sources) {
      CHECK(source == "not measured here; profile " + base.name + ": " + base.sources.at(key));
    }
  }
  CHECK(figures_not_measured(session).size() == 24);
}

TEST_CASE("measured figures and rows are in the file") {
  const CalibrationOptions options;
  const StopToken stop;
  VirtualClock clock;
  Session session(options, stop, clock);
  const auto spread = session.measure({.name = "one", .unit = "ns"}, [] { return 41.0; });
  REQUIRE(spread);
  session.set_figure("lookup_ns", 41, *spread, "");
  session.set_known("host_cores", 3, "the system");
  session.leave_out("two", "there is none");
  const hardware::Profile base = hardware::find_profile(hardware::kDefaultProfile);
  const auto document = profile_document({.name = "mine", .base = base, .session = session});
  const hardware::Profile read = written(document);
  CHECK(read.lookup == Nanoseconds{41});
  CHECK(read.host_cores == 3);
  CHECK(read.sources.at("host_cores") == "the system");
  CHECK(document["measurements"].size() == 1);
  CHECK(document["measurements"][0]["median"] == 41);
  CHECK(document["notes"][0] == "two: not measured, there is none");
  const std::vector<std::string> rest = figures_not_measured(session);
  CHECK(rest.size() == 22);
  CHECK(std::find(rest.begin(), rest.end(), "lookup_ns") == rest.end());
}
