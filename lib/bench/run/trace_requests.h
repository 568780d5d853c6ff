// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "bench/run/content.h"
#include "model/geometry.h"
#include "pipeline/load_image.h"
#include "pipeline/request.h"
#include "trace/request.h"

/// The requests of a trace as the pipeline takes them: contents by their identity, pictures and token ids
/// made from it where no file has them, answers as long as recorded but for the config's limit.
/// Deterministic. A prompt of which only block ids are known becomes a text for each block. A record that
/// cannot be read, or that asks for the impossible, is a request that is refused, at its place: the others go
/// on. Throws Error{kInput} for the trace as a whole, Error{kUsage} for one of plain objects.
namespace cachebench::bench {

struct TimedRequest {
  pipeline::AsyncMultimodalRequest request;
  Nanoseconds arrival{0};
  std::string where = {};    ///< "FILE:LINE" of the trace
  std::string refused = {};  ///< why nothing can be asked of the model; "" where it can
};
struct TraceRequests {
  std::vector<TimedRequest> requests;
  std::uint32_t block_tokens = 16;
};
[[nodiscard]] TraceRequests trace_requests(const RunConfig& config, const model::Geometry& geometry);
[[nodiscard]] pipeline::AsyncMultimodalRequest to_pipeline_request(const trace::Request& request,
                                                                   const trace::Header& header,
                                                                   const model::Geometry& geometry);

/// Pictures of a workload, made before the clock runs: from the files of a folder, brought to the size that
/// the trace says, or drawn from their keys. Pictures beyond `most` bytes are made when they are asked for,
/// and so are those of files that are no images: whoever asks gets the error. `content` outlives what is
/// returned.
[[nodiscard]] pipeline::ContentSource picture_source(const ContentSource& content,
                                                     const std::vector<TimedRequest>& requests,
                                                     Bytes most = kGiB);

}  // namespace cachebench::bench
