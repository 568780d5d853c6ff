// SPDX-License-Identifier: Apache-2.0
#include "model/prompt_layout.h"

#include <doctest.h>

#include "core/error.h"
#include "model/request_builder.h"

using namespace cachebench;
using namespace cachebench::model;
using testing::image;
using testing::request;
using testing::text;

namespace {

std::vector<Segment> laid_out(const trace::Request& request, const trace::Header& header = {},
                              const char* geometry = "2b") {
  std::vector<Segment> segments;
  lay_out(request, header, geometry_named(geometry), segments);
  return segments;
}

}  // namespace

TEST_CASE("inputs follow one another and images take their visual tokens") {
  const auto segments = laid_out(request({text("a", 10), image("i", 512, 512), text("b", 7)}));
  REQUIRE(segments.size() == 3);
  CHECK(segments[0].span == TokenSpan{0, 10});
  CHECK(segments[1].span == TokenSpan{10, 266});
  CHECK(segments[2].span == TokenSpan{266, 273});
  CHECK(segments[1].kind == SegmentKind::kImage);
  CHECK(segments[1].grid.patches == 1'024);
  CHECK(segments[1].source_pixels == 512 * 512);
}

TEST_CASE("a segment's identity is its content, size, kind and model") {
  const auto a = laid_out(request({text("a", 10), text("a", 10), text("a", 11), text("b", 10)}));
  CHECK(a[0].id == a[1].id);
  CHECK(a[0].id != a[2].id);
  CHECK(a[0].id != a[3].id);
  const auto i = laid_out(request({image("a", 512, 512), image("a", 512, 512), image("a", 512, 544)}));
  CHECK(i[0].id == i[1].id);
  CHECK(i[0].id != i[2].id);
  CHECK(i[0].id != a[0].id);
  CHECK(laid_out(request({text("a", 10)}), {}, "tiny")[0].id != a[0].id);
}

TEST_CASE("content without a hash never repeats") {
  const auto a = laid_out(request({text("", 10), text("", 10)}, 4));
  const auto b = laid_out(request({text("", 10)}, 5));
  CHECK(a[0].id != a[1].id);
  CHECK(a[0].id != b[0].id);
  CHECK(laid_out(request({text("", 10)}, 4))[0].id == a[0].id);
}

TEST_CASE("text of unknown length takes what the request's length leaves") {
  trace::Request r = request({text("a", 10), text("b", 0), image("i", 256, 256), text("c", 0)});
  r.inputs[1].tokens.reset();
  r.inputs[3].tokens.reset();
  CHECK(laid_out(r).size() == 2);  // nothing is known of either
  r.input_tokens = 100;
  const auto segments = laid_out(r);
  REQUIRE(segments.size() == 3);
  CHECK(segments[1].span == TokenSpan{10, 36});
  r.input_tokens = 50;  // less than what is known: nothing left
  CHECK(laid_out(r).size() == 2);
}

TEST_CASE("images of unknown size, video and audio") {
  trace::Input unknown = image("i", 1, 1);
  unknown.width.reset();
  unknown.height.reset();
  CHECK(laid_out(request({unknown}))[0].span.end == 256);

  trace::Input video = unknown;
  video.kind = trace::InputKind::kVideo;
  CHECK(laid_out(request({video})).size() == 1);
  video.frames = 5;
  const auto frames = laid_out(request({video}));
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].id != frames[1].id);
  CHECK(frames[0].source_pixels == 2 * 512 * 512);
  CHECK(frames[2].source_pixels == 512 * 512);
  video.frames.reset();
  video.seconds = 1.2;
  CHECK(laid_out(request({video})).size() == 2);
  video.seconds = 4e6;  // capped
  CHECK(laid_out(request({video})).size() == kMaxVideoFrames / 2);

  trace::Input audio;
  audio.kind = trace::InputKind::kAudio;
  CHECK(laid_out(request({audio})).empty());
  audio.seconds = 2.01;
  const auto sound = laid_out(request({audio}));
  REQUIRE(sound.size() == 1);
  CHECK(sound[0].kind == SegmentKind::kText);
  CHECK(sound[0].span.end == 51);
}

TEST_CASE("lengths alone: unique images, then unique text") {
  trace::Header header;
  header.lengths_only = true;
  trace::Request r = request({}, 3);
  r.input_tokens = 600;
  r.image_count = 2;
  const auto segments = laid_out(r, header);
  REQUIRE(segments.size() == 3);
  CHECK(segments[1].span == TokenSpan{256, 512});
  CHECK(segments[2].span == TokenSpan{512, 600});
  CHECK(segments[0].id != segments[1].id);
  r.image_count = 3;  // longer than the length says: no text
  CHECK(laid_out(r, header).size() == 3);
  r.sequence = 4;
  CHECK(laid_out(r, header)[0].id != segments[0].id);
}

TEST_CASE("a trace of block ids has no segments") {
  trace::Header header;
  header.blocks_only = true;
  CHECK(laid_out(request({text("a", 10)}), header).empty());
}

TEST_CASE("bad input names the request") {
  const auto message_of = [](const trace::Request& r) {
    try {
      static_cast<void>(laid_out(r));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kInput);
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message_of(request({text("a", kMaxPromptTokens)})).empty());
  CHECK(message_of(request({text("a", 1), text("b", UINT64_MAX)}, 8)).find("request 8") == 0);
  CHECK(message_of(request({image("a", 10'000, 2)}, 9)).find("request 9: an image of 10000x2") == 0);
  trace::Input audio;
  audio.kind = trace::InputKind::kAudio;
  audio.seconds = -1;
  CHECK_FALSE(message_of(request({audio})).empty());
  audio.seconds = 1e300;
  CHECK_FALSE(message_of(request({audio})).empty());
}
