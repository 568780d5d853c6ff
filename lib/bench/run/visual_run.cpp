// SPDX-License-Identifier: Apache-2.0
#include "bench/run/visual_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "model/prompt_layout.h"

namespace cachebench::bench {
namespace {

using cache::VisualModality;

/// Requests whose turn has not come, where they start out of order.
constexpr std::size_t kMostReadAhead = 4096;

std::string sha256_of(const std::string& text) {
  return cache::compute_content_hash(std::as_bytes(std::span(text.data(), text.size())));
}

bool is_content_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::uint64_t scaled(double seconds, std::uint64_t rate) {
  const double most = static_cast<double>(model::kMaxPromptTokens);
  return static_cast<std::uint64_t>(std::ceil(std::clamp(seconds * static_cast<double>(rate), 0.0, most)));
}

class MediaBuilder {
 public:
  MediaBuilder(const trace::Request& request, const model::Geometry& geometry)
      : request_(request), geometry_(geometry) {}

  void add(const trace::Input& input, std::size_t number) {
    switch (input.kind) {
      case trace::InputKind::kText:
        return;
      case trace::InputKind::kImage:
        return add_frames(input, number, 1);
      case trace::InputKind::kVideo:
        return add_frames(input, number, pairs_of(input));
      case trace::InputKind::kAudio:
        return add_audio(input, number);
    }
  }

  std::vector<MediaReference> take() { return std::move(media_); }

 private:
  [[nodiscard]] std::string hash_of(const trace::Input& input, std::size_t number) const {
    if (is_content_hash(input.hash)) return input.hash;
    if (input.content) return sha256_of("content " + input.hash);
    return sha256_of(fmt::format("content that never repeats {} {}", request_.sequence, number));
  }

  [[nodiscard]] std::uint64_t pairs_of(const trace::Input& input) const {
    const std::uint64_t pair = geometry_.vision().temporal_patch;
    std::uint64_t frames = pair;
    if (input.frames) {
      frames = *input.frames;
    } else if (input.seconds) {
      frames = scaled(*input.seconds, 2);
    }
    return (std::min(frames, model::kMaxVideoFrames) + pair - 1) / pair;
  }

  void add_frames(const trace::Input& input, std::size_t number, std::uint64_t grids) {
    if (grids == 0) return;
    const cache::Resolution size{.width = input.width.value_or(model::kUnknownImageSide),
                                 .height = input.height.value_or(model::kUnknownImageSide)};
    const model::ImageGrid grid = geometry_.grid_of(size.width, size.height);
    Work encoder;
    encoder.flops = geometry_.vision_flops(grid.patches) * grids;
    const bool video = input.kind == trace::InputKind::kVideo;
    push({.content_hash = hash_of(input, number),
          .modality = video ? VisualModality::kVideo : VisualModality::kImage,
          .resolution = size,
          .embedding = geometry_.vision_output(grid.visual_tokens * grids),
          .encoder = encoder});
  }

  void add_audio(const trace::Input& input, std::size_t number) {
    const std::uint64_t tokens = input.seconds ? scaled(*input.seconds, model::kAudioTokensPerSecond) : 0;
    if (tokens == 0) return;
    push({.content_hash = hash_of(input, number),
          .modality = VisualModality::kAudio,
          .resolution = {},
          .embedding = geometry_.image_embedding(tokens),
          .encoder = {}});
  }

  void push(MediaReference reference) {
    const auto same = [&](const MediaReference& other) {
      return other.content_hash == reference.content_hash && other.modality == reference.modality;
    };
    if (std::none_of(media_.begin(), media_.end(), same)) media_.push_back(std::move(reference));
  }

