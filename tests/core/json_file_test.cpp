// SPDX-License-Identifier: Apache-2.0
#include "core/json_file.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/temp_dir.h"

using namespace cachebench;

namespace {

std::string error_of(const std::string& text) {
  try {
    (void)parse_json(text, "c.json", ErrorKind::kUsage);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("documents keep the order of their keys and may hold comments") {
  const auto document =
      parse_json("{\"b\": 1, // one\n /* two */ \"a\": [2, 3]}", "c.json", ErrorKind::kUsage);
  CHECK(document.dump() == R"({"b":1,"a":[2,3]})");
}

TEST_CASE("the place of an error is its line and column") {
  CHECK(error_of("{\n  \"a\": 1,\n  \"b\": ?\n}").starts_with("c.json:3:8: "));
  CHECK(error_of("?").starts_with("c.json:1:1: "));
  CHECK(error_of("{\"a\": 1} x").starts_with("c.json:1:10: "));
  CHECK(error_of("").starts_with("c.json:1:1: "));
  CHECK(error_of("{\"trace\": ").starts_with("c.json:1:"));
  CHECK(error_of("{\n\"a\":\n").starts_with("c.json:"));
}

TEST_CASE("one line, without the library's own prefix") {
  for (const char* text : {"{", "[1,]", "{\"a\" 1}", "\"\xff\"", "nul", "1e999", "[\"\n\"]"}) {
    const std::string message = error_of(text);
    CAPTURE(text);
    CHECK(message.starts_with("c.json:"));
    CHECK(message.find("json.exception") == std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("deep nesting does not exhaust the stack") {
  CHECK(error_of(std::string(200000, '[')).starts_with("c.json:1:"));
}

TEST_CASE("a file that is missing is the caller's kind of error") {
  const testing::TempDir folder;
  try {
    (void)read_json_file(folder / "absent.json", ErrorKind::kUsage);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK(std::string(error.what()).find("absent.json: No such file") != std::string::npos);
  }
  testing::write_text(folder / "there.json", "{\"a\": [1]}");
  CHECK(read_json_file(folder / "there.json", ErrorKind::kInput)["a"][0] == 1);
}
