// SPDX-License-Identifier: Apache-2.0
#include "tier/blosc_codec.h"

#include <doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "core/check.h"
#include "core/float_formats.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

// Memory whose last byte lies before a page that nobody may touch: reading or writing on is a crash.
class Fenced {
 public:
  explicit Fenced(std::size_t bytes) : bytes_(bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    room_ = (bytes + page - 1) / page * page + page;
    base_ = ::mmap(nullptr, room_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CACHEBENCH_CHECK(base_ != MAP_FAILED, "no memory");
    fence_ = static_cast<std::byte*>(base_) + room_ - page;
    CACHEBENCH_CHECK(::mprotect(fence_, page, PROT_NONE) == 0, "no fence");
  }
  ~Fenced() { ::munmap(base_, room_); }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  [[nodiscard]] std::span<std::byte> span() const { return {fence_ - bytes_, bytes_}; }

 private:
  std::size_t bytes_;
  std::size_t room_ = 0;
  void* base_ = nullptr;
  std::byte* fence_ = nullptr;
};

std::vector<std::byte> bfloat16_values(std::size_t count) {
  Rng rng(5);
  std::vector<std::byte> data(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t bits = bfloat16_from_float(static_cast<float>(rng.uniform() * 8 - 4));
    std::memcpy(&data[2 * i], &bits, 2);
  }
  return data;
}

const std::vector<BloscOptions>& all_options() {
  static const std::vector<BloscOptions> all = [] {
    std::vector<BloscOptions> made;
    for (const auto filter : {BloscFilter::kNone, BloscFilter::kByteShuffle, BloscFilter::kBitShuffle}) {
      for (const auto compressor : {BloscCompressor::kZstd, BloscCompressor::kLz4})
        made.push_back({.filter = filter, .compressor = compressor, .level = 3});
    }
    return made;
  }();
  return all;
}

std::vector<std::byte> encoded_by(const Codec& codec, std::span<const std::byte> in, std::size_t element) {
  std::vector<std::byte> out(in.size() + 64);
  const auto length = codec.encode(in, element, out);
  REQUIRE(length.has_value());
  out.resize(*length);
  return out;
}

}  // namespace

TEST_CASE("grouping by significance makes tensors smaller than the codec alone does") {
  const auto in = bfloat16_values(100'000);
  for (const auto compressor : {BloscCompressor::kZstd, BloscCompressor::kLz4}) {
    const auto size_with = [&](BloscFilter filter) {
      return encoded_by(*make_blosc_codec({.filter = filter, .compressor = compressor, .level = 3}), in, 2)
          .size();
    };
    CHECK(size_with(BloscFilter::kByteShuffle) < size_with(BloscFilter::kNone));
    CHECK(size_with(BloscFilter::kBitShuffle) < in.size() * 9 / 10);
  }
}

TEST_CASE("any width of elements comes back, also where it does not divide the length") {
  Rng rng(2);
  std::vector<std::byte> in(10'007);
  for (std::byte& b : in) b = static_cast<std::byte>(rng.below(5));
  for (const BloscOptions& options : all_options()) {
    const auto codec = make_blosc_codec(options);
    for (const std::size_t element : {0U, 1U, 2U, 3U, 4U, 8U, 255U, 4096U}) {
      const auto encoded = encoded_by(*codec, in, element);
      std::vector<std::byte> back(in.size());
      CHECK(codec->decode(encoded, back));
      CHECK(back == in);
    }
  }
}

TEST_CASE("broken bytes are refused or decoded within bounds, never read or written beyond them") {
  const auto in = bfloat16_values(3'000);
  Rng rng(11);
  for (const BloscOptions& options : all_options()) {
    const auto codec = make_blosc_codec(options);
    const auto encoded = encoded_by(*codec, in, 2);
    const Fenced from(encoded.size());
    const Fenced to(in.size());
    for (int round = 0; round < 3'000; ++round) {
      std::memcpy(from.span().data(), encoded.data(), encoded.size());
      const std::uint64_t flips = 1 + rng.below(4);
      for (std::uint64_t i = 0; i < flips; ++i) {
        // The header and the table of blocks behind it are where a wrong byte does most.
        const std::uint64_t reach =
            rng.below(2) == 0 ? std::min<std::uint64_t>(64, encoded.size()) : encoded.size();
        from.span()[rng.below(reach)] = static_cast<std::byte>(rng.below(256));
      }
      static_cast<void>(codec->decode(from.span(), to.span()));
    }
  }
}

TEST_CASE("noise and cut-off records are refused") {
  const auto in = bfloat16_values(3'000);
  Rng rng(12);
  for (const BloscOptions& options : all_options()) {
    const auto codec = make_blosc_codec(options);
    const auto encoded = encoded_by(*codec, in, 2);
    const Fenced to(in.size());
    for (const std::size_t length : {0U, 1U, 15U, 16U, 17U, 100U}) {
      const Fenced cut(length);
      if (length > 0) std::memcpy(cut.span().data(), encoded.data(), length);
      CHECK_FALSE(codec->decode(cut.span(), to.span()));
    }
    for (int round = 0; round < 1'000; ++round) {
      const Fenced noise(16 + rng.below(300));
      for (std::byte& b : noise.span()) b = static_cast<std::byte>(rng.below(256));
      CHECK_FALSE(codec->decode(noise.span(), to.span()));
    }
  }
}
