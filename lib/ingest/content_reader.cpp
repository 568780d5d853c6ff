// SPDX-License-Identifier: Apache-2.0
#include "ingest/content_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/picture_structure.h"
#include "core/simhash.h"
#include "image/phash.h"
#include "ingest/base64.h"

namespace cachebench::ingest {
namespace {

constexpr std::size_t kRememberedPictures = 1 << 16;
constexpr std::uint32_t kLongestSide = 1U << 20;  // that a trace can say
constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;

std::span<const std::byte> bytes_in(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

// data:[<type>][;parameter]…;base64,<data>
std::vector<std::byte> decode_data_url(std::string_view url) {
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) throw Error(ErrorKind::kInput, "a data URL without a comma");
  if (!url.substr(0, comma).ends_with(";base64"))
    throw Error(ErrorKind::kInput, "a data URL that is not base64");
  std::vector<std::byte> bytes = decode_base64(url.substr(comma + 1));
  if (bytes.empty()) throw Error(ErrorKind::kInput, "a data URL without data");
  return bytes;
}

// Whether the picture is of a format we read; its header may still be broken.
std::optional<image::Format> format_of(const image::Source& source) {
  try {
    return image::detect_format(source);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string_view suffix_of(std::optional<image::Format> format) {
  if (!format) return ".bin";
  return *format == image::Format::kPng ? ".png" : ".jpg";
}

void add(const ContentCounts& from, ContentCounts& to) {
  to.texts += from.texts;
  to.images += from.images;
  to.videos += from.videos;
  to.audios += from.audios;
  to.remote += from.remote;
  to.unsized += from.unsized;
  to.distinct_images += from.distinct_images;
  to.visual_tokens += from.visual_tokens;
  to.text_tokens += from.text_tokens;
  to.kept_files += from.kept_files;
}

}  // namespace

bool is_remote(std::string_view url) {
  const std::size_t colon = url.find("://");
  return colon != std::string_view::npos && colon > 0 && url.substr(0, colon) != "file";
}

ContentReader::ContentReader(ContentOptions options, model::Geometry geometry)
    : options_(std::move(options)), geometry_(std::move(geometry)) {
  if (!(options_.bytes_per_token >= 0.25 && options_.bytes_per_token <= 64))
    throw Error(ErrorKind::kUsage, "bytes per token are 0.25 to 64");
  std::error_code failed;
  if (!options_.content.empty()) {
    folder_ = std::filesystem::canonical(options_.content, failed);
    if (failed) throw Error(ErrorKind::kInput, fmt::format("{}: {}", options_.content, failed.message()));
  }
  if (!options_.keep_content.empty()) {
    std::filesystem::create_directories(options_.keep_content, failed);
    if (failed)
      throw Error(ErrorKind::kEnvironment, fmt::format("{}: {}", options_.keep_content, failed.message()));
  }
}

std::optional<trace::Input> ContentReader::read(const Part& part) {
  switch (part.kind) {
    case PartKind::kText:
      if (part.value.empty()) return std::nullopt;
      return read_text(part.value);
    case PartKind::kImage:
      return read_image(part.value);
    case PartKind::kVideo:
      return read_video(part.value);
    case PartKind::kAudio:
      return read_audio(part.value);
  }
  return std::nullopt;
}

trace::Input ContentReader::read_text(const std::string& text) {
  std::vector<std::byte> copy;
  const auto bytes = bytes_in(text);
  if (!options_.keep_content.empty()) copy.assign(bytes.begin(), bytes.end());
  trace::Input input;
  input.kind = trace::InputKind::kText;
  input.hash = sha256(bytes);
  input.bytes = bytes.size();
  input.tokens = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(bytes.size()) / options_.bytes_per_token)));
  if (options_.codes) input.simhash = simhash(std::string_view(text));
  if (!options_.keep_content.empty()) to_keep_.push_back({input.hash + ".txt", std::move(copy)});
  ++pending_.texts;
  pending_.text_tokens += *input.tokens;
  return input;
}

trace::Input ContentReader::read_image(std::string_view url) {
  ++pending_.images;
  if (is_remote(url)) return remote(trace::InputKind::kImage, url);
  std::vector<std::byte> bytes = bytes_of(url);
  const auto format = format_of({.name = "the image", .bytes = bytes});
  const std::string hash = sha256(bytes);
  const Facts facts = facts_of(hash, bytes);
  trace::Input input = local(trace::InputKind::kImage, std::move(bytes), suffix_of(format));
  if (facts.size) {
    input.width = facts.size->width;
    input.height = facts.size->height;
  } else {
    ++pending_.unsized;
  }
  input.phash = facts.phash;
  input.phash_fine = facts.phash_fine;
  pending_.visual_tokens += facts.visual_tokens;
  return input;
}

