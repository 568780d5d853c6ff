// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/model_module.h"
#include "support/command.h"
#include "support/png_writer.h"
#include "support/temp_dir.h"

namespace {

namespace testing = cachebench::testing;
using nlohmann::json;

std::string picture_in(const testing::TempDir& folder) {
  std::string rgb;
  for (int i = 0; i < 96 * 64 * 3; ++i) rgb.push_back(static_cast<char>(i * 7 % 251));
  const std::string path = folder / "picture.png";
  testing::write_text(path, testing::png_of_rgb(96, 64, rgb));
  return path;
}

testing::CommandResult run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"model", "run"});
  return testing::cachebench(arguments);
}

}  // namespace

TEST_CASE("model run answers about a picture, the same every time, and keeps no memory") {
  if (!testing::has_model()) return;
  const testing::TempDir folder;
  const testing::CommandResult result =
      run({"--image", picture_in(folder), "--tokens", "5", "--requests", "40", "--json"});
  CHECK(result.exit_code == 0);
  const json document = json::parse(result.out);
  const json& requests = document["requests"];
  REQUIRE(requests.size() == 40);
  for (const json& one : requests) {
    CHECK(one["status"] == "ok");
    CHECK(one["tokens"].size() == 5);
    CHECK(one["tokens"] == requests[0]["tokens"]);
    CHECK(one["images_encoded"] == 1);
  }
  const auto grown =
      requests[39]["resident_bytes"].get<std::int64_t>() - requests[9]["resident_bytes"].get<std::int64_t>();
  CHECK(grown < 2 << 20);
}

TEST_CASE("sampled answers depend on their seed; tokens can be seen as they come") {
  if (!testing::has_model()) return;
  const auto tokens = [](const char* seed) {
    const auto result = run({"--prompt-tokens", "20", "--tokens", "12", "--temperature", "1", "--top-p",
                             "0.9", "--top-k", "100", "--sample-seed", seed, "--json"});
    return json::parse(result.out)["requests"][0]["tokens"].dump();
  };
  CHECK(tokens("1") == tokens("1"));
  CHECK(tokens("1") != tokens("2"));
  const testing::CommandResult streamed = run({"--tokens", "3", "--stream"});
  CHECK(streamed.out.find("request 0 token 2: ") != std::string::npos);
}

TEST_CASE("what cannot be run is said in one line") {
  if (!testing::has_model()) return;
  const auto refused = [](const std::vector<std::string>& arguments, int code, const char* words) {
    const testing::CommandResult result = run(arguments);
    CHECK(result.exit_code == code);
    CHECK(result.err.find(words) != std::string::npos);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  };
  refused({"--preset", "3b"}, 2, "3b");
  refused({"--runner", "libtorsch"}, 2, "libtorch");
  refused({"--checkpoint", "/nowhere"}, 3, "/nowhere");
  refused({"--image", "/nowhere.png"}, 3, "/nowhere.png");
  refused({"--prompt-tokens", "10000000"}, 3, "10000000");
  refused({"--requests", "0"}, 2, "--requests 0");
  refused({"--temperature", "-1"}, 3, "temperature");
}
