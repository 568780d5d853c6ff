// SPDX-License-Identifier: Apache-2.0
#include "ingest/import_openai_chat.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/error.h"
#include "ingest/ingest_fixtures.h"
#include "support/temp_dir.h"
#include "trace/reader.h"

namespace cachebench::ingest {
namespace {

using testing::batch;
using testing::chat;
using testing::data_url;
using testing::image_message;
using testing::Json;
using testing::png_of;
using testing::response;
using testing::TempDir;
using testing::text_message;

struct Imported {
  ImportSummary summary;
  std::vector<trace::Request> requests;
  std::string text;
};

Imported import_lines(const TempDir& folder, const std::vector<std::string>& lines,
                      ImportRequest request = {}) {
  std::string log;
  for (const std::string& line : lines) log += line + "\n";
  testing::write_text(folder.path() / "log.jsonl", log);
  request.in = folder / "log.jsonl";
  request.out = folder / "out.jsonl";
  Imported result{.summary = import_openai_chat(request), .requests = {}, .text = {}};
  result.text = testing::read_text(folder.path() / "out.jsonl");
  const auto reader = trace::open_trace(request.out);
  trace::Request one;
  while (reader->next(one)) result.requests.push_back(one);
  return result;
}

std::string dump(const std::vector<Json>& messages, const Json& more = Json::object()) {
  Json line = chat(messages);
  line.update(more);
  return line.dump();
}

TEST_CASE(
    "a conversation becomes a session: turns, shared identities, attached lengths, times from the first") {
  const TempDir folder;
  const std::string url = data_url(png_of(64, 64));
  const Json first = image_message(url, "what is this?");
  const Imported imported = import_lines(
      folder,
      {dump({first}, {{"timestamp", 1000.0}, {"usage", {{"prompt_tokens", 20}, {"completion_tokens", 7}}}}),
       dump({text_message("user", "something else")}, {{"timestamp", 1001.5}}),
       dump({first, text_message("assistant", "a grey square"), text_message("user", "are you sure?")},
            {{"timestamp", 1003.0}})});
  REQUIRE(imported.requests.size() == 3);
  const auto& [a, b, c] = std::tie(imported.requests[0], imported.requests[1], imported.requests[2]);
  CHECK(a.session == 0);
  CHECK(a.turn == 1);
  CHECK(b.session == 1);
  CHECK(c.session == 0);
  CHECK(c.turn == 2);
  CHECK(a.arrival == Nanoseconds{0});
  CHECK(b.arrival == Nanoseconds{1'500'000'000});
  CHECK(c.arrival == Nanoseconds{3'000'000'000});
  CHECK(a.input_tokens == 20);
  CHECK(a.output_tokens == 7);
  CHECK_FALSE(b.input_tokens);
  REQUIRE(c.inputs.size() == 4);
  CHECK(c.inputs[0] == a.inputs[0]);
  CHECK(c.inputs[1] == a.inputs[1]);
  CHECK(c.inputs[0].width == 64);
  CHECK(imported.summary.sessions == 2);
  CHECK(imported.summary.with_usage == 1);
  CHECK(imported.summary.content.images == 2);
  CHECK(imported.summary.content.distinct_images == 1);
}

TEST_CASE("nothing of the content is in the trace") {
  const TempDir folder;
  const std::string png = png_of(64, 64);
  const Imported imported = import_lines(folder, {dump({text_message("system", "TOPSECRET plan"),
                                                        image_message(data_url(png), "PRIVATE question"),
                                                        image_message("https://host/HIDDEN.png", "x")})});
  for (const char* word : {"TOPSECRET", "PRIVATE", "HIDDEN", "base64", "https:"})
    CHECK(imported.text.find(word) == std::string::npos);
  CHECK(imported.text.find(testing::base64_of(png).substr(0, 40)) == std::string::npos);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    files += entry.exists() ? 1U : 0U;
  CHECK(files == 2);  // the log and the trace
}

TEST_CASE("Batch requests get the lengths of their responses, in whatever order and file these are") {
  const TempDir folder;
  const auto line = [](const std::string& id, const std::string& text) {
    return batch(id, chat({text_message("user", text)})).dump();
  };
  const Imported one = import_lines(
      folder, {response("b", 30, 3).dump(), line("a", "first"), line("b", "second"),
               response("a", 20, 2).dump(), R"({"custom_id":"c","response":null,"error":{"code":"x"}})"});
  REQUIRE(one.requests.size() == 2);
  CHECK(one.requests[0].input_tokens == 20);
  CHECK(one.requests[1].input_tokens == 30);
  CHECK(one.requests[1].output_tokens == 3);
  CHECK(one.summary.responses == 3);
  testing::write_text(folder.path() / "answers.jsonl", response("a", 21, 5).dump() + "\n");
  const Imported two = import_lines(folder, {line("a", "first")}, {.responses = folder / "answers.jsonl"});
  CHECK(two.requests[0].input_tokens == 21);
  CHECK(two.requests[0].output_tokens == 5);
}

TEST_CASE("bytes per token: given, from attached counts of requests of text alone, or four") {
  const TempDir folder;
  const std::string text(300, 'x');
  const std::string counted =
      dump({text_message("user", text)}, {{"usage", {{"prompt_tokens", 100}, {"completion_tokens", 1}}}});
  const std::string picture = dump({image_message(data_url(png_of(32, 32)), text)},
                                   {{"usage", {{"prompt_tokens", 9999}, {"completion_tokens", 1}}}});
  CHECK(import_lines(folder, {dump({text_message("user", text)})}).requests[0].inputs[0].tokens == 75);
  const Imported calibrated = import_lines(folder, {picture, counted});
  CHECK(calibrated.summary.calibrated);
  CHECK(calibrated.summary.bytes_per_token == doctest::Approx(3.0));
  CHECK(calibrated.requests[1].inputs[0].tokens == 100);
  CHECK(import_lines(folder, {counted}, {.bytes_per_token = 2.0}).requests[0].inputs[0].tokens == 150);
}

TEST_CASE("without times arrivals are evenly spaced; out of order they are put in order") {
  const TempDir folder;
  const std::string plain = dump({text_message("user", "x")});
  const Imported even = import_lines(folder, {plain, plain, plain}, {.interval = Nanoseconds{5'000'000}});
  CHECK(even.requests[2].arrival == Nanoseconds{10'000'000});
  CHECK_FALSE(even.summary.timed);
  const auto at = [](double seconds) {
    return dump({text_message("user", "at " + std::to_string(seconds))}, {{"created", seconds}});
  };
  const Imported sorted = import_lines(folder, {at(30), at(10), at(20)});
  REQUIRE(sorted.requests.size() == 3);
  CHECK(sorted.requests[1].arrival == Nanoseconds{10'000'000'000});
  CHECK(sorted.requests[2].arrival == Nanoseconds{20'000'000'000});
  CHECK(sorted.summary.moved == 0);
  std::vector<std::string> far;
  for (int i = 0; i < 1500; ++i) far.push_back(at(100.0 + i));
  far.push_back(at(1));
  const Imported moved = import_lines(folder, far);
  CHECK(moved.requests.size() == 1501);
  CHECK(moved.summary.moved == 1);
}

TEST_CASE("a malformed line is an error with its place, or skipped and without any trace") {
  const TempDir folder;
  const std::string good = dump({text_message("user", "x")});
  const std::string bad_image = dump({image_message(data_url(png_of(8, 8).substr(0, 30)), "x")});
  const std::vector<std::string> lines{good, "", "{broken", bad_image, good};
  try {
    (void)import_lines(folder, lines, {.skip_bad = 1});
    FAIL("taken");
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(error.kind() == ErrorKind::kInput);
    CHECK(text.find("log.jsonl:4: ") != std::string::npos);
    CHECK(text.find("1 malformed records were skipped") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "out.jsonl"));
  const Imported skipped = import_lines(folder, lines, {.skip_bad = 2});
  CHECK(skipped.requests.size() == 2);
  CHECK(skipped.summary.skipped == 2);
  CHECK(skipped.summary.content.images == 0);
  CHECK(import_lines(folder, {good, good, good}, {.limit = 2}).requests.size() == 2);
}

TEST_CASE("a log without requests, a missing one, and impossible options are errors") {
  const TempDir folder;
  CHECK_THROWS_AS(import_lines(folder, {response("a", 1, 1).dump()}), Error);
  CHECK_THROWS_AS(import_lines(folder, {}), Error);
  CHECK_THROWS_AS(import_lines(folder, {dump({text_message("user", "")})}), Error);
  CHECK_THROWS_AS(import_lines(folder, {dump({text_message("user", "x")})}, {.interval = Nanoseconds{-1}}),
                  Error);
  CHECK_THROWS_AS(import_lines(folder, {dump({text_message("user", "x")})}, {.bytes_per_token = 0.0}), Error);
  CHECK_THROWS_AS(import_lines(folder, {dump({text_message("user", "x")})}, {.geometry = "3b"}), Error);
  ImportRequest missing;
  missing.in = folder / "none.jsonl";
  missing.out = folder / "out.jsonl";
  CHECK_THROWS_AS((void)import_openai_chat(missing), Error);
}

TEST_CASE("a prompt beyond what any model takes is refused, in little time") {
  const TempDir folder;
  const std::string huge(std::size_t{20} << 20, 'y');
  CHECK_THROWS_AS(import_lines(folder, {dump({text_message("user", huge)})}), Error);
  const std::string base64 = "data:image/png;base64," + std::string(std::size_t{8} << 20, 'A');
  const Imported zeros = import_lines(folder, {dump({image_message(base64, "x")})});  // no known format
  CHECK(zeros.summary.content.unsized == 1);
}

}  // namespace
}  // namespace cachebench::ingest
