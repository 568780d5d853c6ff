// SPDX-License-Identifier: Apache-2.0
#include "bench/run/trace_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "core/error.h"
#include "image/decode.h"
#include "image/resize.h"
#include "model/prompt_layout.h"
#include "trace/reader.h"

namespace cachebench::bench {
namespace {

// The size that the trace states for an image, which the resize rule has not been applied to; `at` goes on
// from input to input.
image::Size stated_size(const trace::Request& request, const model::Segment& segment, std::size_t& at) {
  for (std::size_t i = at; i < request.inputs.size(); ++i) {
    const trace::Input& input = request.inputs[i];
    if (input.kind != trace::InputKind::kImage || !input.width || !input.height) continue;
    if (input.content && *input.content != segment.content) continue;
    at = i + 1;
    return {.width = *input.width, .height = *input.height};
  }
  return {.width = segment.grid.width, .height = segment.grid.height};
}

using Picture = std::shared_ptr<const image::Image>;
using PictureName = std::pair<Key, std::uint64_t>;

PictureName name_of(const Key& key, image::Size size) {
  return {key, std::uint64_t{size.width} << 32U | size.height};
}

// A record that has no number of its own, at the time of the one before it.
TimedRequest unreadable(const TraceRequests& before, const std::string& reason) {
  constexpr std::uint64_t kUnreadable = std::uint64_t{1} << 63;  // no record's number
  TimedRequest out{.request = {}, .refused = reason};
  out.request.id = kUnreadable | before.requests.size();
  if (!before.requests.empty()) out.arrival = before.requests.back().arrival;
  return out;
}

// Null where there is no such file.
Picture from_file(const ContentSource& content, const Key& key, image::Size size) {
  const std::span<const std::byte> file = content.file(key);
  if (file.empty()) return nullptr;
  image::Image picture = image::decode({.name = "content file", .bytes = file});
  if (size.width != 0 && size.height != 0 && picture.size() != size)
    picture = image::resize_area(picture, size);
  return std::make_shared<const image::Image>(std::move(picture));
}

}  // namespace

pipeline::AsyncMultimodalRequest to_pipeline_request(const trace::Request& request,
                                                     const trace::Header& header,
                                                     const model::Geometry& geometry) {
  pipeline::AsyncMultimodalRequest out;
  out.id = request.sequence;
  out.session = request.session ? *request.session + 1 : 0;
  out.turn = request.turn.value_or(0);
  out.stop_at_end = false;
  std::vector<model::Segment> segments;
  model::lay_out(request, header, geometry, segments);
  std::size_t at = 0;
  for (const model::Segment& segment : segments) {
    if (segment.kind == model::SegmentKind::kImage) {
      out.parts.emplace_back(pipeline::ImageContentPart{.content = segment.content,
                                                        .size = stated_size(request, segment, at),
                                                        .likeness = segment.likeness});
    } else {
      out.parts.emplace_back(pipeline::TextContentPart{.content = segment.content,
                                                       .tokens = segment.span.end - segment.span.begin});
    }
  }
  if (segments.empty()) {
    for (const trace::BlockRef& block : request.prefix_blocks)
      out.parts.emplace_back(
          pipeline::TextContentPart{.content = block.key, .tokens = std::max(block.tokens, 1U)});
  }
  return out;
}

TraceRequests trace_requests(const RunConfig& config, const model::Geometry& geometry) {
  TraceRequests out;
  trace::ReadOptions options;
  options.format = config.trace.format;
  options.skip_bad = UINT64_MAX;
  options.on_skip = [&](const std::string& reason) { out.requests.push_back(unreadable(out, reason)); };
  options.limit = config.trace.limit.value_or(std::numeric_limits<std::uint64_t>::max());
  const std::unique_ptr<trace::Reader> reader = trace::open_trace(config.trace.path, options);
  if (reader->trace_class() != trace::TraceClass::kRequests) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: mode pipeline answers requests, and this is a trace of plain objects: use "
                            "mode simulate or real",
                            config.trace.path));
  }
  out.block_tokens = reader->header().block_tokens;
  trace::Request request;
  while (reader->next(request)) {
    TimedRequest next{.request = {}, .arrival = request.arrival, .where = reader->where()};
    try {
      next.request = to_pipeline_request(request, reader->header(), geometry);
      if (next.request.parts.empty()) next.refused = fmt::format("{}: a prompt without tokens", next.where);
    } catch (const Error& error) {
      next.refused = fmt::format("{}: {}", next.where, error.what());
    }
    next.request.id = request.sequence;
    const std::uint64_t most = config.pipeline.max_new_tokens;
    next.request.max_new_tokens = std::clamp<std::uint64_t>(request.output_tokens.value_or(most), 1, most);
    out.requests.push_back(std::move(next));
  }
  return out;
}

pipeline::ContentSource picture_source(const ContentSource& content,
                                       const std::vector<TimedRequest>& requests, Bytes most) {
  auto made = std::make_shared<std::map<PictureName, Picture>>();
  for (const TimedRequest& one : requests) {
    for (const pipeline::RequestPart& part : one.request.parts) {
      const auto* image = std::get_if<pipeline::ImageContentPart>(&part);
      if (image == nullptr || image->size.pixels() * image::kChannels > most.value) continue;
      const PictureName name = name_of(image->content, image->size);
      if (made->count(name) > 0) continue;
      try {
        Picture picture = from_file(content, image->content, image->size);
        if (picture == nullptr) picture = pipeline::load_image(part, {});
        most -= Bytes{picture->bytes().size()};
        made->emplace(name, std::move(picture));
      } catch (const Error&) {
        continue;  // the request that asks for it is told
      }
    }
  }
  return [&content, made](const Key& key, image::Size size) -> Picture {
    const auto found = made->find(name_of(key, size));
    return found != made->end() ? found->second : from_file(content, key, size);
  };
}

}  // namespace cachebench::bench
