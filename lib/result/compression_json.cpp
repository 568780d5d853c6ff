// SPDX-License-Identifier: Apache-2.0
#include "result/compression_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "result/totals_json.h"

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

// Nothing was done where there were no bytes.
std::optional<double> rate_of(std::uint64_t bytes, std::int64_t ns) {
  return bytes == 0 ? std::nullopt : per_second(bytes, ns);
}

Json measured_to_json(const MeasuredCodec& codec) {
  Json json = {{"encoded", codec.encoded},
               {"declined", codec.declined},
               {"plain_bytes", codec.plain_bytes},
               {"stored_bytes", codec.stored_bytes},
               {"declined_bytes", codec.declined_bytes},
               {"ratio", number_or_null(codec.ratio())},
               {"encode_ns", codec.encode_ns},
               {"encode_bytes_per_second", number_or_null(codec.encode_per_second())},
               {"decoded", codec.decoded},
               {"decoded_bytes", codec.decoded_bytes},
               {"decode_ns", codec.decode_ns},
               {"decode_bytes_per_second", number_or_null(codec.decode_per_second())},
               {"compared_elements", codec.compared_elements},
               {"max_error", nullptr},
               {"relative_error", nullptr}};
  if (codec.compared_elements > 0) {
    json["max_error"] = codec.max_error;
    json["relative_error"] = codec.relative_error;
  }
  return json;
}

MeasuredCodec measured_from_json(const JsonReader& reader) {
  MeasuredCodec codec{.encoded = reader.count("encoded"),
                      .declined = reader.count("declined"),
                      .plain_bytes = reader.count("plain_bytes"),
                      .stored_bytes = reader.count("stored_bytes"),
                      .declined_bytes = reader.count("declined_bytes"),
                      .encode_ns = reader.integer("encode_ns"),
                      .decoded = reader.count("decoded"),
                      .decoded_bytes = reader.count("decoded_bytes"),
                      .decode_ns = reader.integer("decode_ns"),
                      .compared_elements = reader.count("compared_elements")};
  if (reader.has("max_error")) codec.max_error = reader.number("max_error");
  if (reader.has("relative_error")) codec.relative_error = reader.number("relative_error");
  return codec;
}

Json kind_json(const CompressedKind& kind) {
  Json json = {{"entries", kind.entries},
               {"plain_bytes", kind.plain_bytes},
               {"charged_bytes", kind.charged_bytes},
               {"ratio", number_or_null(kind.ratio())}};
  if (kind.lossy) json["lossy"] = measured_to_json(*kind.lossy);
  if (kind.lossless) json["lossless"] = measured_to_json(*kind.lossless);
  return json;
}

CompressedKind kind_from(const JsonReader& reader) {
  CompressedKind kind{.entries = reader.count("entries"),
                      .plain_bytes = reader.count("plain_bytes"),
                      .charged_bytes = reader.count("charged_bytes"),
                      .lossy = std::nullopt,
                      .lossless = std::nullopt};
  if (reader.has("lossy")) kind.lossy = measured_from_json(reader.object("lossy"));
  if (reader.has("lossless")) kind.lossless = measured_from_json(reader.object("lossless"));
  return kind;
}

}  // namespace

std::optional<double> MeasuredCodec::ratio() const {
  return ratio_of(stored_bytes, plain_bytes);
}
std::optional<double> MeasuredCodec::encode_per_second() const {
  return rate_of(plain_bytes + declined_bytes, encode_ns);
}
std::optional<double> MeasuredCodec::decode_per_second() const {
  return rate_of(decoded_bytes, decode_ns);
}
std::optional<double> CompressedKind::ratio() const {
  return ratio_of(charged_bytes, plain_bytes);
}

Json compression_to_json(const Compression& compression) {
  Json json = {{"tiers", Json::array()}, {"kinds", Json::object()}};
  for (const TierCompression& tier : compression.tiers)
    json["tiers"].push_back({{"tier", tier.tier}, {"form", tier.form}, {"when", tier.when}});
  for (const auto& [name, kind] : compression.kinds) json["kinds"][name] = kind_json(kind);
  return json;
}

Compression compression_from_json(const JsonReader& reader) {
  Compression compression;
  reader.each("tiers", [&](const JsonReader& tier) {
    compression.tiers.push_back(
        {.tier = tier.text("tier"), .form = tier.text("form"), .when = tier.text("when")});
  });
  reader.members("kinds", [&](const std::string& name, const JsonReader& kind) {
    compression.kinds[name] = kind_from(kind);
  });
  return compression;
}

std::vector<std::string> check_compression(const Compression& compression) {
  std::vector<std::string> broken;
  const auto expect = [&](bool holds, const std::string& kind, const char* what) {
    if (!holds) broken.push_back(fmt::format("compression of {}: {}", kind, what));
  };
  for (const auto& [name, kind] : compression.kinds) {
    expect(kind.charged_bytes <= kind.plain_bytes, name, "more is charged than the entries have");
    for (const auto& codec : {kind.lossy, kind.lossless}) {
      if (!codec) continue;
      expect(codec->stored_bytes <= codec->plain_bytes, name, "more is stored than there was");
      expect(std::isfinite(codec->max_error) && codec->max_error >= 0, name, "its error is no number");
    }
  }
  return broken;
}

Json hashing_to_json(const Hashing& hashing) {
  Json json = {{"algorithm", hashing.algorithm},
               {"basis", "modelled"},
               {"contents", hashing.contents},
               {"bytes", hashing.bytes},
               {"time_ns", hashing.time_ns}};
  json["measured"] = Json::object();
  for (const auto& [kind, measured] : hashing.measured) {
    json["measured"][kind] = {{"basis", "measured"},
                              {"contents", measured.contents},
                              {"bytes", measured.bytes},
                              {"time_ns", measured.time_ns},
                              {"bytes_per_second", number_or_null(measured.bytes_per_second())}};
  }
  return json;
}

std::optional<double> MeasuredHashing::bytes_per_second() const {
  if (time_ns <= 0) return std::nullopt;
  return static_cast<double>(bytes) / static_cast<double>(time_ns) * 1e9;
}

Hashing hashing_from_json(const JsonReader& reader) {
  Hashing hashing{.algorithm = reader.text("algorithm"),
                  .contents = reader.count("contents"),
                  .bytes = reader.count("bytes"),
                  .time_ns = reader.integer("time_ns")};
  if (!reader.has("measured")) return hashing;  // of a version before it
  reader.members("measured", [&](const std::string& kind, const JsonReader& item) {
    hashing.measured[kind] = {
        .contents = item.count("contents"), .bytes = item.count("bytes"), .time_ns = item.integer("time_ns")};
  });
  return hashing;
}

}  // namespace cachebench::result
