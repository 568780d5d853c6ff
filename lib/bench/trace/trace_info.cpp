// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/trace_info.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <unordered_set>

#include "bench/sweep/interner.h"
#include "bench/trace/access_summary.h"
#include "core/error.h"
#include "model/geometry.h"
#include "trace/fields.h"

namespace cachebench::bench {
namespace {

constexpr std::size_t kReadBatch = 1024;

void add_to(std::optional<std::uint64_t>& sum, std::uint64_t value) {
  sum = sum.value_or(0) + value;
}

// Facts of requests that are not accesses: sessions, images, tokens, blocks.
class RequestFacts {
 public:
  explicit RequestFacts(const trace::Header& header) : header_(header) {}

  void add(const trace::Request& request, const model::Plan& plan, TraceInfo& info) {
    if (request.session) {
      sessions_.insert(*request.session);
      has_sessions_ = true;
    } else {
      ++single_sessions_;
    }
    add_images(request, info);
    if (request.input_tokens || !header_.lengths_only) {
      add_to(info.input_tokens, request.input_tokens.value_or(plan.prompt_tokens));
    }
    if (request.output_tokens) add_to(info.output_tokens, *request.output_tokens);
    if (header_.lengths_only) return;
    if (request.has_blocks) {
      add_to(info.blocks, request.prefix_blocks.size());
      for (const trace::BlockRef& block : request.prefix_blocks) blocks_.insert(block.key);
    } else {
      const std::size_t chain = plan.independent ? plan.artefacts.size() : plan.chain;
      add_to(info.blocks, chain);
      for (std::size_t i = 0; i < chain; ++i) blocks_.insert(plan.artefacts[i].key);
    }
  }

  void put_into(TraceInfo& info) const {
    if (has_sessions_) info.sessions = sessions_.size() + single_sessions_;
    if (info.blocks) info.distinct_blocks = blocks_.size();
    if (info.images && !header_.lengths_only) info.distinct_images = images_.size() + single_images_;
  }

 private:
  void add_images(const trace::Request& request, TraceInfo& info) {
    if (request.image_count) add_to(info.images, *request.image_count);
    if (header_.lengths_only || header_.blocks_only) return;
    add_to(info.images, 0);
    for (const trace::Input& input : request.inputs) {
      if (input.kind != trace::InputKind::kImage) continue;
      add_to(info.images, 1);
      if (input.content) {
        images_.insert(*input.content);
      } else {
        ++single_images_;
      }
    }
  }

  const trace::Header& header_;
  std::unordered_set<std::uint64_t> sessions_;
  std::unordered_set<Key> images_;
  std::unordered_set<Key> blocks_;
  std::uint64_t single_sessions_ = 0;
  std::uint64_t single_images_ = 0;
  bool has_sessions_ = false;
};

void read_requests(const TraceInfoRequest& request, trace::Reader& reader, TraceInfo& info) {
  info.lowering = request.lowering.value_or(model::Lowering::kGraph);
  info.geometry = request.geometry;
  model::Lowerer lowerer(model::geometry_named(request.geometry), info.lowering, reader.header());
  Interner<Key> interner;
  AccessSummary accesses;
  ArrivalSummary arrivals;
  RequestFacts facts(reader.header());
  trace::Request record;
  model::Plan plan;
  while (reader.next(record)) {
    lowerer.lower(record, plan);
    interner.make_room(plan.artefacts.size());
    for (const model::Artefact& artefact : plan.artefacts) {
      accesses.add(EntryId{interner.intern(artefact.key)}, artefact.bytes.value);
    }
    arrivals.add(record.arrival);
    facts.add(record, plan, info);
    ++info.requests;
  }
  accesses.put_into(info);
  arrivals.put_into(info);
  facts.put_into(info);
}

void read_objects(const TraceInfoRequest& request, trace::Reader& reader, TraceInfo& info) {
  if (request.lowering && *request.lowering != model::Lowering::kObjects) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: is a trace of plain objects, so lowering '{}' does not apply", request.path,
                            model::name_of(*request.lowering)));
  }
  Interner<std::uint64_t> interner;
  AccessSummary accesses;
  ArrivalSummary arrivals;
  std::array<trace::ObjectAccess, kReadBatch> batch;
  while (const std::size_t count = reader.next(std::span(batch))) {
    interner.make_room(count);
    for (std::size_t i = 0; i < count; ++i) interner.prefetch(batch[i].key);
    for (std::size_t i = 0; i < count; ++i) {
      accesses.add(EntryId{interner.intern(batch[i].key)}, batch[i].size);
      arrivals.add(trace::nanoseconds_of_seconds(batch[i].time_s));
    }
    info.requests += count;
  }
  accesses.put_into(info);
  arrivals.put_into(info);
}

}  // namespace

TraceInfo trace_info(const TraceInfoRequest& request) {
  const std::unique_ptr<trace::Reader> reader = trace::open_trace(request.path, request.read);
  TraceInfo info;
  info.path = request.path;
  info.format = reader->header().format;
  info.lengths_only = reader->header().lengths_only;
  info.name = reader->header().name;
  if (info.name.empty()) info.name = std::filesystem::path(request.path).filename().string();
  if (reader->trace_class() == trace::TraceClass::kRequests) {
    read_requests(request, *reader, info);
  } else {
    read_objects(request, *reader, info);
  }
  info.skipped = reader->skipped();
  return info;
}

std::optional<double> max_hit_ratio(const TraceInfo& info) {
  if (info.accesses == 0) return std::nullopt;
  return static_cast<double>(info.accesses - info.distinct) / static_cast<double>(info.accesses);
}

}  // namespace cachebench::bench
