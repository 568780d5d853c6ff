// SPDX-License-Identifier: Apache-2.0
#include "model/lowering.h"

#include <doctest.h>

#include <set>
#include <string>

#include "core/error.h"
#include "model/request_builder.h"

using namespace cachebench;
using namespace cachebench::model;
using testing::image;
using testing::request;
using testing::text;

namespace {

struct Graph {
  trace::Header header;
  Plan plan;
  explicit Graph(const trace::Request& request, Lowering how = Lowering::kGraph, const trace::Header& of = {},
                 const char* geometry = "2b")
      : header(of) {
    Lowerer lowerer(geometry_named(geometry), how, header);
    lowerer.lower(request, plan);
  }
  [[nodiscard]] std::string kinds() const {
    std::string result;
    for (const Artefact& a : plan.artefacts)
      result += std::string(result.empty() ? "" : " ") + name_of(a.kind);
    return result;
  }
  [[nodiscard]] const Artefact& of(ArtefactKind kind) const {
    for (const Artefact& a : plan.artefacts) {
      if (a.kind == kind) return a;
    }
    FAIL("no " << name_of(kind));
    return plan.artefacts.front();
  }
};

trace::Request with_blocks(std::vector<trace::BlockRef> refs, std::vector<trace::Input> inputs = {}) {
  trace::Request result = request(std::move(inputs));
  result.prefix_blocks = std::move(refs);
  result.has_blocks = true;
  return result;
}

}  // namespace

