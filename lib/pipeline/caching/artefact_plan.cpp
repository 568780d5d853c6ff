// SPDX-License-Identifier: Apache-2.0
#include "pipeline/caching/artefact_plan.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "image/decode.h"
#include "pipeline/load_image.h"
#include "pipeline/tokenize.h"

namespace cachebench::pipeline {
namespace {

trace::Header header_of(std::uint32_t block_tokens) {
  trace::Header header;
  header.block_tokens = block_tokens;
  return header;
}

struct Identity {
  Key content;
  std::uint64_t tokens = 0;  // of a text
  image::Size size = {};     // of an image
};

Key named(const char* kind, std::span<const std::byte> bytes) {
  const Key key = hash_key(bytes);
  return derive_key(hash_key(kind), key.hi, key.lo);
}

Identity file_identity(const image::Source& source) {
  return {.content = named("image file", source.bytes), .tokens = 0, .size = image::inspect(source).size};
}

struct Identify {
  Identity operator()(const TextPart& part) const {
    const auto bytes = std::as_bytes(std::span(part.text));
    return {.content = named("text", bytes), .tokens = count_tokens(part.text), .size = {}};
  }
  Identity operator()(const TokensPart& part) const {
    return {.content = named("tokens", std::as_bytes(std::span(part.ids))),
            .tokens = part.ids.size(),
            .size = {}};
  }
  Identity operator()(const TextContentPart& part) const {
    return {.content = part.content, .tokens = part.tokens, .size = {}};
  }
  Identity operator()(const ImageFilePart& part) const {
    const MappedFile file(part.path);
    return file_identity({.name = part.path, .bytes = file.bytes()});
  }
  Identity operator()(const ImageBytesPart& part) const {
    const std::string_view name = part.name.empty() ? std::string_view("image") : std::string_view(part.name);
    if (part.bytes == nullptr) throw Error(ErrorKind::kInput, std::string(name) + ": no bytes");
    return file_identity({.name = name, .bytes = *part.bytes});
  }
  Identity operator()(const PicturePart& part) const {
    if (part.picture == nullptr) throw Error(ErrorKind::kInput, "image: no picture");
    const auto pixels = std::as_bytes(part.picture->bytes());
    return {.content = part.content ? *part.content : named("pixels", pixels),
            .tokens = 0,
            .size = part.picture->size()};
  }
  Identity operator()(const ImageContentPart& part) const {
    return {.content = part.content, .tokens = 0, .size = expected_size(part)};
  }
};

}  // namespace

CachedKinds served_kinds() {
  CachedKinds kinds;
  kinds.fill(true);
  kinds[static_cast<std::size_t>(ArtefactKind::kObject)] = false;
  kinds[static_cast<std::size_t>(ArtefactKind::kText)] = false;
  return kinds;
}

RequestPlanner::RequestPlanner(const model::Geometry& geometry, const PlannerOptions& options)
    : geometry_(geometry),
      options_(options),
      lowerer_(geometry, model::Lowering::kGraph, header_of(options.block_tokens)) {}

void RequestPlanner::plan(const AsyncMultimodalRequest& request, std::uint64_t sequence, RequestPlan& out) {
  out.images.clear();
  seen_.clear();
  likenesses_.clear();
  request_ = {};
  request_.sequence = sequence;
  request_.id = request.id;
  if (request.session != 0) request_.session = request.session - 1;
  request_.turn = request.turn;
  for (std::size_t i = 0; i < request.parts.size(); ++i) {
    if (is_image(request.parts[i])) {
      add_image(request, i, out);
      continue;
    }
    const Identity identity = std::visit(Identify{}, request.parts[i]);
    trace::Input input;
    input.content = identity.content;
    input.tokens = identity.tokens;
    request_.inputs.push_back(std::move(input));
  }
  lowerer_.lower(request_, out.plan);
  add_likenesses(out.plan);
  keep_cached_kinds(request.max_new_tokens <= 1, out.plan);
}

void RequestPlanner::add_image(const AsyncMultimodalRequest& request, std::size_t part, RequestPlan& out) {
  const Identity identity = std::visit(Identify{}, request.parts[part]);
  const model::ImageGrid grid = geometry_.grid_of(identity.size.width, identity.size.height);
  trace::Input input;
  input.kind = trace::InputKind::kImage;
  input.content = identity.content;
  input.width = identity.size.width;
  input.height = identity.size.height;
  request_.inputs.push_back(std::move(input));
  // As the lowering counts them: content of the same size after resizing is one image.
  const std::pair<Key, std::uint64_t> known{identity.content, std::uint64_t{grid.width} << 32U | grid.height};
  const auto found = std::find(seen_.begin(), seen_.end(), known);
  const auto number = static_cast<std::uint32_t>(found - seen_.begin());
  if (found == seen_.end()) {
    seen_.push_back(known);
    const auto* content = std::get_if<ImageContentPart>(&request.parts[part]);
    likenesses_.push_back(content != nullptr ? content->likeness : std::nullopt);
  }
  const std::int64_t patch = geometry_.vision().patch;
  out.images.push_back({.part = part,
                        .grid = {.frames = 1, .rows = grid.height / patch, .columns = grid.width / patch},
                        .number = number});
}

void RequestPlanner::add_likenesses(model::Plan& plan) const {
  for (model::Artefact& artefact : plan.artefacts) {
    if (artefact.image < likenesses_.size()) artefact.likeness = likenesses_[artefact.image];
  }
}

void RequestPlanner::keep_cached_kinds(bool reads_only, model::Plan& plan) const {
  const auto kept = [&](const model::Artefact& artefact) {
    const bool jumps =
        artefact.kind == ArtefactKind::kFusionOutput || artefact.kind == ArtefactKind::kLanguageEncoderOutput;
    return is_cached(options_.kinds, artefact.kind) && (reads_only || !jumps);
  };
  // A chain is kept as a whole or not at all: its blocks stand on one another.
  const auto chain_end = plan.artefacts.begin() + static_cast<std::ptrdiff_t>(plan.chain);
  const bool chain = std::all_of(plan.artefacts.begin(), chain_end, kept);
  std::vector<model::Artefact> all = std::move(plan.artefacts);
  plan.artefacts.clear();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < plan.chain ? chain : kept(all[i])) plan.artefacts.push_back(std::move(all[i]));
  }
  if (!chain) plan.chain = 0;
}

}  // namespace cachebench::pipeline
