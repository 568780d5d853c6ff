// SPDX-License-Identifier: Apache-2.0
#include "bench/run/multimodal_run.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/rng.h"

namespace cachebench::bench {
namespace {

cache::MultimodalOptions options_of(const MultimodalSection& section) {
  cache::MultimodalOptions options;
  const SimilaritySection& similarity = section.similarity;
  if (similarity.enabled) {
    options.similarity = {.text = similarity.text,
                          .image = similarity.image,
                          .embedding = similarity.embedding,
                          .threshold = similarity.threshold,
                          .top_k = similarity.top_k,
                          .fine_distance = similarity.confirm ? cache::kCopyFineDistance : kFineCodeBits};
  }
  return options;
}

// A prompt has room for so many visual tokens: what has more or fewer cannot stand in, however alike.
std::uint64_t space_of(const TensorMeta& meta) {
  std::uint64_t space = static_cast<std::uint64_t>(meta.dtype);
  for (const std::int64_t side : meta.shape.dims())
    space = splitmix64(space ^ static_cast<std::uint64_t>(side));
  return space;
}

cache::CompressionRule rule_of(const CompressionSection& compression) {
  if (!compression.enabled) return {};
  return {.format = "target",
          .ratio = compression.ratio,
          .when = compression.when == CompressWhen::kAlways ? cache::CompressionRule::When::kAlways
                                                            : cache::CompressionRule::When::kPressure,
          .start = compression.pressure_start,
          .stop = compression.pressure_stop};
}

}  // namespace

void apply(const MultimodalSection& section, cache::EngineOptions& options) {
  if (!section.enabled) return;
  for (cache::TierOptions& tier : options.tiers) {
    tier.eviction = section.eviction;
    if (section.compression.enabled) tier.compression = rule_of(section.compression);
  }
  if (section.ttl.enabled) options.default_ttl = section.ttl.default_ttl;
  for (std::size_t kind = 0; kind < options.quotas.size(); ++kind) {
    const auto quota = section.quotas.find(name_of(static_cast<ArtefactKind>(kind)));
    if (quota != section.quotas.end()) options.quotas[kind] = quota->second;
  }
}

std::vector<Bytes> within_budget(const MultimodalSection& section, std::vector<Bytes> capacities,
                                 Bytes working_set) {
  if (!section.enabled || !section.capacity) return capacities;
  const Bytes budget = section.capacity->resolve(working_set);
  Bytes sum;
  for (const Bytes capacity : capacities) sum += capacity;
  if (sum <= budget || sum.value == 0) return capacities;
  // Each keeps its share of the sum, rounded down, so the sum stays within the budget.
  __extension__ using Wide = unsigned __int128;
  for (Bytes& capacity : capacities)
    capacity = Bytes{static_cast<std::uint64_t>(Wide{capacity.value} * budget.value / sum.value)};
  return capacities;
}

MultimodalRun::MultimodalRun(const MultimodalSection& section, cache::HierarchicalCacheManager& manager,
                             std::unique_ptr<cache::MemoryProbe> probe)
    : section_(section),
      probe_(section.dynamic.enabled ? std::move(probe) : nullptr),
      size_({.min_share = section.dynamic.min_share, .max_share = section.dynamic.max_share}),
      cache_(options_of(section), std::array{&manager}) {
  similarity_.enabled = section.similarity.enabled;
  similarity_.threshold = section.similarity.threshold;
  similarity_.confirm = section.similarity.enabled && section.similarity.confirm;
  if (probe_ != nullptr && size_.share() < 1) cache_.resize(size_.share());
}

void MultimodalRun::follow_memory() {
  if (probe_ == nullptr) return;
  const double before = size_.share();
  if (size_.update(probe_->read()) == before) return;
  cache_.resize(size_.share());
  ++resizes_;
}

cache::ContentTraits MultimodalRun::traits_of(const model::Artefact& artefact) {
  cache::ContentTraits traits;
  if (!artefact.likeness) return traits;
  (artefact.kind == ArtefactKind::kText ? traits.text_code : traits.image_code) = artefact.likeness->code;
  traits.image_fine = artefact.likeness->fine;
  if (artefact.kind != ArtefactKind::kText) traits.space = space_of(artefact.meta);
  return traits;
}

cache::LookupResult MultimodalRun::lookup(const model::Artefact& artefact,
                                          const cache::EntryDescription& what,
                                          const cache::AccessContext& context) {
  if (section_.similarity.enabled && section_.similarity.confirm && artefact.likeness &&
      artefact.kind != ArtefactKind::kText && !artefact.likeness->fine) {
    const MutexLock lock(mutex_);
    ++similarity_.unconfirmable;
  }
  cache::LookupResult found = cache_.lookup(what, context, traits_of(artefact));
  if (found.similarity) judge(artefact, found);
  return found;
}

MultimodalRun::Verdict MultimodalRun::verdict_on(const model::Likeness& asked,
                                                 const model::Likeness& served) {
  if (asked.meaning == served.meaning) return Verdict::kRight;
  return asked.is_truth_known && served.is_truth_known ? Verdict::kFalseAccept : Verdict::kUnknown;
}

void MultimodalRun::judge(const model::Artefact& asked, const cache::LookupResult& found) {
  const MutexLock lock(mutex_);
  ++similar_hits_;
  scores_ += *found.similarity;
  const auto served = stored_.find(found.served_key);
  if (served == stored_.end() || !asked.likeness) return;
  const Verdict verdict = verdict_on(*asked.likeness, served->second);
  if (verdict == Verdict::kUnknown) return;
  ++similarity_.judged;
  if (verdict == Verdict::kFalseAccept) ++similarity_.false_accepts;
}

std::optional<model::Artefact> MultimodalRun::stored_for(const model::Artefact& asked,
                                                         const cache::LookupResult& found) const {
  const MutexLock lock(mutex_);
  const auto served = stored_.find(found.served_key);
  if (served == stored_.end()) return std::nullopt;
  model::Artefact stored = asked;
  stored.key = found.served_key;
  stored.likeness = served->second;
  if (stored.content) stored.content = served->second.content;
  return stored;
}

void MultimodalRun::measure(const model::Artefact& asked, const cache::LookupResult& found,
                            const ContentSource& content, std::span<const std::byte> served) {
  const std::optional<model::Artefact> stored = stored_for(asked, found);
  if (!stored || !asked.likeness) return;
  const Verdict verdict = verdict_on(*asked.likeness, *stored->likeness);
  if (content.files() > 0 && asked.kind != ArtefactKind::kText) {
    const PictureFeatures::Feature truth = pictures_.of(content, asked.likeness->content);
    const PictureFeatures::Feature other = pictures_.of(content, stored->likeness->content);
    if (truth != nullptr && other != nullptr)
      return errors_.add(verdict, SimilarityErrors::Basis::kPixels, cache::error_between(*other, *truth));
  }
  std::vector<std::byte> truth(compared_bytes(asked.meta).value);
  content.fill(asked, truth);
  if (!served.empty()) {
    const auto part = served.first(std::min(served.size(), truth.size()));
    return errors_.add(verdict, SimilarityErrors::Basis::kServed,
                       tensor_error(asked.meta.dtype, part, truth));
  }
  std::vector<std::byte> other(truth.size());
  content.fill(*stored, other);
  errors_.add(verdict, SimilarityErrors::Basis::kSynthesised, tensor_error(asked.meta.dtype, other, truth));
}

cache::PutResult MultimodalRun::put(const model::Artefact& artefact, const cache::EntryDescription& what,
                                    const TensorView* content, const cache::FlightPtr& owned) {
  if (artefact.likeness && section_.similarity.enabled) {
    const MutexLock lock(mutex_);
    stored_[artefact.key] = *artefact.likeness;
  }
  return cache_.put(what, content, owned, {}, traits_of(artefact));
}

void MultimodalRun::reset() {
  cache_.reset_books();
  resizes_ = 0;
  errors_.reset();
  const MutexLock lock(mutex_);
  similarity_.judged = similarity_.false_accepts = similarity_.unconfirmable = similar_hits_ = 0;
  scores_ = 0;
}

result::Multimodal MultimodalRun::collect() const {
  const cache::MultimodalStatistics counted = cache_.statistics();
  result::Multimodal out;
  out.eviction_policy = section_.eviction.name;
  out.capacity_bytes = counted.capacity.value;
  out.limit_bytes = cache_.limit().value;
  out.resizes = resizes_;
  out.resident_entries = counted.resident;
  out.comparable_entries = counted.comparable;
  out.index_bytes = counted.similarity_memory.value;
  out.eviction = {.evicted = counted.regret.evicted,
                  .asked_again = counted.regret.asked_again,
                  .let_go = counted.regret.let_go,
                  .window_accesses = counted.regret_window};
  for (std::size_t kind = 0; kind < counted.kinds.size(); ++kind) {
    const cache::EntryTypeStatistics& from = counted.kinds[kind];
    if (from.accesses == 0) continue;
    out.kinds[name_of(static_cast<ArtefactKind>(kind))] = {.accesses = from.accesses,
                                                           .exact_hits = from.exact,
                                                           .similar_hits = from.similar,
                                                           .covered = from.covered,
                                                           .misses = from.misses,
                                                           .expired = from.expired,
                                                           .saved_ns = from.saved_ns,
                                                           .compressed = from.compressed,
                                                           .plain_bytes = from.plain.value,
                                                           .compressed_bytes = from.stored.value};
  }
  const MutexLock lock(mutex_);
  out.similarity = similarity_;
  out.similarity.errors = errors_.collect();
  if (similar_hits_ > 0) out.similarity.mean_score = scores_ / static_cast<double>(similar_hits_);
  return out;
}

}  // namespace cachebench::bench
