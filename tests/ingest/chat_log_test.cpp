// SPDX-License-Identifier: Apache-2.0
#include "ingest/chat_log.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "ingest/ingest_fixtures.h"

namespace cachebench::ingest {
namespace {

using testing::batch;
using testing::chat;
using testing::Json;
using testing::response;
using testing::text_message;

TEST_CASE("the same request in every shape") {
  Json body = chat({text_message("system", "be brief"), testing::image_message("http://x/a.png", "what?")});
  for (const Json& line : {body, batch("a", body), Json{{"request", body}},
                           Json{{"request", {{"body", body}}}, {"response", {}}}}) {
    const ChatLine parsed = parse_chat_line(line.dump());
    CHECK(parsed.is_request);
    CHECK(parsed.model == "qwen3-vl");
    REQUIRE(parsed.messages.size() == 2);
    CHECK(parsed.messages[0].role == "system");
    CHECK(parsed.messages[0].parts[0].value == "be brief");
    CHECK(parsed.messages[1].parts[0].kind == PartKind::kImage);
    CHECK(parsed.messages[1].parts[0].value == "http://x/a.png");
    CHECK(parsed.messages[1].parts[1].value == "what?");
  }
  CHECK(parse_chat_line(batch("a", body).dump()).custom_id == "a");
}

TEST_CASE("tools, calls and parts of other kinds are part of the prompt") {
  Json body = chat({{{"role", "assistant"},
                     {"content", nullptr},
                     {"tool_calls", {{{"id", "1"}, {"function", {{"name", "f"}}}}}}},
                    {{"role", "user"},
                     {"content",
                      {{{"type", "input_audio"}, {"input_audio", {{"data", "Zg=="}, {"format", "wav"}}}},
                       {{"type", "video_url"}, {"video_url", {{"url", "clip.mp4"}}}},
                       {{"type", "image_url"}, {"image_url", "plain.png"}},
                       "text alone"}}}});
  body["tools"] = {{{"type", "function"}}};
  const ChatLine parsed = parse_chat_line(body.dump());
  CHECK(parsed.tools == R"([{"type":"function"}])");
  CHECK(parsed.messages[0].parts[0].kind == PartKind::kText);
  CHECK(parsed.messages[0].parts[0].value.find("\"name\":\"f\"") != std::string::npos);
  CHECK(parsed.messages[1].parts[0].kind == PartKind::kAudio);
  CHECK(parsed.messages[1].parts[1].kind == PartKind::kVideo);
  CHECK(parsed.messages[1].parts[2].value == "plain.png");
  CHECK(parsed.messages[1].parts[3].value == "text alone");
}

TEST_CASE("counts and times are found wherever the shapes have them") {
  const ChatLine answer = parse_chat_line(response("a", 120, 30).dump());
  CHECK_FALSE(answer.is_request);
  CHECK(answer.custom_id == "a");
  CHECK(answer.usage.prompt_tokens == 120);
  CHECK(answer.usage.completion_tokens == 30);
  const auto time_of = [](const Json& value) {
    Json body = chat({text_message("user", "x")});
    body["timestamp"] = value;
    return parse_chat_line(body.dump()).time;
  };
  CHECK(time_of(1.5) == Nanoseconds{1'500'000'000});
  CHECK(time_of(1'700'000'000) == Nanoseconds{1'700'000'000'000'000'000});
  CHECK(time_of(1'700'000'000'000) == Nanoseconds{1'700'000'000'000'000'000});
  CHECK(time_of(1'700'000'000'000'000) == Nanoseconds{1'700'000'000'000'000'000});
  CHECK(time_of(1'700'000'000'000'000'000) == Nanoseconds{1'700'000'000'000'000'000});
  CHECK(time_of("1970-01-01T00:00:02.5Z") == Nanoseconds{2'500'000'000});
  CHECK(time_of("1970-01-01 00:00:02") == Nanoseconds{2'000'000'000});
  CHECK_FALSE(time_of(nullptr));
  Json inner = chat({text_message("user", "x")});
  inner["created"] = 7;
  CHECK(parse_chat_line(batch("a", inner).dump()).time == Nanoseconds{7'000'000'000});
}

TEST_CASE("what is no chat line is refused in one short line") {
  const std::string deep(100'000, '[');
  const std::string text = R"({"messages":[{"role":"user","content":)";
  std::string many = text + "[";
  for (std::size_t i = 0; i < kMostParts; ++i) many += "\"x\",";
  const std::vector<std::string> bad = {
      "",
      "[]",
      "17",
      "{}",
      "{\"model\":\"m\"}",
      "{\"messages\":[]}",
      "{\"messages\":3}",
      "{\"messages\":[3]}",
      R"({"messages":[{"content":"x"}]})",
      text + "3}]}",
      text + R"([{"type":"x"}]}]})",
      text + R"([{"type":"text"}]}]})",
      text + R"([{"type":"image_url"}]}]})",
      text + R"([{"type":"image_url","image_url":{"url":""}}]}]})",
      text + R"([{"type":"input_audio","input_audio":{}}]}]})",
      text + "[3]}]}",
      text + deep,
      R"({"a":)" + deep,
      many + "\"x\"]}]}",
      text + "\"\xff\xfe\"}]}",
      text + "\"x\"}],\"messages\":[]}",
      R"({"messages":[{"role":"user","content":"x"}],"timestamp":true})",
      R"({"messages":[{"role":"user","content":"x"}],"timestamp":-1})",
      R"({"messages":[{"role":"user","content":"x"}],"timestamp":1e300})",
      R"({"messages":[{"role":"user","content":"x"}],"timestamp":"yesterday"})",
      R"({"messages":[{"role":"user","content":"x"}],"usage":{"prompt_tokens":1000000000}})",
      R"({"messages":[{"role":"user","content":"x"}],"usage":{"prompt_tokens":-1}})",
      R"({"messages":[{"role":"user","content":"x"}],"usage":{"completion_tokens":"many"}})",
      R"({"url":"/v1/embeddings","body":{"input":"x"}})"};
  for (const std::string& line : bad) {
    CAPTURE(line.substr(0, 120));
    try {
      (void)parse_chat_line(line);
      FAIL_CHECK("taken");
    } catch (const Error& error) {
      const std::string reason = error.what();
      CHECK(error.kind() == ErrorKind::kInput);
      CHECK(reason.find('\n') == std::string::npos);
      CHECK(reason.size() < 300);
    }
  }
}

}  // namespace
}  // namespace cachebench::ingest
