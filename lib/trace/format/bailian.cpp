// SPDX-License-Identifier: Apache-2.0
// Qwen usage traces of Alibaba's Bailian: JSON Lines with chat chains and prefix block ids, 16 tokens a
// block.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/error.h"
#include "trace/block_sizes.h"
#include "trace/fields.h"
#include "trace/json_line.h"
#include "trace/record_lines.h"

namespace cachebench::trace {
namespace {

constexpr std::uint32_t kBlockTokens = 16;

Header header_of_format() {
  Header header;
  header.format = "bailian";
  header.block_tokens = kBlockTokens;
  header.blocks_only = true;
  return header;
}

// A first turn has the parent -1.
std::optional<std::uint64_t> parent_of(const nlohmann::json& object) {
  const auto parent = object.find("parent_chat_id");
  if (parent != object.end() && parent->is_number_integer() && *parent == -1) return std::nullopt;
  return optional_count(object, "parent_chat_id");
}

class BailianReader final : public RequestLines {
 public:
  explicit BailianReader(OpenSource open) : RequestLines(std::move(open), header_of_format()) {}

 private:
  void parse(std::string_view line, Request& out) override {
    const nlohmann::json object = parse_json_line(line);
    out.arrival = since_first(nanoseconds_of_seconds(required_real(object, "timestamp")));
    out.id = required_count(object, "chat_id");
    out.input_tokens = required_count(object, "input_length");
    out.output_tokens = required_count(object, "output_length");
    if (const auto turn = optional_count(object, "turn")) {
      if (*turn > UINT32_MAX) throw Error(ErrorKind::kInput, "\"turn\" is too large");
      out.turn = static_cast<std::uint32_t>(*turn);
    }
    static_cast<void>(optional_text(object, "type"));  // says nothing about the content; must be text
    const std::optional<std::uint64_t> parent = parent_of(object);
    const nlohmann::json* ids = optional_array(object, "hash_ids");
    if (ids == nullptr) throw Error(ErrorKind::kInput, "\"hash_ids\" is missing");
    blocks_.fill(*ids, out);
    out.session = session_of(out.id, parent);
  }

  // A chat belongs to the session of its parent; a parent from before the trace names the session itself.
  std::uint64_t session_of(std::uint64_t chat, std::optional<std::uint64_t> parent) {
    std::uint64_t session = chat;
    if (parent) {
      const auto known = sessions_.find(*parent);
      session = known == sessions_.end() ? *parent : known->second;
    }
    sessions_[chat] = session;
    return session;
  }

  // Recorded times count from somewhere in the day.
  Nanoseconds since_first(Nanoseconds time) {
    if (!first_) first_ = time;
    if (time < *first_)
      throw Error(ErrorKind::kInput, "out of order: \"timestamp\" lies before the first one");
    return time - *first_;
  }

  BlockSizes blocks_{kBlockTokens};
  std::unordered_map<std::uint64_t, std::uint64_t> sessions_;
  std::optional<Nanoseconds> first_;
};

int detect(const Probe& probe) {
  const auto has = [&](std::string_view key) { return probe.first_line.find(key) != std::string_view::npos; };
  return probe.first_line.starts_with('{') && has("\"chat_id\"") &&
                 (has("\"parent_chat_id\"") || has("\"hash_ids\""))
             ? 95
             : 0;
}

CACHEBENCH_REGISTER(
    FormatDescriptor,
    {.name = "bailian",
     .summary = "JSON Lines with chat chains and prefix block ids of 16 tokens (Qwen usage traces)",
     .trace_class = TraceClass::kRequests,
     .detect = detect,
     .open = [](OpenSource open) { return std::make_unique<BailianReader>(std::move(open)); }});

}  // namespace
}  // namespace cachebench::trace
