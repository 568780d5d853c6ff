// SPDX-License-Identifier: Apache-2.0
#include "bench/trace/trace_convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "model/geometry.h"
#include "trace/fields.h"
#include "trace/writer.h"

namespace cachebench::bench {
namespace {

constexpr std::size_t kBatch = 4096;
constexpr const char* kMooncake = "mooncake";
constexpr std::uint32_t kMooncakeTokens = 512;

// Which records lie in the stretch, told one after the other.
class StretchFilter {
 public:
  enum class Verdict : std::uint8_t { kBefore, kKeep, kAfter };
  explicit StretchFilter(const TraceStretch& stretch) : stretch_(stretch) {}

  Verdict operator()(Nanoseconds time) {
    if (seen_ == 0) first_ = time;
    const std::uint64_t position = seen_++;
    const Nanoseconds since = time - first_;
    if (position < stretch_.from || since < stretch_.start) return Verdict::kBefore;
    if (kept_ >= stretch_.count || since >= stretch_.end) return Verdict::kAfter;
    if (kept_++ == 0 && stretch_.rebase) shift_ = time;
    return Verdict::kKeep;
  }
  /// What is to be taken off the times of kept records.
  [[nodiscard]] Nanoseconds shift() const { return shift_; }

 private:
  const TraceStretch& stretch_;
  std::uint64_t seen_ = 0;
  std::uint64_t kept_ = 0;
  Nanoseconds first_{0};
  Nanoseconds shift_{0};
};

// Requests on their way into the output.
class RequestSink {
 public:
  virtual ~RequestSink() = default;
  virtual std::uint64_t put(trace::Request& request) = 0;  // records written
};

class AsTheyAre final : public RequestSink {
 public:
  explicit AsTheyAre(trace::Writer& out) : out_(out) {}
  std::uint64_t put(trace::Request& request) override {
    out_.write(request);
    return 1;
  }

 private:
  trace::Writer& out_;
};

model::Lowerer lowerer_for(const ConvertRequest& request, model::Lowering lowering,
                           const trace::Header& header) {
  return {model::geometry_named(request.geometry), lowering, header};
}

class AsObjects final : public RequestSink {
 public:
  AsObjects(model::Lowerer lowerer, trace::Writer& out) : lowerer_(std::move(lowerer)), out_(out) {}
  std::uint64_t put(trace::Request& request) override {
    lowerer_.lower(request, plan_);
    accesses_.clear();
    const double time_s = static_cast<double>(request.arrival.count()) / 1e9;
    for (const model::Artefact& artefact : plan_.artefacts) {
      accesses_.push_back({.time_s = time_s,
                           .key = object_key(artefact.key),
                           .size = artefact.bytes.value,
                           .next = -1,
                           .kind = artefact.kind});
    }
    out_.write(accesses_);
    return accesses_.size();
  }

 private:
  model::Lowerer lowerer_;
  trace::Writer& out_;
  model::Plan plan_;
  std::vector<trace::ObjectAccess> accesses_;
};

// Derives the prefix blocks of requests that have none. Only full blocks are derived; what is left of a
// prompt becomes a block of its own that never repeats, so that lengths stay right.
class WithBlocks final : public RequestSink {
 public:
  WithBlocks(model::Lowerer lowerer, trace::Writer& out) : lowerer_(std::move(lowerer)), out_(out) {}
  std::uint64_t put(trace::Request& request) override {
    if (!request.has_blocks) derive(request);
    out_.write(request);
    return 1;
  }

 private:
  void derive(trace::Request& request) {
    lowerer_.lower(request, plan_);
    std::uint64_t tokens = 0;
    for (const model::Artefact& artefact : plan_.artefacts) {
      const auto held = static_cast<std::uint32_t>(artefact.span.end - artefact.span.begin);
      request.prefix_blocks.push_back({.key = artefact.key, .tokens = held});
      tokens += held;
    }
    if (plan_.prompt_tokens > tokens) {
      const Key tail = derive_key(hash_key("the end of a prompt"), request.sequence);
      request.prefix_blocks.push_back(
          {.key = tail, .tokens = static_cast<std::uint32_t>(plan_.prompt_tokens - tokens)});
    }
    request.input_tokens = plan_.prompt_tokens;
    request.has_blocks = true;
  }

