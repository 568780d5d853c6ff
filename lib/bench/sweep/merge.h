// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/sweep/journal.h"
#include "result/sweep_result.h"

/// From the points that one or many processes finished to one result. A folder of a sweep holds plan.json,
/// written when it starts, and points.jsonl, a line a point; folders of the same plan go together. Stateless,
/// thread-safe. Errors: Error{kInput} for folders that hold no sweep, or different ones.
namespace cachebench::bench {

/// Names of the files in a folder of a sweep.
inline constexpr const char* kPlanFile = "plan.json";
inline constexpr const char* kJournalFile = "points.jsonl";

/// What a sweep is, without its points.
struct SweepPlan {
  result::SweepResult frame;    ///< no points
  std::vector<WorkItem> items;  ///< of the whole sweep, in the order of the document; empty for a halving
  std::string fingerprint;      ///< equal for the same sweep
};

void write_plan(const std::string& folder, const SweepPlan& plan);
[[nodiscard]] SweepPlan read_plan(const std::string& folder);

/// The frame with these points in the plan's order (a halving: by round, then point), each once. Points that
/// are missing make it partial; `why` says why they may be.
[[nodiscard]] result::SweepResult assemble(const SweepPlan& plan, std::vector<JournalEntry> entries,
                                           const std::string& why);

/// Of all folders together.
[[nodiscard]] result::SweepResult merge_sweeps(const std::vector<std::string>& folders);

/// Their lines in one journal, in the plan's order; written whole or not at all.
void merge_journals(const std::vector<std::string>& folders, const std::string& output);

}  // namespace cachebench::bench
