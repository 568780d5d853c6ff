// SPDX-License-Identifier: Apache-2.0
#include "report/compression_section.h"

#include <fmt/format.h>

#include <array>

#include "core/units.h"
#include "report/html_parts.h"
#include "report/markup.h"

namespace cachebench::report {
namespace {

using result::CompressedKind;
using result::Compression;
using result::MeasuredCodec;

constexpr const char* kNoFigure = "–";

std::string error_at(const std::string& path, const MeasuredCodec& codec, double value) {
  if (codec.compared_elements == 0) return kNoFigure;
  return number_figure(path, value, fmt::format("{:.3g}", value));
}

std::string bytes_rate(const std::string& path, std::optional<double> rate) {
  if (!rate) return kNoFigure;
  return number_figure(path, *rate, fmt::format("{:.2f} GB/s", *rate / 1e9));
}

void add_codec_row(const std::string& label, const std::string& at, const MeasuredCodec& codec,
                   Table& table) {
  table.rows.push_back({label, count_figure(at + "/encoded", codec.encoded),
                        count_figure(at + "/declined", codec.declined),
                        share_figure(at + "/ratio", codec.ratio()),
                        bytes_rate(at + "/encode_bytes_per_second", codec.encode_per_second()),
                        bytes_rate(at + "/decode_bytes_per_second", codec.decode_per_second()),
                        error_at(at + "/max_error", codec, codec.max_error),
                        error_at(at + "/relative_error", codec, codec.relative_error)});
}

Table decided_table(const Compression& compression) {
  Table table{.caption = "What entered tiers in a lossy form, by decision",
              .columns = {"Entry type", "Entries", "Bytes", "Charged", "Ratio"},
              .rows = {}};
  for (const auto& [name, kind] : compression.kinds) {
    if (kind.entries == 0) continue;
    const std::string at = pointer("/compression/kinds", name);
    table.rows.push_back(
        {"<span data-name>" + words(name) + "</span>", count_figure(at + "/entries", kind.entries),
         bytes_figure(at + "/plain_bytes", kind.plain_bytes),
         bytes_figure(at + "/charged_bytes", kind.charged_bytes), share_figure(at + "/ratio", kind.ratio())});
  }
  return table;
}

Table measured_table(const Compression& compression) {
  Table table{
      .caption = "Encoding and decoding, measured on one core; errors on the first rows of each entry",
      .columns = {"Entry type", "Encoded", "Left plain", "Ratio", "Encoding", "Decoding", "Largest error",
                  "Relative error"},
      .rows = {}};
  for (const auto& [name, kind] : compression.kinds) {
    const std::string at = pointer("/compression/kinds", name);
    const std::string label = "<span data-name>" + words(name) + "</span>";
    if (kind.lossy) add_codec_row(label + ", lossy", at + "/lossy", *kind.lossy, table);
    if (kind.lossless) add_codec_row(label + ", lossless", at + "/lossless", *kind.lossless, table);
  }
  return table;
}

Table tier_table(const Compression& compression) {
  Table table{
      .caption = "Tiers that compress", .columns = {"Tier", "Form", "When"}, .rows = {}, .word_columns = 3};
  for (std::size_t i = 0; i < compression.tiers.size(); ++i) {
    const std::string at = pointer("/compression/tiers", i);
    table.rows.push_back({text_figure("span", at + "/tier", compression.tiers[i].tier),
                          text_figure("span", at + "/form", compression.tiers[i].form),
                          text_figure("span", at + "/when", compression.tiers[i].when)});
  }
  return table;
}

Table hashing_table(const result::Hashing& hashing) {
  return {.caption = "Telling contents apart, modelled",
          .columns = {"", "Value"},
          .rows = {{"Algorithm", text_figure("span", "/hashing/algorithm", hashing.algorithm)},
                   {"Contents hashed", count_figure("/hashing/contents", hashing.contents)},
                   {"Bytes hashed", bytes_figure("/hashing/bytes", hashing.bytes)},
                   {"Time", time_figure("/hashing/time_ns", hashing.time_ns)}}};
}

Table measured_hashing_table(const result::Hashing& hashing) {
  Table table{.caption = "Of them, the first by the clock of a core, measured",
              .columns = {"Content", "Hashed", "Bytes", "Time", "Rate"},
              .rows = {}};
  for (const auto& [kind, measured] : hashing.measured) {
    const std::string at = pointer("/hashing/measured", kind);
    table.rows.push_back(
        {"<span data-name>" + words(kind) + "</span>", count_figure(at + "/contents", measured.contents),
         bytes_figure(at + "/bytes", measured.bytes), time_figure(at + "/time_ns", measured.time_ns),
         rate_figure(at + "/bytes_per_second", measured.bytes_per_second())});
  }
  return table;
}

std::string measured_hashing_line(const result::Hashing& hashing) {
  std::string text;
  for (const auto& [kind, measured] : hashing.measured) {
    const auto rate = measured.bytes_per_second();
    if (!rate) continue;
    text += fmt::format("{}{} {:.2f} GB/s", text.empty() ? "" : ", ", plain_markdown(kind), *rate / 1e9);
  }
  return text.empty() ? text : fmt::format(" Measured on one core: {}.", text);
}

std::string markdown_row(const std::string& name, const CompressedKind& kind) {
  const MeasuredCodec* codec = kind.lossy ? &*kind.lossy : kind.lossless ? &*kind.lossless : nullptr;
  const auto ratio = kind.ratio() ? kind.ratio() : codec != nullptr ? codec->ratio() : std::nullopt;
  const auto rate = [](std::optional<double> value) {
    return value ? fmt::format("{:.2f} GB/s", *value / 1e9) : std::string(kNoFigure);
  };
  const bool compared = codec != nullptr && codec->compared_elements > 0;
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", plain_markdown(name),
                     ratio ? fmt::format("{:.3f}", *ratio) : kNoFigure,
                     codec != nullptr ? rate(codec->encode_per_second()) : kNoFigure,
                     codec != nullptr ? rate(codec->decode_per_second()) : kNoFigure,
                     compared ? fmt::format("{:.3g}", codec->max_error) : kNoFigure,
                     compared ? fmt::format("{:.3g}", codec->relative_error) : kNoFigure);
}

}  // namespace

