// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/artefact.h"
#include "model/geometry.h"
#include "trace/request.h"

/// From requests to cache accesses.
namespace cachebench::model {

enum class Lowering : std::uint8_t {
  kGraph,    ///< the artefact graph with chained prefix blocks
  kBlocks,   ///< each block id one plain access in file order, as other simulators see it
  kObjects,  ///< plain object traces
};
/// Throws Error{kUsage} naming the nearest of graph, blocks, objects.
[[nodiscard]] Lowering parse_lowering(std::string_view name);
[[nodiscard]] const char* name_of(Lowering lowering);

/// Turns requests into plans. Thread-compatible; reuses the buffers of `out`. An id of a block keeps the size
/// and cost of its first reference.
class Lowerer {
 public:
  Lowerer(Geometry geometry, Lowering lowering, const trace::Header& header);
  ~Lowerer();
  Lowerer(Lowerer&&) noexcept;
  void lower(const trace::Request& request, Plan& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A plain access as a plan of one artefact; `miss_work` is its cost (`trace.miss_cost`).
void lower_object(const trace::ObjectAccess& access, const Work& miss_work, Plan& out);

}  // namespace cachebench::model
