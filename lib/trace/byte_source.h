// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The bytes of a trace file from front to back, plain (a mapping, nothing is copied and little of it in
/// memory at a time) or zstd-compressed (decompressed as it goes, whatever the suffix). A window shows what
/// is at hand; readers consume from its front. One thread. Errors: Error{kInput} naming the file when it is
/// missing, unreadable, not zstd inside, or ends within a zstd frame.
namespace cachebench::trace {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The unconsumed bytes at hand. Valid until `grow`.
  [[nodiscard]] std::string_view window() const { return window_; }
  /// REQUIRES: count <= window().size().
  void consume(std::size_t count) { window_.remove_prefix(count); }
  /// Adds bytes to the end of the window; false when the file has no more.
  virtual bool grow() = 0;
  /// Size of the whole content where that is known without reading it.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
  [[nodiscard]] const std::string& path() const { return path_; }

 protected:
  explicit ByteSource(std::string path) : path_(std::move(path)) {}
  std::string_view window_;

 private:
  std::string path_;
};

/// Opens a file, looking at its first bytes to see whether it is compressed.
[[nodiscard]] std::unique_ptr<ByteSource> open_source(const std::string& path);

}  // namespace cachebench::trace