std::string compression_section(const result::RunResult& result) {
  if (!result.compression && !result.hashing) return "";
  std::string body;
  if (result.compression) {
    body += card(scrolled(tier_table(*result.compression)));
    const Table decided = decided_table(*result.compression);
    if (!decided.rows.empty()) body += card(scrolled(decided));
    const Table measured = measured_table(*result.compression);
    if (!measured.rows.empty()) body += card(scrolled(measured));
  }
  if (result.hashing) body += card(scrolled(hashing_table(*result.hashing)));
  if (result.hashing && !result.hashing->measured.empty())
    body += card(scrolled(measured_hashing_table(*result.hashing)));
  return section("compression", "Compression and hashing",
                 "Decisions charge what a form takes by shape; left plain is what values or size forbade.",
                 body);
}

std::string compression_markdown(const result::RunResult& result) {
  std::string text;
  if (result.compression && !result.compression->kinds.empty()) {
    text += "\n| Compressed | Ratio | Encoding | Decoding | Largest error | Relative error |\n";
    text += "|---|---|---|---|---|---|\n";
    for (const auto& [name, kind] : result.compression->kinds) text += markdown_row(name, kind);
  }
  if (result.hashing) {
    text += fmt::format("\nHashing: {} contents, {}, {} by {} (modelled).{}\n", result.hashing->contents,
                        format_bytes(Bytes{result.hashing->bytes}),
                        format_duration(Nanoseconds{result.hashing->time_ns}),
                        plain_markdown(result.hashing->algorithm), measured_hashing_line(*result.hashing));
  }
  return text;
}

}  // namespace cachebench::report
