// SPDX-License-Identifier: Apache-2.0
#include "model/model_check.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

using namespace cachebench::model;

TEST_CASE("a report is ok only when every tensor of every case is, and there is one") {
  ModelCheckReport report{.backend = "b", .dtype = "float32", .cases = {}};
  CHECK_FALSE(report.ok());
  report.cases.push_back({.file = "a", .tensors = {}});
  CHECK_FALSE(report.ok());
  report.cases[0].tensors.push_back({.name = "x", .ok = true, .reason = {}});
  CHECK(report.ok());
  report.cases[0].tensors.push_back({.name = "y", .ok = false, .reason = "far off"});
  CHECK_FALSE(report.ok());
}

TEST_CASE("the document holds every figure, and null for one that is not finite") {
  ModelCheckReport report{.backend = "b", .dtype = "float32", .cases = {}};
  report.cases.push_back({.file = "a.safetensors", .tensors = {}});
  report.cases[0].tensors.push_back(
      {.name = "x", .ok = true, .max_abs = 0.5, .max_rel = 0.25, .elements = 8, .reason = {}});
  report.cases[0].tensors.push_back(
      {.name = "y", .max_abs = std::numeric_limits<double>::infinity(), .reason = "not finite"});
  const auto document = to_json(report);
  CHECK(document["ok"] == false);
  CHECK(document["cases"][0]["file"] == "a.safetensors");
  CHECK(document["cases"][0]["tensors"][0]["max_rel"] == 0.25);
  CHECK(document["cases"][0]["tensors"][0]["elements"] == 8);
  CHECK(document["cases"][0]["tensors"][1]["max_abs"].is_null());
  CHECK(document["cases"][0]["tensors"][1]["reason"] == "not finite");
}
