// SPDX-License-Identifier: Apache-2.0
// The project's own format: JSON Lines, a header line and a line per request. docs/traces.md.
#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/nearest.h"
#include "trace/fields.h"
#include "trace/json_line.h"
#include "trace/output.h"
#include "trace/record_lines.h"

namespace cachebench::trace {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kMagic = "cachebench-trace";
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMostBlockTokens = 1U << 20;

std::uint64_t unit_of(const std::string& name) {
  if (name == "ns") return 1;
  if (name == "us") return 1'000;
  if (name == "ms") return 1'000'000;
  if (name == "s") return 1'000'000'000;
  throw Error(ErrorKind::kInput, fmt::format("time_unit '{}' is not one of ns, us, ms, s", name));
}

struct NativeHeader {
  Header header;
  std::uint64_t unit_ns = 1'000;
  std::optional<std::uint64_t> requests;  ///< how many there are in all, where the writer knew
};

NativeHeader parse_header(std::string_view line) {
  const json object = parse_json_line(line);
  if (optional_text(object, "format") != kMagic) {
    throw Error(ErrorKind::kInput, fmt::format("no header line with \"format\":\"{}\"", kMagic));
  }
  if (const std::uint64_t version = required_count(object, "version"); version != kVersion) {
    throw Error(ErrorKind::kInput, fmt::format("version {} of the format; known is {}", version, kVersion));
  }
  NativeHeader result;
  result.header.format = "native";
  result.header.name = optional_text(object, "name").value_or("");
  result.header.source = optional_text(object, "source").value_or("");
  result.header.license = optional_text(object, "license").value_or("");
  result.header.notes = optional_text(object, "notes").value_or("");
  const std::uint64_t block_tokens = optional_count(object, "block_tokens").value_or(16);
  if (block_tokens == 0 || block_tokens > kMostBlockTokens) {
    throw Error(ErrorKind::kInput,
                fmt::format("block_tokens {} is not in 1 to {}", block_tokens, kMostBlockTokens));
  }
  result.header.block_tokens = static_cast<std::uint32_t>(block_tokens);
  result.header.lengths_only = object.value("lengths_only", json(false)) == true;
  result.header.blocks_only = object.value("blocks_only", json(false)) == true;
  result.header.copies_known = object.value("copies_known", json(true)) != false;
  result.unit_ns = unit_of(optional_text(object, "time_unit").value_or("us"));
  result.requests = optional_count(object, "requests");
  return result;
}

InputKind parse_kind(const std::string& name) {
  static const std::vector<std::string> known{"text", "image", "audio", "video"};
  for (const InputKind kind : {InputKind::kText, InputKind::kImage, InputKind::kAudio, InputKind::kVideo}) {
    if (name == name_of(kind)) return kind;
  }
  throw Error(ErrorKind::kInput, unknown_name("input kind", name, known));
}

std::optional<std::uint32_t> optional_side(const json& object, const char* key) {
  const std::optional<std::uint64_t> value = optional_count(object, key);
  if (!value) return std::nullopt;
  constexpr std::uint64_t kMostPixels = 1U << 20;
  if (*value == 0 || *value > kMostPixels) {
    throw Error(ErrorKind::kInput, fmt::format("\"{}\" {} is not in 1 to {}", key, *value, kMostPixels));
  }
  return static_cast<std::uint32_t>(*value);
}

Input parse_input(const json& object) {
  if (!object.is_object()) throw Error(ErrorKind::kInput, "an element of \"inputs\" is not an object");
  const std::optional<std::string> kind = optional_text(object, "kind");
  if (!kind) throw Error(ErrorKind::kInput, "an input has no \"kind\"");
  Input input;
  input.kind = parse_kind(*kind);
  input.hash = optional_text(object, "hash").value_or("");
  if (!input.hash.empty()) input.content = hash_key(input.hash);
  input.tokens = optional_count(object, "tokens");
  input.width = optional_side(object, "width");
  input.height = optional_side(object, "height");
  input.bytes = optional_count(object, "bytes");
  if (input.bytes == 0U) throw Error(ErrorKind::kInput, "\"bytes\" of an input is 0");
  input.seconds = optional_real(object, "seconds");
  input.frames = optional_count(object, "frames");
  input.simhash = optional_hex64(object, "simhash");
  input.phash = optional_hex64(object, "phash");
  input.phash_fine = optional_fine_code(object, "phash_fine");
  input.copy_of = optional_text(object, "copy_of").value_or("");
  return input;
}

class NativeReader final : public RequestLines {
 public:
  explicit NativeReader(OpenSource open) : RequestLines(std::move(open), Header{}) {
    std::string_view line;
    NativeHeader parsed;
    try {
      if (!lines_.next(line)) throw Error(ErrorKind::kInput, "no header line");
      parsed = parse_header(line);
    } catch (const Error& error) {
      lines_.fail(error.what());
    }
    header_ = std::move(parsed.header);
    unit_ns_ = parsed.unit_ns;
    requests_ = parsed.requests;
  }