  model::Lowerer lowerer_;
  trace::Writer& out_;
  model::Plan plan_;
};

std::unique_ptr<RequestSink> sink_for(const ConvertRequest& request, const ConvertSummary& summary,
                                      const trace::Header& header, trace::Writer& out) {
  if (out.trace_class() == trace::TraceClass::kObjects) {
    if (!request.lowering) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{} holds requests and {} plain objects: say how requests become "
                              "accesses with --lowering blocks or --lowering graph",
                              request.in, summary.to_format));
    }
    return std::make_unique<AsObjects>(lowerer_for(request, *request.lowering, header), out);
  }
  if (summary.to_format == kMooncake && !header.blocks_only && !header.lengths_only) {
    return std::make_unique<WithBlocks>(lowerer_for(request, model::Lowering::kBlocks, header), out);
  }
  return std::make_unique<AsTheyAre>(out);
}

void copy_requests(const ConvertRequest& request, trace::Reader& reader, RequestSink& sink,
                   ConvertSummary& summary) {
  StretchFilter filter(request.stretch);
  trace::Request record;
  while (reader.next(record)) {
    ++summary.read;
    const StretchFilter::Verdict verdict = filter(record.arrival);
    if (verdict == StretchFilter::Verdict::kAfter) return;
    if (verdict == StretchFilter::Verdict::kBefore) continue;
    record.arrival -= filter.shift();
    summary.written += sink.put(record);
  }
}

void copy_objects(const ConvertRequest& request, trace::Reader& reader, trace::Writer& out,
                  ConvertSummary& summary) {
  StretchFilter filter(request.stretch);
  std::vector<trace::ObjectAccess> batch(kBatch);
  std::vector<trace::ObjectAccess> kept;
  bool done = false;
  while (!done) {
    const std::size_t count = reader.next(std::span(batch));
    if (count == 0) break;
    kept.clear();
    for (std::size_t i = 0; i < count && !done; ++i) {
      ++summary.read;
      const Nanoseconds time = trace::nanoseconds_of_seconds(batch[i].time_s);
      const StretchFilter::Verdict verdict = filter(time);
      done = verdict == StretchFilter::Verdict::kAfter;
      if (verdict != StretchFilter::Verdict::kKeep) continue;
      kept.push_back(batch[i]);
      if (filter.shift().count() > 0) {
        kept.back().time_s = static_cast<double>((time - filter.shift()).count()) / 1e9;
      }
    }
    out.write(kept);
    summary.written += kept.size();
  }
}

}  // namespace

std::uint64_t object_key(const Key& key) {
  return key.hi == 0 ? key.lo : key.lo ^ (key.hi * 0x9E3779B97F4A7C15ULL);
}

ConvertSummary convert_trace(const ConvertRequest& request) {
  const std::unique_ptr<trace::Reader> reader = trace::open_trace(request.in, request.read);
  ConvertSummary summary;
  trace::Header header = reader->header();
  summary.from_format = header.format;
  summary.to_format = request.format.empty() ? header.format : request.format;
  if (summary.to_format == kMooncake && !header.blocks_only) header.block_tokens = kMooncakeTokens;
  const trace::TraceClass target = trace::class_of_format(summary.to_format);
  const bool objects = reader->trace_class() == trace::TraceClass::kObjects;
  if (objects && target == trace::TraceClass::kRequests) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} holds plain objects, which cannot become the requests of '{}'", request.in,
                            summary.to_format));
  }
  if (request.lowering && (objects || target == trace::TraceClass::kRequests)) {
    throw Error(ErrorKind::kUsage, "--lowering is for turning requests into plain objects");
  }
  const std::unique_ptr<trace::Writer> writer = trace::create_trace(request.out, summary.to_format, header);
  if (objects) {
    copy_objects(request, *reader, *writer, summary);
  } else {
    copy_requests(request, *reader, *sink_for(request, summary, header, *writer), summary);
  }
  summary.skipped = reader->skipped();
  if (summary.written == 0)
    throw Error(ErrorKind::kUsage, request.in + ": no record lies in what was asked for");
  writer->finish();
  return summary;
}

}  // namespace cachebench::bench
