// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.h"

/// One line of a log in the OpenAI chat shapes: a chat body, a Batch request around one, or a response.
/// Values that own what they hold; parsing is stateless. Errors: Error{kInput} with the reason alone; whoever
/// knows file and line puts them in front.
namespace cachebench::ingest {

enum class PartKind : std::uint8_t {
  kText,   ///< `value` is the text
  kImage,  ///< `value` is a URL or the name of a file
  kVideo,  ///< likewise
  kAudio,  ///< `value` is base64
};

struct Part {
  PartKind kind = PartKind::kText;
  std::string value;
};

struct Message {
  std::string role;
  std::vector<Part> parts;
};

/// Counts that the server attached.
struct Usage {
  std::optional<std::uint64_t> prompt_tokens;
  std::optional<std::uint64_t> completion_tokens;
};

struct ChatLine {
  bool is_request = false;  ///< it has messages; else it is a response
  std::string custom_id;    ///< "" where there is none
  std::string model;
  std::optional<Nanoseconds> time;  ///< since 1970
  Usage usage;
  std::string tools;  ///< definitions that are part of the prompt, as JSON
  std::vector<Message> messages;
};

inline constexpr std::size_t kMostParts = 100'000;  ///< of all messages of a request

/// Shapes: {"model", "messages"}, {"custom_id", "method", "url", "body": {…}}, {"request": {…}, "response":
/// {…}}, and responses: {"custom_id", "response": {"body": {"usage"}}}, {"object": "chat.completion",
/// "usage"}. `created`, `created_at` or `timestamp` is the time, as seconds (milliseconds or microseconds
/// from 1e11 and 1e14 on) or as text of ISO 8601 in UTC.
[[nodiscard]] ChatLine parse_chat_line(std::string_view line);

}  // namespace cachebench::ingest
