// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/error.h"
#include "core/json_file.h"
#include "result/gate.h"
#include "support/temp_dir.h"

namespace {

using namespace cachebench;
using Json = nlohmann::ordered_json;

result::GateSpec parsed(const std::string& text) {
  return result::gate_from_json(Json::parse(text), "g.json");
}

TEST_CASE("a gate file is read with its defaults") {
  const auto spec = parsed(R"({"name":"n","metrics":[
    {"path":"totals.misses","sort":"deterministic","direction":"lower"},
    {"path":"latency.*.p50_ns","sort":"measured","direction":"equal","tolerance_ratio":0.03,
     "tolerance_absolute":5,"min":1,"max":9,"why":"w"}]})");
  REQUIRE(spec.metrics.size() == 2);
  CHECK(spec.file == "g.json");
  CHECK(spec.metrics[0].tolerance_ratio == 0);
  CHECK_FALSE(spec.metrics[0].max.has_value());
  CHECK(spec.metrics[1].sort == result::MetricSort::kMeasured);
  CHECK(spec.metrics[1].direction == result::Direction::kEqual);
  CHECK(spec.metrics[1].tolerance_absolute == 5);
  CHECK(*spec.metrics[1].max == 9);
}

TEST_CASE("what makes no sense is refused with file, place and reason") {
  const auto refused = [](const std::string& text, const std::string& word) {
    CAPTURE(text);
    try {
      (void)parsed(text);
      FAIL("not thrown");
    } catch (const Error& error) {
      CAPTURE(error.what());
      CHECK(error.kind() == ErrorKind::kUsage);
      CHECK(std::string(error.what()).starts_with("g.json: "));
      CHECK(std::string(error.what()).find(word) != std::string::npos);
    }
  };
  const auto metric = [](const std::string& more) {
    return R"({"metrics":[{"path":"a","sort":"deterministic","direction":"lower")" + more + "}]}";
  };
  refused("[]", "not an object");
  refused("{}", "metrics");
  refused(R"({"metrics":[]})", "at least one");
  refused(R"({"metrics":{}})", "list");
  refused(R"({"metric":[]})", "did you mean 'metrics'");
  refused(R"({"metrics":[3]})", "metrics[0]");
  refused(R"({"metrics":[{"sort":"deterministic","direction":"lower"}]})", "'path' is missing");
  refused(R"({"metrics":[{"path":"","sort":"deterministic","direction":"lower"}]})", "empty");
  refused(R"({"metrics":[{"path":"a","sort":"determinist","direction":"lower"}]})", "deterministic");
  refused(R"({"metrics":[{"path":"a","sort":"measured","direction":"up"}]})", "direction");
  refused(metric(R"(,"tolerance_ratio":-1)"), "negative");
  refused(metric(R"(,"tolerance_ratio":"3%")"), "not a number");
  refused(metric(R"(,"tolerence_ratio":0)"), "tolerance_ratio");
  refused(metric(R"(,"min":2,"max":1)"), "above");
}

TEST_CASE("the schema for editors knows the keys that are read, and no others") {
  const std::string file = std::string(CACHEBENCH_SOURCE_DIR) + "/configs/schema/gate.schema.json";
  const Json schema = read_json_file(file, ErrorKind::kUsage);
  const auto accepted = [](const std::string& key, const Json& value, bool inside) {
    Json metric = {{"path", "a"}, {"sort", "measured"}, {"direction", "lower"}};
    Json document = Json::object();
    (inside ? metric : document)[key] = value;
    if (!document.contains("metrics")) document["metrics"] = Json::array({metric});
    try {
      (void)result::gate_from_json(document, "g");
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  const auto example = [](const Json& property) {
    if (property.contains("enum")) return property["enum"][0];
    return property["type"] == "number" ? Json(1) : Json("text");
  };
  const Json& inside = schema["properties"]["metrics"]["items"]["properties"];
  CHECK(inside.size() == 8);
  for (const auto& [key, property] : inside.items()) CHECK(accepted(key, example(property), true));
  for (const auto& [key, property] : schema["properties"].items()) {
    if (key != "metrics") CHECK(accepted(key, example(property), false));
  }
  CHECK_FALSE(accepted("other", 1, true));
  CHECK_FALSE(accepted("other", 1, false));
}

}  // namespace
