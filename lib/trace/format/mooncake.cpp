// SPDX-License-Identifier: Apache-2.0
// Mooncake's production traces (FAST'25): JSON Lines with prefix block ids, 512 tokens a block.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/check.h"
#include "core/error.h"
#include "trace/block_sizes.h"
#include "trace/fields.h"
#include "trace/json_line.h"
#include "trace/output.h"
#include "trace/record_lines.h"

namespace cachebench::trace {
namespace {

constexpr std::uint32_t kBlockTokens = 512;
constexpr std::uint64_t kNsPerMs = 1'000'000;

Header header_of_format() {
  Header header;
  header.format = "mooncake";
  header.block_tokens = kBlockTokens;
  header.blocks_only = true;
  return header;
}

class MooncakeReader final : public RequestLines {
 public:
  explicit MooncakeReader(OpenSource open) : RequestLines(std::move(open), header_of_format()) {}

 private:
  void parse(std::string_view line, Request& out) override {
    const nlohmann::json object = parse_json_line(line);
    const auto time = object.find("timestamp");
    out.arrival = time != object.end() && time->is_number_float()
                      ? nanoseconds_of_seconds(required_real(object, "timestamp") / 1000.0)
                      : nanoseconds_of(required_count(object, "timestamp"), kNsPerMs);
    out.id = out.sequence;
    out.input_tokens = required_count(object, "input_length");
    out.output_tokens = required_count(object, "output_length");
    const nlohmann::json* ids = optional_array(object, "hash_ids");
    if (ids == nullptr) throw Error(ErrorKind::kInput, "\"hash_ids\" is missing");
    blocks_.fill(*ids, out);
  }
  BlockSizes blocks_{kBlockTokens};
};

class MooncakeWriter final : public Writer {
 public:
  MooncakeWriter(const std::string& path, const Header& header) : path_(path), output_(path) {
    if (header.block_tokens != kBlockTokens) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: blocks of {} tokens do not fit the mooncake format, whose have {}", path,
                              header.block_tokens, kBlockTokens));
    }
  }
  [[nodiscard]] TraceClass trace_class() const override { return TraceClass::kRequests; }

  void write(const Request& request) override {
    if (!request.has_blocks) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: request {} has no prefix blocks, which the mooncake format needs", path_,
                              request.sequence));
    }
    std::uint64_t tokens = 0;
    ids_.clear();
    for (const BlockRef& block : request.prefix_blocks) {
      tokens += block.tokens;
      ids_.push_back(number_of(block.key));
    }
    output_.write(fmt::format(
        "{{\"timestamp\": {}, \"input_length\": {}, \"output_length\": {}, \"hash_ids\": [{}]}}\n",
        request.arrival.count() / static_cast<std::int64_t>(kNsPerMs), request.input_tokens.value_or(tokens),
        request.output_tokens.value_or(0), fmt::join(ids_, ", ")));
  }
  void write(std::span<const ObjectAccess> /*accesses*/) override {
    CACHEBENCH_CHECK(false, "the mooncake format holds requests");
  }
  void finish() override { output_.finish(); }

 private:
  // Ids of a source with integers stay; others are numbered as they come.
  std::uint64_t number_of(const Key& key) {
    if (key.hi == 0) return key.lo;
    return numbers_.try_emplace(key, numbers_.size()).first->second;
  }
  std::string path_;
  TraceOutput output_;
  std::vector<std::uint64_t> ids_;
  std::unordered_map<Key, std::uint64_t> numbers_;
};

int detect(const Probe& probe) {
  const auto has = [&](std::string_view key) { return probe.first_line.find(key) != std::string_view::npos; };
  if (!probe.first_line.starts_with('{') || has("\"chat_id\"")) return 0;
  if (has("\"hash_ids\"") && has("\"timestamp\"")) return 95;
  return has("\"timestamp\"") && has("\"input_length\"") ? 60 : 0;
}

CACHEBENCH_REGISTER(
    FormatDescriptor,
    {.name = "mooncake",
     .summary = "JSON Lines with prefix block ids of 512 tokens (Mooncake, FAST'25)",
     .trace_class = TraceClass::kRequests,
     .detect = detect,
     .open = [](OpenSource open) { return std::make_unique<MooncakeReader>(std::move(open)); },
     .create = [](const std::string& path,
                  const Header& header) { return std::make_unique<MooncakeWriter>(path, header); }});

}  // namespace
}  // namespace cachebench::trace
