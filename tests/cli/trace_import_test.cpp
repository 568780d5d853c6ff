// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/command.h"
#include "support/temp_dir.h"

namespace cachebench::testing {
namespace {

using Json = nlohmann::json;

std::string line_of(const std::string& text, int second) {
  return Json{{"model", "m"},
              {"timestamp", second},
              {"messages",
               {{{"role", "user"},
                 {"content",
                  {{{"type", "text"}, {"text", text}},
                   {{"type", "image_url"}, {"image_url", {{"url", "https://host/a.png"}}}}}}}}}}
             .dump() +
         "\n";
}

TEST_CASE("a log of chats becomes a trace that runs, with the visual registry beside") {
  const TempDir folder;
  std::string log;
  for (int i = 0; i < 20; ++i) log += line_of("SECRET question " + std::to_string(i % 4), i);
  write_text(folder / "log.jsonl", log);
  const CommandResult imported = cachebench(
      {"trace", "import", "--from", "openai-chat", folder / "log.jsonl", folder / "out.jsonl", "--json"});
  REQUIRE(imported.exit_code == 0);
  const Json summary = Json::parse(imported.out);
  CHECK(summary["requests"] == 20);
  CHECK(summary["remote"] == 20);
  CHECK(summary["kept_files"] == 0);
  CHECK(imported.err.find("no content was kept") != std::string::npos);
  CHECK(read_text(folder / "out.jsonl").find("SECRET") == std::string::npos);
  CHECK(Json::parse(cachebench({"trace", "info", folder / "out.jsonl", "--json"}).out)["requests"] == 20);
  const CommandResult run =
      cachebench({"run", "--trace", folder / "out.jsonl", "--set", "visual.enabled=true", "--output",
                  folder / "result", "--metrics-file", folder / "metrics.prom", "--json"});
  REQUIRE(run.exit_code == 0);
  const Json visual = Json::parse(run.out)["visual"];
  CHECK(visual["visual_cache_hits"] == 19);
  CHECK(visual["visual_cache_misses"] == 1);
  CHECK(read_text(folder / "metrics.prom").find("\nvisual_cache_hits 19\n") != std::string::npos);
  if (run_command({"sh", "-c", "command -v promtool"}).exit_code != 0) {
    MESSAGE("promtool is not installed (Debian: prometheus): skipped");
    return;
  }
  const CommandResult checked =
      run_command({"sh", "-c", "promtool check metrics < \"$0\"", folder / "metrics.prom"});
  CHECK(checked.exit_code == 0);
  CHECK(checked.err + checked.out == "");
}

TEST_CASE("a broken log is one line with its place and exit code 3; an unknown shape is 2") {
  const TempDir folder;
  write_text(folder / "log.jsonl", line_of("x", 1) + "{broken\n");
  const CommandResult broken =
      cachebench({"trace", "import", "--from", "openai-chat", folder / "log.jsonl", folder / "out.jsonl"});
  CHECK(broken.exit_code == 3);
  CHECK(broken.err.find("log.jsonl:2: not JSON") != std::string::npos);
  CHECK(broken.out.empty());
  CHECK_FALSE(std::filesystem::exists(folder / "out.jsonl"));
  const CommandResult skipped = cachebench({"trace", "import", "--from", "openai-chat", "--skip-bad", "1",
                                            folder / "log.jsonl", folder / "out.jsonl"});
  CHECK(skipped.exit_code == 0);
  CHECK(skipped.err.find("1 malformed lines skipped") != std::string::npos);
  const CommandResult unknown =
      cachebench({"trace", "import", "--from", "other", folder / "log.jsonl", folder / "out.jsonl"});
  CHECK(unknown.exit_code == 2);
}

}  // namespace
}  // namespace cachebench::testing
