// SPDX-License-Identifier: Apache-2.0
#include "model/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "core/error.h"
#include "core/hash.h"
#include "core/nearest.h"
#include "model/block_chain.h"
#include "model/prompt_layout.h"

namespace cachebench::model {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

Artefact make_artefact(const Key& key, ArtefactKind kind, const TensorMeta& meta, const Work& work) {
  Artefact artefact;
  artefact.key = key;
  artefact.kind = kind;
  artefact.meta = meta;
  artefact.bytes = meta.bytes();
  artefact.work = work;
  return artefact;
}

// The segments of one request as artefacts below the chain.
class GraphBuilder {
 public:
  GraphBuilder(const Geometry& geometry, const std::vector<Segment>& segments, Plan& out)
      : geometry_(geometry), segments_(segments), out_(out) {
    for (const Segment& segment : segments_) {
      const std::uint64_t tokens = segment.span.end - segment.span.begin;
      prompt_key_ = derive_key(prompt_key_, segment.id.hi, segment.id.lo);
      (segment.kind == SegmentKind::kImage ? visual_tokens_ : text_tokens_) += tokens;
    }
  }

  void add_all() {
    if (segments_.empty()) return;
    if (visual_tokens_ > 0) {
      add_joint();
      for (const Segment& segment : segments_) {
        if (segment.kind == SegmentKind::kImage) add_image(segment, true);
      }
    } else {
      add_language_output();
    }
    for (const Segment& segment : segments_) {
      if (segment.kind == SegmentKind::kText) add_text(segment);
    }
  }

  // Vision outputs alone: all that is known of images whose content is not.
  void add_vision_outputs() {
    for (const Segment& segment : segments_) {
      if (segment.kind == SegmentKind::kImage) add_image(segment, false);
    }
  }

 private:
  [[nodiscard]] Key key_of(const Key& content, ArtefactKind kind) const {
    return derive_key(content, static_cast<std::uint64_t>(kind), geometry_.fingerprint());
  }
  [[nodiscard]] TokenSpan whole() const { return {0, text_tokens_ + visual_tokens_}; }

  void push(const Key& key, ArtefactKind kind, const TensorMeta& meta, const Work& work,
            const TokenSpan& span) {
    out_.artefacts.push_back(make_artefact(key, kind, meta, work));
    out_.artefacts.back().span = span;
  }

  void add_joint() {
    const std::uint64_t tokens = whole().end;
    const std::uint64_t sinks = geometry_.vision().taps.size();
    Work work;
    work.flops = sinks * geometry_.layer_flops(tokens, 0);
    push(key_of(prompt_key_, ArtefactKind::kFusionOutput), ArtefactKind::kFusionOutput,
         geometry_.hidden_states(tokens), work, whole());
    const TensorMeta pair = geometry_.pair(tokens, visual_tokens_);
    work = Work{};
    work.bytes_moved = pair.bytes().value;
    push(key_of(prompt_key_, ArtefactKind::kTextImagePair), ArtefactKind::kTextImagePair, pair, work,
         whole());
  }

  void add_image(const Segment& segment, bool with_pixels) {
    if (seen_before(segment, with_pixels ? 2 : 1)) return;
    const auto number = images_++;
    Work work;
    work.flops = geometry_.vision_flops(segment.grid.patches);
    const Key made = derive_key(segment.id, static_cast<std::uint64_t>(ArtefactKind::kVisionEncoderOutput),
                                geometry_.encoder_fingerprint());
    push(made, ArtefactKind::kVisionEncoderOutput, geometry_.vision_output(segment.grid.visual_tokens), work,
         segment.span);
    out_.artefacts.back().image = number;
    out_.artefacts.back().likeness = segment.likeness;
    if (!with_pixels) return;
    work = Work{};
    work.source_pixels = segment.source_pixels;
    push(segment.id, ArtefactKind::kImage, geometry_.pixel_values(segment.grid.patches), work, segment.span);
    out_.artefacts.back().content = segment.content;
    out_.artefacts.back().image = number;
    out_.artefacts.back().likeness = segment.likeness;
  }

  void add_language_output() {
    Work work;
    work.flops = geometry_.layers_flops(text_tokens_, 0);
    push(key_of(prompt_key_, ArtefactKind::kLanguageEncoderOutput), ArtefactKind::kLanguageEncoderOutput,
         geometry_.hidden_states(text_tokens_), work, whole());
  }

  void add_text(const Segment& segment) {
    if (seen_before(segment, 1)) return;
    const std::uint64_t tokens = segment.span.end - segment.span.begin;
    Work work;
    work.tokens_tokenized = tokens;
    push(segment.id, ArtefactKind::kText, geometry_.token_ids(tokens), work, segment.span);
    out_.artefacts.back().content = segment.content;
    out_.artefacts.back().likeness = segment.likeness;
  }

  // Content that was met before in this request counts once; its `count` artefacts then span both places.
  bool seen_before(const Segment& segment, std::size_t count) {
    const auto [found, is_new] = seen_.try_emplace(segment.id, out_.artefacts.size());
    if (is_new) return false;
    for (std::size_t i = 0; i < count; ++i) out_.artefacts[found->second + i].span.end = segment.span.end;
    return true;
  }

