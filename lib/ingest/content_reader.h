// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/hamming.h"
#include "image/decode.h"
#include "ingest/chat_log.h"
#include "model/geometry.h"
#include "trace/request.h"

/// From the parts of a logged message to the inputs of a trace: identities (SHA-256), sizes, similarity
/// codes, and nothing else of the content, unless a folder is named to keep it in. A picture met before is
/// not decoded again. One thread. Errors: Error{kInput} with the reason alone for broken or missing content,
/// Error{kEnvironment} where the folder cannot be written.
namespace cachebench::ingest {

struct ContentOptions {
  std::string content{};       ///< folder of files that the log names, "" = none
  std::string keep_content{};  ///< folder to keep every content in by its hash, "" = keep nothing
  bool codes = true;           ///< SimHash, pHash and its finer form
  double bytes_per_token = 4;
};

struct ContentCounts {
  std::uint64_t texts = 0;
  std::uint64_t images = 0;
  std::uint64_t videos = 0;
  std::uint64_t audios = 0;
  std::uint64_t remote = 0;   ///< of the images and videos: known by their URL alone
  std::uint64_t unsized = 0;  ///< images in a format whose size is not read
  std::uint64_t distinct_images = 0;
  std::uint64_t visual_tokens = 0;
  std::uint64_t text_tokens = 0;
  std::uint64_t kept_files = 0;
};

class ContentReader {
 public:
  ContentReader(ContentOptions options, model::Geometry geometry);

  /// Nothing for an empty text. Counts only what `commit` takes over.
  [[nodiscard]] std::optional<trace::Input> read(const Part& part);
  /// The parts since the last `commit` or `drop` belong to a request that is used, or to one that is not.
  void commit();
  void drop();
  [[nodiscard]] const ContentCounts& counts() const { return committed_; }

 private:
  struct Facts {
    std::optional<image::Size> size;
    std::optional<std::uint64_t> phash;
    std::optional<FineCode> phash_fine;
    std::uint64_t visual_tokens = 0;
  };
  struct Kept {
    std::string name;
    std::vector<std::byte> bytes;
  };

  [[nodiscard]] trace::Input read_text(const std::string& text);
  [[nodiscard]] trace::Input read_image(std::string_view url);
  [[nodiscard]] trace::Input read_video(std::string_view url);
  [[nodiscard]] trace::Input read_audio(std::string_view base64);
  [[nodiscard]] trace::Input remote(trace::InputKind kind, std::string_view url);
  [[nodiscard]] trace::Input local(trace::InputKind kind, std::vector<std::byte> bytes,
                                   std::string_view suffix);
  [[nodiscard]] std::vector<std::byte> bytes_of(std::string_view url) const;
  [[nodiscard]] std::vector<std::byte> file_bytes(std::string_view name) const;
  [[nodiscard]] Facts facts_of(const std::string& hash, std::span<const std::byte> bytes);
  [[nodiscard]] Facts measure(std::span<const std::byte> bytes) const;

  const ContentOptions options_;
  const model::Geometry geometry_;
  std::filesystem::path folder_;  // of the log's files, resolved
  ContentCounts committed_;
  ContentCounts pending_;
  std::vector<Kept> to_keep_;
  std::unordered_map<std::string, Facts> known_;  // pictures by hash
  std::deque<std::string> order_;                 // of learning them
};

/// `http:`, `https:` and whatever else is fetched from elsewhere.
[[nodiscard]] bool is_remote(std::string_view url);

}  // namespace cachebench::ingest