trace::Input ContentReader::read_video(std::string_view url) {
  ++pending_.videos;
  if (is_remote(url)) return remote(trace::InputKind::kVideo, url);
  return local(trace::InputKind::kVideo, bytes_of(url), ".bin");
}

trace::Input ContentReader::read_audio(std::string_view base64) {
  ++pending_.audios;
  std::vector<std::byte> bytes = decode_base64(base64);
  if (bytes.empty()) throw Error(ErrorKind::kInput, "audio without data");
  return local(trace::InputKind::kAudio, std::move(bytes), ".bin");
}

// The URL is hashed too: it may hold a secret.
trace::Input ContentReader::remote(trace::InputKind kind, std::string_view url) {
  trace::Input input;
  input.kind = kind;
  input.hash = "url:" + sha256(bytes_in(url));
  ++pending_.remote;
  return input;
}

trace::Input ContentReader::local(trace::InputKind kind, std::vector<std::byte> bytes,
                                  std::string_view suffix) {
  trace::Input input;
  input.kind = kind;
  input.hash = sha256(bytes);
  input.bytes = bytes.size();
  if (!options_.keep_content.empty())
    to_keep_.push_back({input.hash + std::string(suffix), std::move(bytes)});
  return input;
}

std::vector<std::byte> ContentReader::bytes_of(std::string_view url) const {
  if (url.starts_with("data:")) return decode_data_url(url);
  return file_bytes(url.starts_with("file://") ? url.substr(7) : url);
}

// Only files inside the folder: the log may come from anyone.
std::vector<std::byte> ContentReader::file_bytes(std::string_view name) const {
  const std::string shown(name.substr(0, 120));
  if (folder_.empty())
    throw Error(ErrorKind::kInput, fmt::format("file '{}' is named: say where with --content DIR", shown));
  if (name.find('\0') != std::string_view::npos)
    throw Error(ErrorKind::kInput, "the name of a file has a zero byte in it");
  std::error_code failed;
  const std::filesystem::path file = std::filesystem::canonical(folder_ / name, failed);
  if (failed) throw Error(ErrorKind::kInput, fmt::format("file '{}': {}", shown, failed.message()));
  const auto ends = std::mismatch(folder_.begin(), folder_.end(), file.begin(), file.end());
  if (ends.first != folder_.end() || !std::filesystem::is_regular_file(file, failed))
    throw Error(ErrorKind::kInput, fmt::format("file '{}' is not a file inside {}", shown, folder_.string()));
  const std::uint64_t size = std::filesystem::file_size(file, failed);
  if (failed || size == 0 || size > kLargestFile)
    throw Error(ErrorKind::kInput,
                fmt::format("file '{}' is empty or above {} MiB", shown, kLargestFile >> 20));
  const MappedFile mapped(file.string());
  return {mapped.bytes().begin(), mapped.bytes().end()};
}

ContentReader::Facts ContentReader::facts_of(const std::string& hash, std::span<const std::byte> bytes) {
  if (const auto found = known_.find(hash); found != known_.end()) return found->second;
  const Facts facts = measure(bytes);
  known_.emplace(hash, facts);
  order_.push_back(hash);
  ++pending_.distinct_images;
  if (order_.size() > kRememberedPictures) {
    known_.erase(order_.front());
    order_.pop_front();
  }
  return facts;
}

ContentReader::Facts ContentReader::measure(std::span<const std::byte> bytes) const {
  Facts facts;
  const image::Source source{.name = "the image", .bytes = bytes};
  if (!format_of(source)) return facts;
  facts.size = image::inspect(source).size;
  if (std::max(facts.size->width, facts.size->height) > kLongestSide)
    throw Error(ErrorKind::kInput, fmt::format("the image has a side above {} pixels", kLongestSide));
  facts.visual_tokens = geometry_.grid_of(facts.size->width, facts.size->height).visual_tokens;
  if (options_.codes && facts.size->pixels() <= image::DecodeLimits{}.max_pixels) {
    const image::Image picture = image::decode(source);
    const FineCode fine = image::fine_phash(picture);
    if (has_structure(fine)) {
      facts.phash = image::phash(picture);
      facts.phash_fine = fine;
    }
  }
  return facts;
}

void ContentReader::commit() {
  for (const Kept& kept : to_keep_) {
    const std::filesystem::path file = std::filesystem::path(options_.keep_content) / kept.name;
    std::error_code failed;
    if (std::filesystem::exists(file, failed)) continue;
    write_file(file.string(), {reinterpret_cast<const char*>(kept.bytes.data()), kept.bytes.size()});
    ++pending_.kept_files;
  }
  to_keep_.clear();
  add(pending_, committed_);
  pending_ = {};
}

void ContentReader::drop() {
  to_keep_.clear();
  pending_ = {};
}

}  // namespace cachebench::ingest