  const Geometry& geometry_;
  const std::vector<Segment>& segments_;
  Plan& out_;
  Key prompt_key_ = hash_key("prompt");
  std::uint64_t text_tokens_ = 0;
  std::uint64_t visual_tokens_ = 0;
  std::uint32_t images_ = 0;
  std::unordered_map<Key, std::size_t> seen_;  // segment -> its first artefact in the plan
};

}  // namespace

Lowering parse_lowering(std::string_view name) {
  if (name == "graph") return Lowering::kGraph;
  if (name == "blocks") return Lowering::kBlocks;
  if (name == "objects") return Lowering::kObjects;
  throw Error(ErrorKind::kUsage,
              unknown_name("lowering", name, std::vector<std::string>{"graph", "blocks", "objects"}));
}

const char* name_of(Lowering lowering) {
  switch (lowering) {
    case Lowering::kGraph:
      return "graph";
    case Lowering::kBlocks:
      return "blocks";
    case Lowering::kObjects:
      return "objects";
  }
  return "";
}

struct Lowerer::State {
  State(Geometry of, Lowering how, const trace::Header& of_trace)
      : geometry(std::move(of)), lowering(how), header(of_trace), chain(geometry, header.block_tokens) {}

  void add_block(const PrefixBlock& block, Plan& out) const;

  Geometry geometry;
  Lowering lowering;
  trace::Header header;
  BlockChain chain;
  std::vector<Segment> segments;
  std::vector<PrefixBlock> blocks;
};

void Lowerer::State::add_block(const PrefixBlock& block, Plan& out) const {
  const bool graph = lowering == Lowering::kGraph;
  if (graph && block.repeated) {
    // A chain cannot truly repeat a block; a trace that says so gets it once, serving both places.
    if (!out.artefacts.empty()) out.artefacts.back().span.end = block.span.end;
    return;
  }
  // A given id may equal a key of another kind by accident; plain block accesses keep theirs, for comparison
  // with other tools.
  const Key key =
      graph && block.given
          ? derive_key(block.key, static_cast<std::uint64_t>(ArtefactKind::kKvBlock), geometry.fingerprint())
          : block.key;
  Work work;
  work.flops = block.flops;
  out.artefacts.push_back(make_artefact(key, block.kind, geometry.kv(block.tokens), work));
  out.artefacts.back().span = block.span;
  if (graph) out.artefacts.back().depth = static_cast<std::uint32_t>(out.artefacts.size() - 1);
}

Lowerer::Lowerer(Geometry geometry, Lowering lowering, const trace::Header& header) {
  if (lowering == Lowering::kObjects) {
    throw Error(ErrorKind::kUsage,
                "lowering objects is for traces of plain objects; a trace of requests takes "
                "graph or blocks");
  }
  if (header.block_tokens == 0) throw Error(ErrorKind::kInput, "block_tokens of the trace is 0");
  state_ = std::make_unique<State>(std::move(geometry), lowering, header);
}
Lowerer::~Lowerer() = default;
Lowerer::Lowerer(Lowerer&&) noexcept = default;

void Lowerer::lower(const trace::Request& request, Plan& out) {
  State& state = *state_;
  out.clear();
  out.sequence = request.sequence;
  out.arrival = request.arrival;
  // 0 is no session; one of its own has a number that no trace gives.
  constexpr std::uint64_t kOwnSession = std::uint64_t{1} << 63;
  out.session = request.session ? *request.session + 1 : kOwnSession | request.sequence;
  out.turn = request.turn.value_or(0);
  lay_out(request, state.header, state.geometry, state.segments);
  state.chain.build(request, state.segments, state.blocks);
  for (const PrefixBlock& block : state.blocks) state.add_block(block, out);
  if (!state.segments.empty()) out.prompt_tokens = state.segments.back().span.end;
  if (!state.blocks.empty()) out.prompt_tokens = std::max(out.prompt_tokens, state.blocks.back().span.end);
  if (state.lowering == Lowering::kBlocks) {
    out.independent = true;
    return;
  }
  out.chain = out.artefacts.size();
  GraphBuilder graph(state.geometry, state.segments, out);
  if (state.header.lengths_only) {
    graph.add_vision_outputs();
  } else {
    graph.add_all();
  }
}

void lower_object(const trace::ObjectAccess& access, const Work& miss_work, Plan& out) {
  if (access.size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw Error(ErrorKind::kInput, fmt::format("object {}: a size of {} bytes", access.key, access.size));
  }
  out.clear();
  out.independent = true;
  const double arrival = access.time_s * static_cast<double>(kNanosecondsPerSecond);
  if (arrival > 0 && arrival < 9.2e18) out.arrival = Nanoseconds{static_cast<std::int64_t>(arrival)};
  const TensorMeta meta{.shape = {static_cast<std::int64_t>(access.size)}, .dtype = DType::kU8};
  out.artefacts.push_back(make_artefact(Key{0, access.key}, access.kind, meta, miss_work));
}

}  // namespace cachebench::model
