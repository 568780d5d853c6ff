// SPDX-License-Identifier: Apache-2.0
#include "bench/run/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "cache/key_index.h"
#include "core/check.h"
#include "core/error.h"
#include "core/histogram.h"

namespace cachebench::bench {
namespace {

constexpr std::size_t kObjectBatch = 4096;

model::Lowering choose_lowering(const TraceSection& trace, trace::TraceClass kind) {
  const bool objects = kind == trace::TraceClass::kObjects;
  switch (trace.lowering) {
    case LoweringChoice::kAuto:
      return objects ? model::Lowering::kObjects : model::Lowering::kGraph;
    case LoweringChoice::kObjects:
      if (objects) return model::Lowering::kObjects;
      break;
    case LoweringChoice::kGraph:
      if (!objects) return model::Lowering::kGraph;
      break;
    case LoweringChoice::kBlocks:
      if (!objects) return model::Lowering::kBlocks;
      break;
  }
  throw Error(ErrorKind::kUsage, fmt::format("{}: a trace of {} has no lowering '{}': use {}", trace.path,
                                             objects ? "plain objects" : "requests", name_of(trace.lowering),
                                             objects ? "objects" : "graph or blocks"));
}

}  // namespace

Workload::Workload(const RunConfig& config, const LoadedWorkload* loaded)
    : loaded_(loaded),
      tolerated_(config.mode == RunMode::kPipeline ? UINT64_MAX : config.trace.skip_bad),
      miss_cost_(config.trace.miss_cost) {
  if (loaded_ != nullptr) {
    lowering_ = loaded_->lowering();
    return;
  }
  trace::ReadOptions options;
  options.format = config.trace.format;
  options.skip_bad = tolerated_;
  options.limit = config.trace.limit.value_or(UINT64_MAX);
  reader_ = trace::open_trace(config.trace.path, options);
  lowering_ = choose_lowering(config.trace, reader_->trace_class());
  if (lowering_ == model::Lowering::kObjects) {
    objects_.resize(kObjectBatch);
  } else {
    lowerer_ = std::make_unique<model::Lowerer>(model::geometry_named(config.geometry), lowering_,
                                                reader_->header());
  }
}

Workload::~Workload() = default;

const trace::Header& Workload::header() const {
  return loaded_ != nullptr ? loaded_->header() : reader_->header();
}

std::uint64_t Workload::skipped() const {
  return loaded_ != nullptr ? loaded_->skipped() : reader_->skipped() + impossible_;
}

void Workload::record_to(const std::string& path) {
  CACHEBENCH_CHECK(loaded_ == nullptr, "recording needs the file");
  recorder_ = std::make_unique<trace::Recorder>(path, reader_->trace_class(), reader_->header());
}

void Workload::finish_recording() {
  if (recorder_) recorder_->finish();
}

bool Workload::next(model::Plan& out) {
  if (lowering_ == model::Lowering::kObjects) {
    if (!next_object(out)) return false;
  } else if (loaded_ != nullptr) {
    if (at_ == loaded_->requests()) return false;
    loaded_->plan(at_++, out);
  } else {
    if (!next_request(out)) return false;
  }
  out.first_reference = references_;
  references_ += out.artefacts.size();
  return true;
}

bool Workload::next_request(model::Plan& out) {
  while (reader_->next(request_)) {
    if (recorder_) recorder_->add(request_);
    try {
      lowerer_->lower(request_, out);
      return true;
    } catch (const Error& error) {
      // A record that reads well and asks for the impossible: as malformed as one that does not.
      if (skipped() >= tolerated_)
        throw Error(error.kind(), fmt::format("{}: {}", reader_->where(), error.what()));
      ++impossible_;
    }
  }
  return false;
}

std::size_t Workload::next_objects(std::span<trace::ObjectAccess> out) {
  return reader_->next(out);
}

const trace::ObjectAccess* Workload::read_object() {
  if (loaded_ != nullptr) return at_ == loaded_->requests() ? nullptr : &loaded_->object(at_++);
  if (at_ == filled_) {
    filled_ = reader_->next(std::span(objects_));
    at_ = 0;
    if (filled_ == 0) return nullptr;
  }
  return &objects_[at_++];
}

bool Workload::next_object(model::Plan& out) {
  const trace::ObjectAccess* const read = read_object();
  if (read == nullptr) return false;
  const trace::ObjectAccess& access = *read;
  if (recorder_) recorder_->add(std::span(&access, 1));
  if (sequence_ == 0) first_time_s_ = access.time_s;
  model::lower_object(access, miss_cost_.work_for(Bytes{access.size}), out);
  out.sequence = sequence_++;
  out.arrival = Nanoseconds{static_cast<std::int64_t>((access.time_s - first_time_s_) * 1e9)};
  return true;
}

std::optional<Bytes> bytes_to_hash(const model::Artefact& artefact) {
  if (artefact.kind == ArtefactKind::kText) return artefact.bytes;
  if (artefact.kind == ArtefactKind::kImage) return Bytes{3 * artefact.work.source_pixels};
  return std::nullopt;
}

namespace {

void count_hashing(const model::Artefact& artefact, WorkloadFacts& facts) {
  const std::optional<Bytes> bytes = bytes_to_hash(artefact);
  if (!bytes) return;
  ++facts.contents_hashed;
  facts.bytes_hashed += *bytes;
}

}  // namespace

WorkloadFacts scan(const RunConfig& config, const hardware::CostModel& costs, const LoadedWorkload* loaded) {
  Workload workload(config, loaded);
  WorkloadFacts facts;
  cache::KeyIndex index;
  std::vector<Bytes> largest;
  Histogram gaps;
  Nanoseconds before{0};
  model::Plan plan;
  while (workload.next(plan)) {
    ++facts.requests;
    if (facts.requests > 1) gaps.record((plan.arrival - before).count());
    before = plan.arrival;
    facts.duration = std::max(facts.duration, plan.arrival);
    for (const model::Artefact& artefact : plan.artefacts) {
      ++facts.accesses;
      facts.bytes_requested += artefact.bytes;
      count_hashing(artefact, facts);
      facts.all_missed += costs.miss_cost(artefact.work);
      const EntryId id = index.add(artefact.key);
      if (index_of(id) == largest.size()) largest.emplace_back();
      largest[index_of(id)] = std::max(largest[index_of(id)], artefact.bytes);
    }
  }
  for (const Bytes bytes : largest) {
    facts.bytes_distinct += bytes;
    facts.largest = std::max(facts.largest, bytes);
  }
  facts.median_gap = Nanoseconds{gaps.quantile(0.5)};
  facts.distinct = largest.size();
  facts.header = workload.header();
  facts.lowering = workload.lowering();
  facts.skipped = workload.skipped();
  if (config.mode == RunMode::kPipeline)
    facts.requests += facts.skipped;  // each of them is answered: it fails
  return facts;
}

std::vector<std::uint32_t> next_references(const RunConfig& config, const LoadedWorkload* loaded) {
  Workload workload(config, loaded);
  cache::KeyIndex index;
  std::vector<std::uint32_t> latest;  // by id: its newest reference
  std::vector<std::uint32_t> next;
  model::Plan plan;
  while (workload.next(plan)) {
    for (const model::Artefact& artefact : plan.artefacts) {
      if (next.size() >= kNoReference)
        throw Error(ErrorKind::kUsage, "a policy that sees the future takes at most 4294967295 accesses");
      const auto number = static_cast<std::uint32_t>(next.size());
      const EntryId id = index.add(artefact.key);
      if (index_of(id) == latest.size()) {
        latest.push_back(number);
      } else {
        next[latest[index_of(id)]] = number;
        latest[index_of(id)] = number;
      }
      next.push_back(kNoReference);
    }
  }
  return next;
}

}  // namespace cachebench::bench
