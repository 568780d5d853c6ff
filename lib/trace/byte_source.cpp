// SPDX-License-Identifier: Apache-2.0
#include "trace/byte_source.h"

#include <sys/mman.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/file.h"

namespace cachebench::trace {
namespace {

constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);
constexpr std::size_t kChunk = std::size_t{256} << 10;

class PlainSource final : public ByteSource {
 public:
  PlainSource(const std::string& path, std::unique_ptr<MappedFile> file)
      : ByteSource(path), file_(std::move(file)) {
    window_ = file_->text().substr(0, kPiece);
  }
  bool grow() override {
    const std::string_view all = file_->text();
    const std::size_t end = all.size() - left();
    if (end == all.size()) return false;
    let_go(end - window_.size());
    window_ = all.substr(end - window_.size(), window_.size() + kPiece);
    map_from(end);
    return true;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return file_->text().size(); }

 private:
  // The window grows by so much, and pages behind it are given back: of a long trace no more than this counts
  // as the process's memory.
  static constexpr std::size_t kPiece = std::size_t{4} << 20;
  static constexpr std::size_t kPage = 4096;

  // Bytes of the file behind the window.
  [[nodiscard]] std::size_t left() const {
    const std::string_view all = file_->text();
    return static_cast<std::size_t>(all.data() + all.size() - (window_.data() + window_.size()));
  }
  // Maps a piece at once, which spares its faults one by one. As below, a refusal does no harm.
  void map_from(std::size_t end) {
    const std::size_t page = end / kPage * kPage;
    char* const begin = const_cast<char*>(file_->text().data()) + page;
    static_cast<void>(::madvise(begin, std::min(kPiece, file_->text().size() - page), MADV_POPULATE_READ));
  }
  // Pages of the mapping before `consumed`. Read again, they would come from the file; a refusal does no
  // harm.
  void let_go(std::size_t consumed) {
    const std::size_t whole = consumed / kPage * kPage;
    if (whole <= released_) return;
    char* const begin = const_cast<char*>(file_->text().data()) + released_;
    static_cast<void>(::madvise(begin, whole - released_, MADV_DONTNEED));
    released_ = whole;
  }

  std::size_t released_ = 0;
  std::unique_ptr<MappedFile> file_;
};

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class ZstdSource final : public ByteSource {
 public:
  ZstdSource(const std::string& path, std::unique_ptr<MappedFile> file)
      : ByteSource(path), file_(std::move(file)), stream_(ZSTD_createDStream()) {
    const std::string_view text = file_->text();
    input_ = {text.data(), text.size(), 0};
  }

  bool grow() override {
    buffer_.erase(0, buffer_.size() - window_.size());
    const std::size_t had = buffer_.size();
    buffer_.resize(had + kChunk);
    ZSTD_outBuffer output{buffer_.data(), buffer_.size(), had};
    while (output.pos < output.size && (input_.pos < input_.size || !frame_ended_)) {
      const std::size_t before = output.pos;
      const bool exhausted = input_.pos == input_.size;
      pending_ = ZSTD_decompressStream(stream_.get(), &output, &input_);
      if (ZSTD_isError(pending_)) {
        throw Error(ErrorKind::kInput, path() + ": damaged zstd stream: " + ZSTD_getErrorName(pending_));
      }
      frame_ended_ = pending_ == 0;
      if (exhausted && output.pos == before && !frame_ended_) {
        throw Error(ErrorKind::kInput, path() + ": truncated: the file ends within its zstd stream");
      }
    }
    buffer_.resize(output.pos);
    window_ = buffer_;
    return output.pos > had;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return std::nullopt; }

 private:
  std::unique_ptr<MappedFile> file_;
  std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
  ZSTD_inBuffer input_{};
  std::size_t pending_ = 0;
  bool frame_ended_ = false;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::string& path) {
  auto file = std::make_unique<MappedFile>(path);
  const bool compressed = file->text().starts_with(kZstdMagic);
  if (!compressed && path.ends_with(".zst")) {
    throw Error(ErrorKind::kInput, path + ": ends in .zst but holds no zstd stream");
  }
  if (compressed) return std::make_unique<ZstdSource>(path, std::move(file));
  return std::make_unique<PlainSource>(path, std::move(file));
}

}  // namespace cachebench::trace