 private:
  void parse(std::string_view line, Request& out) override {
    const json object = parse_json_line(line);
    out.arrival = parse_time(object);
    out.id = optional_count(object, "id").value_or(out.sequence);
    out.session = optional_count(object, "session");
    if (const auto turn = optional_count(object, "turn")) {
      if (*turn > UINT32_MAX) throw Error(ErrorKind::kInput, "\"turn\" is too large");
      out.turn = static_cast<std::uint32_t>(*turn);
    }
    out.input_tokens = optional_count(object, "input_tokens");
    out.output_tokens = optional_count(object, "output_tokens");
    out.image_count = optional_count(object, "image_count");
    const json* inputs = optional_array(object, "inputs");
    const json* blocks = optional_array(object, "prefix_blocks");
    if (inputs == nullptr && blocks == nullptr && !out.input_tokens) {
      throw Error(ErrorKind::kInput, "a request without \"inputs\", \"prefix_blocks\" or \"input_tokens\"");
    }
    if (inputs != nullptr) {
      for (const json& input : *inputs) out.inputs.push_back(parse_input(input));
    }
    if (blocks != nullptr) parse_blocks(*blocks, out);
  }

  [[nodiscard]] Nanoseconds parse_time(const json& object) const {
    const auto found = object.find("t");
    if (found != object.end() && found->is_number_float()) {
      return nanoseconds_of_seconds(required_real(object, "t") * (static_cast<double>(unit_ns_) * 1e-9));
    }
    return nanoseconds_of(required_count(object, "t"), unit_ns_);
  }

  // All blocks are full but the last, which holds what `input_tokens` leaves for it.
  void parse_blocks(const json& blocks, Request& out) const {
    out.has_blocks = true;
    for (const json& block : blocks) {
      if (!block.is_string())
        throw Error(ErrorKind::kInput, "an element of \"prefix_blocks\" is not a string");
      out.prefix_blocks.push_back(
          {.key = hash_key(block.get_ref<const std::string&>()), .tokens = header_.block_tokens});
    }
    if (out.prefix_blocks.empty() || !out.input_tokens) return;
    const std::uint64_t before = (out.prefix_blocks.size() - 1) * std::uint64_t{header_.block_tokens};
    if (*out.input_tokens <= before) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{} prefix blocks of {} tokens for {} input tokens", out.prefix_blocks.size(),
                              header_.block_tokens, *out.input_tokens));
    }
    const std::uint64_t last = std::min<std::uint64_t>(*out.input_tokens - before, header_.block_tokens);
    out.prefix_blocks.back().tokens = static_cast<std::uint32_t>(last);
  }

  void at_end() override {
    if (!requests_ || lines_.limited() || lines_.accepted() + lines_.skipped() == *requests_) return;
    throw Error(ErrorKind::kInput,
                fmt::format("{}: truncated: {} requests, the header says {}", lines_.path(),
                            lines_.accepted() + lines_.skipped(), *requests_));
  }

  std::uint64_t unit_ns_ = 1'000;
  std::optional<std::uint64_t> requests_;
};

