// SPDX-License-Identifier: Apache-2.0
#include "ingest/chat_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "model/prompt_layout.h"
#include "trace/fields.h"
#include "trace/json_line.h"

namespace cachebench::ingest {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorKind::kInput, reason);
}

const json* object_in(const json* parent, const char* key) {
  if (parent == nullptr) return nullptr;
  const auto found = parent->find(key);
  return found != parent->end() && found->is_object() ? &*found : nullptr;
}

std::string compact(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Nanoseconds time_of(const json& value, const char* key) {
  if (value.is_string()) {
    std::string_view text = value.get_ref<const std::string&>();
    if (text.ends_with('Z')) text.remove_suffix(1);
    if (text.ends_with("+00:00")) text.remove_suffix(6);
    return trace::parse_timestamp(text);
  }
  if (!value.is_number()) refuse(fmt::format("\"{}\" is neither a number nor text", key));
  const double number = value.get<double>();
  if (!(number >= 0)) refuse(fmt::format("\"{}\" is negative", key));
  return trace::nanoseconds_of_seconds(number >= 1e17   ? number * 1e-9
                                       : number >= 1e14 ? number * 1e-6
                                       : number >= 1e11 ? number * 1e-3
                                                        : number);
}

std::optional<Nanoseconds> time_in(const json* object) {
  if (object == nullptr) return std::nullopt;
  for (const char* key : {"timestamp", "created", "created_at"}) {
    const auto found = object->find(key);
    if (found != object->end() && !found->is_null()) return time_of(*found, key);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> tokens_in(const json& usage, const char* key) {
  const std::optional<std::uint64_t> tokens = trace::optional_count(usage, key);
  if (tokens && *tokens > model::kMaxPromptTokens)
    refuse(fmt::format("\"{}\" {} is beyond {}", key, *tokens, model::kMaxPromptTokens));
  return tokens;
}

void read_usage(const json* object, Usage& usage) {
  const json* found = object_in(object, "usage");
  if (found == nullptr) return;
  usage.prompt_tokens = tokens_in(*found, "prompt_tokens");
  usage.completion_tokens = tokens_in(*found, "completion_tokens");
}

// {"url": "…"}, or the text itself.
std::string url_of(const json& part, const char* key) {
  const auto found = part.find(key);
  if (found == part.end()) refuse(fmt::format("a part of type {} without \"{}\"", key, key));
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object()) {
    const std::optional<std::string> url = trace::optional_text(*found, "url");
    if (url && !url->empty()) return *url;
  }
  refuse(fmt::format("a part of type {} without a \"url\"", key));
}

Part part_of(const json& part) {
  if (part.is_string()) return {.kind = PartKind::kText, .value = part.get<std::string>()};
  if (!part.is_object()) refuse("a part of a message is neither an object nor text");
  const std::string type = trace::optional_text(part, "type").value_or("");
  if (type == "text" || type == "refusal") {
    const std::optional<std::string> text = trace::optional_text(part, type.c_str());
    if (!text) refuse(fmt::format("a part of type {} without \"{}\"", type, type));
    return {.kind = PartKind::kText, .value = *text};
  }
  if (type == "image_url") return {.kind = PartKind::kImage, .value = url_of(part, "image_url")};
  if (type == "video_url") return {.kind = PartKind::kVideo, .value = url_of(part, "video_url")};
  if (type == "input_audio") {
    const json* audio = object_in(&part, "input_audio");
    const std::optional<std::string> data =
        audio == nullptr ? std::nullopt : trace::optional_text(*audio, "data");
    if (!data) refuse("a part of type input_audio without \"data\"");
    return {.kind = PartKind::kAudio, .value = *data};
  }
  refuse(fmt::format("a part of type '{}'; known are text, refusal, image_url, video_url, input_audio",
                     type.substr(0, 40)));
}

Message message_of(const json& from) {
  if (!from.is_object()) refuse("an element of \"messages\" is not an object");
  const std::optional<std::string> role = trace::optional_text(from, "role");
  if (!role || role->empty()) refuse("a message without \"role\"");
  Message message{.role = *role, .parts = {}};
  const auto content = from.find("content");
  if (content != from.end() && content->is_string()) {
    message.parts.push_back({.kind = PartKind::kText, .value = content->get<std::string>()});
  } else if (content != from.end() && content->is_array()) {
    for (const json& part : *content) message.parts.push_back(part_of(part));
  } else if (content != from.end() && !content->is_null()) {
    refuse("\"content\" of a message is neither text nor an array");
  }
  if (const json* calls = trace::optional_array(from, "tool_calls"); calls != nullptr && !calls->empty())
    message.parts.push_back({.kind = PartKind::kText, .value = compact(*calls)});
  return message;
}

// Where the messages are.
const json* body_of(const json& line) {
  if (line.contains("messages")) return &line;
  for (const char* key : {"body", "request"}) {
    const json* inner = object_in(&line, key);
    if (inner != nullptr && inner->contains("messages")) return inner;
    if (const json* deeper = object_in(inner, "body"); deeper != nullptr && deeper->contains("messages"))
      return deeper;
  }
  return nullptr;
}

void read_request(const json& body, ChatLine& out) {
  const json* messages = trace::optional_array(body, "messages");
  if (messages == nullptr || messages->empty()) refuse("\"messages\" is empty");
  out.is_request = true;
  out.model = trace::optional_text(body, "model").value_or("");
  if (const json* tools = trace::optional_array(body, "tools"); tools != nullptr && !tools->empty())
    out.tools = compact(*tools);
  std::size_t parts = 0;
  for (const json& message : *messages) {
    out.messages.push_back(message_of(message));
    parts += 1 + out.messages.back().parts.size();
    if (parts > kMostParts) refuse(fmt::format("more than {} messages and parts", kMostParts));
  }
}

}  // namespace

ChatLine parse_chat_line(std::string_view line) {
  const json parsed = trace::parse_json_line(line);
  ChatLine out;
  out.custom_id = trace::optional_text(parsed, "custom_id").value_or("");
  const std::string url = trace::optional_text(parsed, "url").value_or("");
  if (!url.empty() && url.find("/chat/completions") == std::string::npos)
    refuse(fmt::format("\"url\" '{}' is not of chat completions", url.substr(0, 80)));
  const json* body = body_of(parsed);
  const json* response = object_in(&parsed, "response");
  const json* answer = object_in(response, "body");
  if (body == nullptr && response == nullptr && !parsed.contains("usage") && !parsed.contains("error"))
    refuse("neither a chat request (\"messages\") nor a response (\"response\", \"usage\")");
  if (body != nullptr) read_request(*body, out);
  for (const json* holder : {&parsed, body, response, answer}) {
    if (!out.time) out.time = time_in(holder);
    if (!out.usage.prompt_tokens && !out.usage.completion_tokens) read_usage(holder, out.usage);
  }
  return out;
}

}  // namespace cachebench::ingest
