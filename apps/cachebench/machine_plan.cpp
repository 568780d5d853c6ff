// SPDX-License-Identifier: Apache-2.0
#include "machine_plan.h"

#include <algorithm>

#include "bench/trace/trace_info.h"
#include "hardware/hardware_optimizer.h"
#include "hardware/nearest_profile.h"
#include "model/geometry.h"

namespace cachebench::app {
namespace {

// The figures of a geometry that a plan needs.
hardware::ModelFigures model_figures(const std::string& geometry) {
  const model::Geometry shape = model::geometry_named(geometry);
  const std::uint64_t element = size_of(shape.dtype());
  const model::VisionConfig& vision = shape.vision();
  // The widest layer and the residual of a large picture, in float32; attention is taken in parts.
  constexpr std::uint64_t kFloat = 4;
  const std::uint64_t patches = shape.grid_of(1920, 1080).patches;
  const std::uint64_t width = std::uint64_t{vision.mlp} + 4ULL * vision.hidden;
  const model::ImageGrid typical = shape.grid_of(512, 512);
  const TensorMeta entry = shape.vision_output(typical.visual_tokens);
  return {.name = geometry,
          .vision_weights = Bytes{shape.vision_parameters() * element},
          .text_weights = Bytes{shape.text_parameters() * element},
          .activations = Bytes{patches * width * kFloat},
          .typical_entry = entry.bytes(),
          .typical_flops = shape.vision_flops(typical.patches),
          .row = Bytes{entry.bytes().value / typical.visual_tokens}};
}

}  // namespace

MachinePlan plan_machine(const hardware::Topology& topology, const PlanRequest& request) {
  const hardware::NearestProfile nearest = hardware::nearest_profile(topology);
  MachinePlan result;
  result.profile = request.profile.empty() ? nearest.name : request.profile;
  result.profile_reason = request.profile.empty() ? nearest.reason : "as asked";
  hardware::OptimizerInput input{.topology = topology,
                                 .profile = hardware::find_profile(result.profile),
                                 .model = model_figures(request.model)};
  if (!request.trace.empty()) {
    const bench::TraceInfo info =
        bench::trace_info({.path = request.trace, .read = {}, .lowering = {}, .geometry = request.model});
    input.trace = hardware::TraceSummary{
        .distinct = Bytes{info.bytes_distinct},
        .mean = Bytes{info.bytes_distinct / std::max<std::uint64_t>(1, info.distinct)}};
  }
  result.plan = hardware::HardwareOptimizer(std::move(input)).plan();
  return result;
}

}  // namespace cachebench::app