  const trace::Request& request_;
  const model::Geometry& geometry_;
  std::vector<MediaReference> media_;
};

// What cannot be read, or cannot be asked for, brings nothing: whoever replays it says what is wrong.
std::unique_ptr<trace::Reader> open_requests(const TraceSection& section) {
  auto reader = trace::open_trace(section.path, {.format = section.format, .skip_bad = UINT64_MAX});
  if (reader->trace_class() != trace::TraceClass::kRequests) return nullptr;
  return reader;
}

cache::VisualKVCacheOptions options_of(const RunConfig& config) {
  return {.max_entries = config.visual.max_entries,
          .max_vram_bytes = config.visual.max_vram,
          .eviction = {.name = name_of(config.visual.eviction), .values = {}},
          .seed = config.seed};
}

}  // namespace

std::vector<MediaReference> media_of(const trace::Request& request, const trace::Header& header,
                                     const model::Geometry& geometry) {
  MediaBuilder builder(request, geometry);
  if (header.blocks_only) return {};
  if (header.lengths_only) {
    trace::Input image;
    image.kind = trace::InputKind::kImage;
    for (std::uint64_t i = 0; i < request.image_count.value_or(0); ++i) builder.add(image, i);
  } else {
    for (std::size_t i = 0; i < request.inputs.size(); ++i) builder.add(request.inputs[i], i);
  }
  return builder.take();
}

cache::BatchShape batch_of(const std::vector<MediaReference>& media, std::uint32_t encoder_depth) {
  cache::BatchShape batch{.image_count = 0, .width = 0, .height = 0, .encoder_depth = encoder_depth};
  for (const MediaReference& reference : media) {
    if (reference.modality == VisualModality::kAudio) continue;
    ++batch.image_count;
    batch.width = std::max(batch.width, reference.resolution.width);
    batch.height = std::max(batch.height, reference.resolution.height);
  }
  return batch;
}

VisualRun::VisualRun(const RunConfig& config, const hardware::CostModel& costs)
    : section_(config.visual),
      costs_(costs),
      geometry_(model::geometry_named(config.geometry)),
      encoder_(fmt::format("qwen3-vl-{} {}", geometry_.name(), cachebench::name_of(geometry_.dtype()))),
      controller_(config.visual.minimum_stable_blocks),
      registry_(options_of(config),
                {.store = cache::make_null_embedding_store(), .controller = &controller_, .clock = &clock_}),
      reader_(open_requests(config.trace)) {}

VisualRun::Users VisualRun::begin(std::uint64_t sequence) {
  const std::vector<MediaReference> media = take(sequence);
  Users users;
  users.reserve(media.size());
  for (const MediaReference& reference : media) {
    if (cache::VisualHandle handle = look_up(reference)) users.push_back(std::move(handle));
  }
  const cache::BatchShape batch = batch_of(media, geometry_.vision().depth);
  if (batch.image_count > 0) (void)registry_.get_dp_mode_recommendation(batch);
  return users;
}

std::vector<MediaReference> VisualRun::take(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  trace::Request request;
  while (reader_ && next_sequence_ <= sequence && reader_->next(request)) {
    next_sequence_ = request.sequence + 1;
    clock_.advance_to(request.arrival);
    try {
      read_ahead_[request.sequence] = media_of(request, reader_->header(), geometry_);
    } catch (const Error&) {
      continue;
    }
    if (read_ahead_.size() > kMostReadAhead) read_ahead_.erase(read_ahead_.begin());
  }
  const auto found = read_ahead_.find(sequence);
  if (found == read_ahead_.end()) return {};
  std::vector<MediaReference> media = std::move(found->second);
  read_ahead_.erase(found);
  return media;
}

cache::VisualHandle VisualRun::look_up(const MediaReference& reference) {
  const cache::VisualIdentity identity{
      .content_hash = reference.content_hash, .modality = reference.modality, .encoder_model = encoder_};
  const Nanoseconds encode = costs_.recompute(reference.encoder).total();
  cache::VisualHandle found = registry_.lookup(identity);
  {
    const MutexLock lock(mutex_);
    result::VisualLookups& lookups = modalities_[cache::name_of(reference.modality)];
    ++(found ? lookups.hits : lookups.misses);
    if (found) encoder_saved_ns_ += encode.count();
    if (found) vram_saved_ += reference.embedding.bytes();
  }
  if (found) return found;
  return std::move(registry_
                       .store({.identity = identity,
                               .meta = reference.embedding,
                               .content = nullptr,
                               .resolution = reference.resolution,
                               .recompute = encode})
                       .handle);
}

void VisualRun::reset() {
  const MutexLock lock(mutex_);
  warmup_ = registry_.statistics();
  modalities_.clear();
  vram_saved_ = Bytes{0};
  encoder_saved_ns_ = 0;
}

result::Visual VisualRun::collect() const {
  const MutexLock lock(mutex_);
  const cache::VisualCacheStats now = registry_.statistics();
  cache::DataParallelCounts advice;
  std::map<std::string, std::uint64_t> rules;
  for (std::size_t i = 0; i < cache::kDataParallelRules; ++i) {
    advice.by_rule[i] = now.data_parallel.by_rule[i] - warmup_.data_parallel.by_rule[i];
    if (advice.by_rule[i] > 0) rules[name_of(static_cast<cache::DataParallelRule>(i))] = advice.by_rule[i];
  }
  result::VisualLookups sum;
  for (const auto& [name, lookups] : modalities_) {
    sum.hits += lookups.hits;
    sum.misses += lookups.misses;
  }
  return {.eviction_policy = name_of(section_.eviction),
          .max_entries = section_.max_entries,
          .max_vram_bytes = section_.max_vram.value,
          .minimum_stable_blocks = section_.minimum_stable_blocks,
          .hits = sum.hits,
          .misses = sum.misses,
          .vram_saved_bytes = vram_saved_.value,
          .entries = now.entries,
          .dp_mode_recommendations = advice.recommendations(),
          .dp_mode_refusals = advice.refusals(),
          .used_bytes = now.used.value,
          .peak_bytes = now.peak.value,
          .stored = now.stored - warmup_.stored,
          .evictions = now.evictions - warmup_.evictions,
          .refusals = now.refusals - warmup_.refusals,
          .most_users = now.most_users,
          .encoder_saved_ns = encoder_saved_ns_,
          .dp_mode_rules = std::move(rules),
          .modalities = modalities_};
}

}  // namespace cachebench::bench