TEST_CASE("a request with images: order, bytes and work of every artefact") {
  // T = 20 + 8, V = 256, N = 1024, S = 284: 17 full blocks of 16.
  trace::Request r = request({text("a", 20), image("i", 512, 512), text("b", 8)}, 5);
  r.arrival = Nanoseconds{77};
  const Graph g(r);
  CHECK(g.plan.sequence == 5);
  CHECK(g.plan.arrival.count() == 77);
  CHECK(g.plan.prompt_tokens == 284);
  CHECK(g.plan.chain == 17);
  CHECK_FALSE(g.plan.independent);
  REQUIRE(g.plan.artefacts.size() == 17 + 6);
  for (std::size_t i = 0; i < 17; ++i) {
    const Artefact& block = g.plan.artefacts[i];
    CHECK(block.kind == (i == 0 ? ArtefactKind::kKvBlock : ArtefactKind::kCrossModalAttention));
    CHECK(block.bytes.value == 114'688 * 16);
    CHECK(block.span == TokenSpan{16 * i, 16 * i + 16});
    CHECK(block.work.flops == 2'818'572'288 * 16 + 229'376ULL * (16 * 16 * i + 16 * 17 / 2));
  }
  const Artefact& fusion = g.plan.artefacts[17];
  CHECK(fusion.kind == ArtefactKind::kFusionOutput);
  CHECK(fusion.bytes.value == 4'096 * 284);
  CHECK(fusion.work.flops == 3 * ((2'818'572'288 * 284 + 229'376ULL * (284 * 285 / 2)) / 28));
  CHECK(fusion.span == TokenSpan{0, 284});
  const Artefact& pair = g.plan.artefacts[18];
  CHECK(pair.kind == ArtefactKind::kTextImagePair);
  CHECK(pair.bytes.value == 4'096 * 284 + 12'288 * 256);
  CHECK(pair.work == Work{.bytes_moved = pair.bytes.value});
  const Artefact& vision = g.plan.artefacts[19];
  CHECK(vision.kind == ArtefactKind::kVisionEncoderOutput);
  CHECK(vision.bytes.value == 16'384 * 256);
  CHECK(vision.work.flops == 657'457'152ULL * 1'024 + 98'304ULL * 1'024 * 1'024);
  CHECK(vision.span == TokenSpan{20, 276});
  const Artefact& pixels = g.plan.artefacts[20];
  CHECK(pixels.kind == ArtefactKind::kImage);
  CHECK(pixels.bytes.value == 6'144 * 1'024);
  CHECK(pixels.work == Work{.source_pixels = 512 * 512});
  CHECK(pixels.image == vision.image);
  CHECK(g.plan.artefacts[21].kind == ArtefactKind::kText);
  CHECK(g.plan.artefacts[21].bytes.value == 160);
  CHECK(g.plan.artefacts[21].work == Work{.tokens_tokenized = 20});
  CHECK(g.plan.artefacts[22].bytes.value == 64);
  std::set<Key> keys;
  for (const Artefact& a : g.plan.artefacts) {
    CHECK(a.bytes == a.meta.bytes());
    keys.insert(a.key);
  }
  CHECK(keys.size() == g.plan.artefacts.size());
}

TEST_CASE("text-only: blocks, one language output, texts") {
  const Graph g(request({text("a", 10), text("b", 9)}));
  CHECK(g.kinds() == "kv_block language_encoder_output text text");
  const Artefact& language = g.of(ArtefactKind::kLanguageEncoderOutput);
  CHECK(language.bytes.value == 4'096 * 19);
  CHECK(language.work.flops == 2'818'572'288 * 19 + 229'376ULL * (19 * 20 / 2));
  CHECK(language.span == TokenSpan{0, 19});
}

TEST_CASE("repeated content in a request counts once") {
  const Graph g(request({image("i", 256, 256), text("a", 3), image("i", 256, 256), text("a", 3)}));
  CHECK(g.plan.chain == 8);
  CHECK(g.plan.artefacts.size() == 8 + 2 + 2 + 1);
  CHECK(g.of(ArtefactKind::kVisionEncoderOutput).span == TokenSpan{0, 131});
  CHECK(g.of(ArtefactKind::kText).span == TokenSpan{64, 134});
}

TEST_CASE("the same content in another request has the same key") {
  const Graph a(request({text("p", 5), image("i", 512, 512)}, 1));
  const Graph b(request({image("i", 512, 512), text("q", 5)}, 2));
  const auto key = [](const Graph& g, ArtefactKind kind) { return g.of(kind).key; };
  CHECK(key(a, ArtefactKind::kImage) == key(b, ArtefactKind::kImage));
  CHECK(key(a, ArtefactKind::kVisionEncoderOutput) == key(b, ArtefactKind::kVisionEncoderOutput));
  CHECK(key(a, ArtefactKind::kFusionOutput) != key(b, ArtefactKind::kFusionOutput));
  CHECK(key(a, ArtefactKind::kTextImagePair) != key(b, ArtefactKind::kTextImagePair));
  const Graph other(request({text("p", 5), image("i", 512, 512)}, 1), Lowering::kGraph, {}, "tiny");
  CHECK(key(a, ArtefactKind::kImage) != key(other, ArtefactKind::kImage));
}

TEST_CASE("a trace of block ids lowers to blocks alone") {
  trace::Header header;
  header.blocks_only = true;
  header.block_tokens = 512;
  const trace::Request r = with_blocks({{Key{0, 4}, 512}, {Key{0, 9}, 100}});
  const Graph graph(r, Lowering::kGraph, header);
  CHECK(graph.kinds() == "kv_block kv_block");
  CHECK(graph.plan.chain == 2);
  CHECK(graph.plan.prompt_tokens == 612);
  CHECK(graph.plan.artefacts[0].bytes.value == 114'688 * 512);
  CHECK(graph.plan.artefacts[1].bytes.value == 114'688 * 100);
  CHECK(graph.plan.artefacts[0].key != Key{0, 4});
}

TEST_CASE("lowering blocks: ids as given, each one access, repeats kept") {
  const trace::Request r =
      with_blocks({{Key{0, 4}, 512}, {Key{0, 9}, 100}, {Key{0, 4}, 512}}, {text("a", 9)});
  const Graph blocks(r, Lowering::kBlocks);
  CHECK(blocks.plan.independent);
  CHECK(blocks.plan.chain == 0);
  REQUIRE(blocks.plan.artefacts.size() == 3);
  CHECK(blocks.plan.artefacts[0].key == Key{0, 4});
  CHECK(blocks.plan.artefacts[2].key == Key{0, 4});
  CHECK(blocks.plan.artefacts[2].work == blocks.plan.artefacts[0].work);
  const Graph graph(r);
  CHECK(graph.plan.chain == 2);  // the graph refers to it once
  CHECK(graph.plan.artefacts[1].span == TokenSpan{512, 1'124});
}

TEST_CASE("an id keeps the size of its first reference across requests") {
  Lowerer lowerer(geometry_named("tiny"), Lowering::kGraph, trace::Header{});
  Plan plan;
  lowerer.lower(with_blocks({{Key{0, 1}, 512}, {Key{0, 2}, 100}}), plan);
  const Artefact first = plan.artefacts[1];
  lowerer.lower(with_blocks({{Key{0, 2}, 512}}), plan);
  CHECK(plan.artefacts[0].bytes == first.bytes);
  CHECK(plan.artefacts[0].work == first.work);
  CHECK(plan.artefacts[0].key == first.key);
}

TEST_CASE("lengths alone: blocks and vision outputs, all unique") {
  trace::Header header;
  header.lengths_only = true;
  Lowerer lowerer(geometry_named("tiny"), Lowering::kGraph, header);
  std::set<Key> keys;
  std::size_t count = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    trace::Request r = request({}, i);
    r.input_tokens = 300;
    r.image_count = 2;
    Plan plan;
    lowerer.lower(r, plan);
    CHECK(plan.artefacts.size() == 300 / 16 + 2);
    for (const Artefact& a : plan.artefacts) {
      keys.insert(a.key);
      ++count;
      const bool known = a.kind == ArtefactKind::kKvBlock || a.kind == ArtefactKind::kCrossModalAttention ||
                         a.kind == ArtefactKind::kVisionEncoderOutput;
      CHECK(known);
    }
  }
  CHECK(keys.size() == count);
}

TEST_CASE("requests without anything are empty plans") {
  CHECK(Graph(request({})).plan.artefacts.empty());
  CHECK(Graph(request({text("a", 0)})).plan.artefacts.empty());
  CHECK(Graph(with_blocks({})).plan.artefacts.empty());
}

TEST_CASE("what the trace says of likeness stays with the artefacts that are made of the input alone") {
  trace::Input words = text("a", 20);
  words.simhash = 0xAB;
  trace::Input picture = image("b", 512, 512);
  picture.phash = 0xCD;
  picture.copy_of = "original";
  const Graph graph(request({words, picture, text("c", 5)}));
  std::size_t alike = 0;
  for (const Artefact& artefact : graph.plan.artefacts) {
    if (!artefact.likeness) continue;
    ++alike;
    const bool of_text = artefact.kind == ArtefactKind::kText;
    if (!of_text) {
      const bool of_image =
          artefact.kind == ArtefactKind::kImage || artefact.kind == ArtefactKind::kVisionEncoderOutput;
      CHECK(of_image);
    }
    CHECK(artefact.likeness->code == (of_text ? 0xABU : 0xCDU));
    CHECK(artefact.likeness->meaning == (of_text ? *words.content : hash_key("original")));
  }
  CHECK(alike == 3);
}

TEST_CASE("plain objects") {
  trace::ObjectAccess access;
  access.key = 12;
  access.size = 4'096;
  access.time_s = 1.5;
  access.kind = ArtefactKind::kImage;
  Plan plan;
  lower_object(access, Work{.fixed_ns = 9}, plan);
  CHECK(plan.independent);
  REQUIRE(plan.artefacts.size() == 1);
  CHECK(plan.artefacts[0].key == Key{0, 12});
  CHECK(plan.artefacts[0].bytes.value == 4'096);
  CHECK(plan.artefacts[0].kind == ArtefactKind::kImage);
  CHECK(plan.artefacts[0].work.fixed_ns == 9);
  CHECK(plan.arrival.count() == 1'500'000'000);
  access.size = UINT64_MAX;
  CHECK_THROWS_AS(lower_object(access, Work{}, plan), Error);
  access.size = 1;
  access.time_s = -4;
  lower_object(access, Work{}, plan);
  CHECK(plan.arrival.count() == 0);
}

TEST_CASE("names of lowerings, and what cannot be lowered") {
  for (const Lowering lowering : {Lowering::kGraph, Lowering::kBlocks, Lowering::kObjects}) {
    CHECK(parse_lowering(name_of(lowering)) == lowering);
  }
  CHECK_THROWS_WITH_AS(static_cast<void>(parse_lowering("grpah")), doctest::Contains("graph"), Error);
  CHECK_THROWS_AS(Lowerer(geometry_named("tiny"), Lowering::kObjects, trace::Header{}), Error);
  trace::Header broken;
  broken.block_tokens = 0;
  CHECK_THROWS_AS(Lowerer(geometry_named("tiny"), Lowering::kGraph, broken), Error);
}
