// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bench/config/run_config.h"
#include "core/units.h"
#include "model/artefact.h"
#include "model/lowering.h"
#include "trace/request.h"

/// A workload read and lowered once, for any number of runs of it or of its parts. A handle on shared data
/// that never changes: copies are cheap, and runs on different threads may read the same one. What a run
/// counts does not depend on whether its workload was loaded before or is read on the way. Errors: as those
/// of Workload, when loading.
namespace cachebench::bench {

class LoadedWorkload {
 public:
  /// All of `config.trace`; nothing when that takes more than `most` bytes of memory.
  [[nodiscard]] static std::optional<LoadedWorkload> load(const RunConfig& config, Bytes most);

  /// Part `number` (from 1) of `parts` contiguous ones, equal but for rounding, arrivals counted from its own
  /// start.
  [[nodiscard]] LoadedWorkload part(std::size_t number, std::size_t parts) const;
  /// The first `requests`, or all where there are fewer.
  [[nodiscard]] LoadedWorkload prefix(std::size_t requests) const;

  [[nodiscard]] std::size_t requests() const { return end_ - begin_; }
  [[nodiscard]] bool is_objects() const;
  /// REQUIRES: index < requests(), and a trace of requests.
  void plan(std::size_t index, model::Plan& out) const;
  /// REQUIRES: index < requests(), and a trace of objects.
  [[nodiscard]] const trace::ObjectAccess& object(std::size_t index) const;
  [[nodiscard]] const trace::Header& header() const;
  [[nodiscard]] model::Lowering lowering() const;
  [[nodiscard]] std::uint64_t skipped() const;
  [[nodiscard]] const std::string& sha256() const;  ///< of the whole file

  /// Equal for configs whose workloads are the same: file, limit, lowering, geometry.
  [[nodiscard]] static std::string key_of(const RunConfig& config);

 private:
  struct Data;
  explicit LoadedWorkload(std::shared_ptr<const Data> data);

  std::shared_ptr<const Data> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace cachebench::bench
