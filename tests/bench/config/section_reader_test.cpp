// SPDX-License-Identifier: Apache-2.0
#include "bench/config/section_reader.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

const Json kDocument = Json::parse(R"({"a": {"size": "1KiB", "time": 1.5, "none": null, "flag": true,
                                             "text": "x", "number": 7}})");
const Origin kOrigin{.name = "c.json"};

TEST_CASE("keys that are there replace the target, others leave it") {
  const SectionReader section = SectionReader(kDocument, "", kOrigin).below("a");
  Bytes size{1};
  section.read("size", size);
  CHECK(size == Bytes{1024});
  Nanoseconds time{1};
  section.read("time", time);
  CHECK(time == Nanoseconds{1'500'000'000});
  std::uint32_t number = 1;
  section.read("number", number);
  section.read("absent", number);
  CHECK(number == 7);
  bool flag = false;
  section.read("flag", flag);
  CHECK(flag);
  std::optional<std::uint64_t> limit = 3;
  section.read("none", limit);
  CHECK(limit == 3);
  CHECK_FALSE(SectionReader(kDocument, "", kOrigin).below("b").has("size"));
}

TEST_CASE("what does not parse is told with file and key") {
  const Json document = Json::parse(R"({"a": {"size": "1Kib?"}})");
  Bytes size{1};
  try {
    SectionReader(document, "", kOrigin).below("a").read("size", size);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).starts_with("c.json: a.size: "));
  }
}

}  // namespace
}  // namespace cachebench::bench