ordered_json to_json(const Input& input) {
  ordered_json object{{"kind", name_of(input.kind)}};
  const auto put = [&](const char* key, const auto& value) {
    if (value) object[key] = *value;
  };
  if (!input.hash.empty()) object["hash"] = input.hash;
  put("tokens", input.tokens);
  put("width", input.width);
  put("height", input.height);
  put("bytes", input.bytes);
  put("seconds", input.seconds);
  put("frames", input.frames);
  if (input.simhash) object["simhash"] = to_hex(*input.simhash);
  if (input.phash) object["phash"] = to_hex(*input.phash);
  if (input.phash_fine) {
    std::string digits;
    for (const std::uint64_t word : *input.phash_fine) digits += to_hex(word);
    object["phash_fine"] = digits;
  }
  if (!input.copy_of.empty()) object["copy_of"] = input.copy_of;
  return object;
}

class NativeWriter final : public Writer {
 public:
  NativeWriter(const std::string& path, const Header& header) : output_(path) {
    ordered_json line{
        {"format", kMagic}, {"version", kVersion}, {"name", header.name}, {"source", header.source}};
    line["license"] = header.license;
    line["time_unit"] = "ns";
    line["block_tokens"] = header.block_tokens;
    line["notes"] = header.notes;
    if (header.lengths_only) line["lengths_only"] = true;
    if (header.blocks_only) line["blocks_only"] = true;
    if (!header.copies_known) line["copies_known"] = false;
    put_line(line);
  }
  [[nodiscard]] TraceClass trace_class() const override { return TraceClass::kRequests; }

  void write(const Request& request) override {
    ordered_json line{{"t", request.arrival.count()}, {"id", request.id}};
    if (request.session) line["session"] = *request.session;
    if (request.turn) line["turn"] = *request.turn;
    if (request.input_tokens) line["input_tokens"] = *request.input_tokens;
    if (request.output_tokens) line["output_tokens"] = *request.output_tokens;
    if (request.image_count) line["image_count"] = *request.image_count;
    if (!request.inputs.empty() || !request.has_blocks) {
      ordered_json inputs = ordered_json::array();
      for (const Input& input : request.inputs) inputs.push_back(to_json(input));
      line["inputs"] = std::move(inputs);
    }
    if (request.has_blocks) {
      ordered_json blocks = ordered_json::array();
      for (const BlockRef& block : request.prefix_blocks) blocks.push_back(to_hex(block.key));
      line["prefix_blocks"] = std::move(blocks);
    }
    put_line(line);
  }
  void write(std::span<const ObjectAccess> /*accesses*/) override {
    CACHEBENCH_CHECK(false, "the native format holds requests");
  }
  void finish() override { output_.finish(); }

 private:
  void put_line(const ordered_json& line) {
    output_.write(line.dump(-1, ' ', false, json::error_handler_t::replace));
    output_.write("\n");
  }
  TraceOutput output_;
};

int detect(const Probe& probe) {
  return probe.first_line.find(kMagic) != std::string_view::npos ? 100 : 0;
}

CACHEBENCH_REGISTER(FormatDescriptor,
                    {.name = "native",
                     .summary = "JSON Lines of text, image, audio and video requests",
                     .trace_class = TraceClass::kRequests,
                     .detect = detect,
                     .open = [](OpenSource open) { return std::make_unique<NativeReader>(std::move(open)); },
                     .create =
                         [](const std::string& path, const Header& header) {
                           return std::make_unique<NativeWriter>(path, header);
                         }});

}  // namespace
}  // namespace cachebench::trace
