// SPDX-License-Identifier: Apache-2.0
#include "bench/run/bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/run/workload.h"
#include "core/error.h"
#include "core/nearest.h"
#include "policy/offline/tiered_bound.h"
#include "policy/offline/uniform_optimum.h"

namespace cachebench::bench {

BoundsChoice parse_bounds(std::string_view text) {
  if (text == "auto") return BoundsChoice::kAuto;
  if (text == "on") return BoundsChoice::kOn;
  if (text == "off") return BoundsChoice::kOff;
  throw Error(ErrorKind::kUsage,
              unknown_name("choice of bounds", text, std::array<std::string, 3>{"auto", "on", "off"}));
}

std::string_view why_no_bounds(const RunConfig& config) {
  if (config.load.kind == LoadKind::kOpen) return "requests of an open loop overlap";
  if (config.load.in_flight > 1) return "requests in flight at the same time share computations";
  if (!config.cache.directory.empty() && !config.cache.cold)
    return "a kept cache folder may hold entries that the trace has not asked for yet";
  const MultimodalSection& multimodal = config.multimodal;
  if (multimodal.enabled && multimodal.similarity.enabled)
    return "bounds are of exact service, and like content may serve here";
  const bool lossy = std::any_of(config.cache.tiers.begin(), config.cache.tiers.end(),
                                 [](const TierSection& tier) { return tier.lossy().format != "none"; });
  if (lossy || (multimodal.enabled && multimodal.compression.enabled))
    return "bounds are of entries at their own size, and lossy forms let a tier hold more";
  if (config.mode == RunMode::kPipeline) return "a pipeline leaves out what costs less to make than to fetch";
  return "";
}

bool wants_bounds(const RunConfig& config, BoundsChoice choice, std::uint64_t accesses) {
  const std::string_view reason = why_no_bounds(config);
  if (choice == BoundsChoice::kOn && !reason.empty()) {
    throw Error(ErrorKind::kUsage,
                fmt::format("no bound is valid for this run: {}; use --bounds auto, or a closed loop with "
                            "load.in_flight 1, an empty cache, exact service and plain tiers",
                            reason));
  }
  if (choice != BoundsChoice::kAuto) return choice == BoundsChoice::kOn;
  return reason.empty() && accesses <= kMostAccessesAuto;
}

ReuseBuilder::ReuseBuilder(std::vector<hardware::Medium> media, const hardware::CostModel& costs)
    : costs_(costs), media_(std::move(media)), table_(media_.size()) {}

policy::ReuseFacts ReuseBuilder::facts_of(const model::Artefact& artefact) {
  if (seen_.empty()) size_ = artefact.bytes;
  is_uniform_ = is_uniform_ && artefact.bytes == size_;
  const EntryId id = index_.add(artefact.key);
  if (index_of(id) == seen_.size()) seen_.emplace_back();
  Seen& seen = seen_[index_of(id)];
  // A cache may go by what it was told first or last: the dearest of them.
  seen.recompute = std::max(seen.recompute, costs_.recompute(artefact.work).total());
  policy::ReuseFacts facts{.recompute = seen.recompute, .bytes = seen.bytes, .since = seen.step};
  for (std::size_t t = 0; t < media_.size(); ++t) {
    facts.fetch[t] = costs_.fetch(media_[t], artefact.bytes).total();
  }
  seen.step = table_.step();
  seen.bytes = artefact.bytes;
  return facts;
}

// As model::walk: leading blocks cover what lies inside them; fusion output and pair all below them, a vision
// output its image, a language output the texts, which come last.
void ReuseBuilder::set_coverage(const model::Plan& plan) {
  for (std::size_t i = plan.chain; i < plan.artefacts.size(); ++i) {
    const model::Artefact& artefact = plan.artefacts[i];
    policy::ReuseFacts& facts = request_[i];
    const auto chain_end = plan.artefacts.begin() + static_cast<std::ptrdiff_t>(plan.chain);
    const auto last = std::partition_point(
        plan.artefacts.begin(), chain_end,
        [&](const model::Artefact& block) { return block.span.end < artefact.span.end; });
    if (last != chain_end) facts.needs = static_cast<std::uint32_t>(last - plan.artefacts.begin()) + 1;
    switch (artefact.kind) {
      case ArtefactKind::kFusionOutput:
      case ArtefactKind::kTextImagePair:
      case ArtefactKind::kLanguageEncoderOutput:
        facts.covers = policy::Covers::kRest;
        break;
      case ArtefactKind::kVisionEncoderOutput: {
        const bool has_image = i + 1 < plan.artefacts.size() &&
                               plan.artefacts[i + 1].kind == ArtefactKind::kImage &&
                               plan.artefacts[i + 1].image == artefact.image;
        if (has_image) facts.covers = policy::Covers::kNext;
        break;
      }
      default:
        break;
    }
  }
}

void ReuseBuilder::skip(const model::Plan& plan) {
  for (const model::Artefact& artefact : plan.artefacts) {
    static_cast<void>(facts_of(artefact));
    if (plan.independent) table_.skip_step();
  }
  if (!plan.independent) table_.skip_step();
}

void ReuseBuilder::add(const model::Plan& plan) {
  if (plan.independent) {
    for (const model::Artefact& artefact : plan.artefacts) table_.add_access(facts_of(artefact));
    return;
  }
  request_.clear();
  for (const model::Artefact& artefact : plan.artefacts) request_.push_back(facts_of(artefact));
  set_coverage(plan);
  table_.add_request(request_, plan.chain);
}

ReuseBuilder read_reuse(const RunConfig& config, const std::vector<hardware::Medium>& media,
                        const hardware::CostModel& costs, const ReplayedPart& part) {
  ReuseBuilder builder(media, costs);
  Workload workload(config, part.loaded);
  model::Plan plan;
  for (std::uint64_t i = 0; i < part.warmup_requests + part.requests && workload.next(plan); ++i) {
    if (i < part.warmup_requests) {
      builder.skip(plan);
    } else {
      builder.add(plan);
    }
  }
  return builder;
}

result::Bounds bounds_of(const ReuseBuilder& reuse, const std::vector<cache::TierOptions>& tiers,
                         const NamedParameters& prefetch) {
  const policy::ReuseTable& table = reuse.table();
  const bool fetches_ahead = prefetch.name != "none";
  std::vector<Bytes> capacities;
  for (const cache::TierOptions& tier : tiers) capacities.push_back(tier.capacity);
  const policy::TieredBound bound = policy::tiered_bound(
      table, capacities, fetches_ahead ? policy::Movement::kAnywhere : policy::Movement::kDownOnly);
  result::Bounds bounds{.method = fetches_ahead ? "tiered-prefetch" : "tiered",
                        .compulsory_misses = table.first_references(),
                        .infinite_saved_ns = table.infinite_saved_ns(),
                        .saved_ns = bound.saved_ns};
  for (std::size_t t = 0; t < tiers.size(); ++t) {
    bounds.worth_ns_per_byte[tiers[t].name] = bound.worth_ns_per_byte[t];
  }
  if (fetches_ahead) {
    bounds.notes.emplace_back(
        "with prefetch the bound takes every hit at the first tier's cost and limits all tiers together");
  }
  const Bytes size = reuse.uniform_bytes();
  if (tiers.size() == 1 && table.requests() == 0 && size.value > 0) {
    const std::uint64_t hits = policy::optimal_hits(table, tiers[0].capacity.value / size.value);
    bounds.belady_misses = table.references().size() - hits;
  }
  return bounds;
}

}  // namespace cachebench::bench
