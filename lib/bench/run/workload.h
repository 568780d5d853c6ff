// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/config/run_config.h"
#include "bench/run/loaded_workload.h"
#include "hardware/cost.h"
#include "model/artefact.h"
#include "model/lowering.h"
#include "trace/reader.h"
#include "trace/recorder.h"

/// A trace as the sequence of plans that a run replays: read lazily from the file, or from what was loaded
/// before. Front to back; a second reading starts with a new object. One thread. Errors: Error{kInput} for
/// the file, Error{kUsage} for a lowering that does not go with the kind of trace.
namespace cachebench::bench {

class Workload {
 public:
  /// `loaded`, where given, is what the config names and outlives this.
  explicit Workload(const RunConfig& config, const LoadedWorkload* loaded = nullptr);
  /// From now on every request handed out is also written to `path`, which appears at `finish_recording`.
  void record_to(const std::string& path);
  void finish_recording();
  [[nodiscard]] bool is_recording() const { return recorder_ != nullptr; }
  ~Workload();
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  /// The next request as a plan; false at the end (or at `trace.limit`).
  bool next(model::Plan& out);
  /// Instead of `next`: the next plain accesses as they stand in the file, 0 at the end. REQUIRES: such a
  /// trace, not loaded before.
  std::size_t next_objects(std::span<trace::ObjectAccess> out);
  [[nodiscard]] const trace::Header& header() const;
  [[nodiscard]] model::Lowering lowering() const { return lowering_; }
  /// Malformed records skipped so far, those included that ask for the impossible: up to `trace.skip_bad`, or
  /// in mode pipeline, where such a request fails alone, however many.
  [[nodiscard]] std::uint64_t skipped() const;

 private:
  bool next_object(model::Plan& out);
  bool next_request(model::Plan& out);
  const trace::ObjectAccess* read_object();

  const LoadedWorkload* loaded_;
  const std::uint64_t tolerated_;
  std::uint64_t impossible_ = 0;  // requests that no prompt can be made of
  std::unique_ptr<trace::Reader> reader_;
  std::unique_ptr<trace::Recorder> recorder_;
  model::Lowering lowering_;
  std::unique_ptr<model::Lowerer> lowerer_;
  MissCost miss_cost_;
  trace::Request request_;
  std::vector<trace::ObjectAccess> objects_;  // a batch being handed out
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t references_ = 0;
  double first_time_s_ = 0;
};

/// Bytes that tell an artefact's content from others: token ids, or decoded pixels of 3 bytes. Nothing for
/// what is made of other artefacts.
[[nodiscard]] std::optional<Bytes> bytes_to_hash(const model::Artefact& artefact);

/// What a whole workload consists of, from one reading.
struct WorkloadFacts {
  std::uint64_t requests = 0;
  std::uint64_t accesses = 0;
  std::uint64_t distinct = 0;
  Bytes bytes_requested;
  Bytes bytes_distinct;  ///< the working set; an object counts at its largest size
  Bytes largest;
  std::uint64_t contents_hashed = 0;  ///< texts and images that requests bring, each once a request
  Bytes bytes_hashed;                 ///< token ids, and decoded pixels of 3 bytes
  Nanoseconds duration{0};            ///< first to last arrival
  Nanoseconds median_gap{0};          ///< between arrivals
  Nanoseconds all_missed{0};          ///< modelled, if every access had to be computed
  trace::Header header;
  model::Lowering lowering = model::Lowering::kObjects;
  std::uint64_t skipped = 0;
};
[[nodiscard]] WorkloadFacts scan(const RunConfig& config, const hardware::CostModel& costs,
                                 const LoadedWorkload* loaded = nullptr);

/// For policies that see the future: for each reference of the workload the number of the next one to the
/// same artefact, kNoReference where none follows. Reads the trace once; 4 bytes a reference.
inline constexpr std::uint32_t kNoReference = 0xFFFFFFFFU;
[[nodiscard]] std::vector<std::uint32_t> next_references(const RunConfig& config,
                                                         const LoadedWorkload* loaded = nullptr);

}  // namespace cachebench::bench
