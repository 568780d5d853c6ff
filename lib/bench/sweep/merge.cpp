// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "result/json_reader.h"
#include "result/sweep_analysis.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;
using Order = std::tuple<std::uint32_t, std::uint64_t, std::uint32_t>;

std::string file_in(const std::string& folder, const char* name) {
  return (std::filesystem::path(folder) / name).string();
}

Order order_of(const WorkItem& item) {
  return {item.rung, item.point, item.slice};
}

void settle_status(const SweepPlan& plan, const std::string& why, result::SweepResult& sweep) {
  std::size_t failed = 0;
  std::string first;
  for (const result::SweepPoint& point : sweep.points) {
    if (point.status != result::Status::kInvalid) continue;
    if (failed++ == 0) first = fmt::format("{}: {}", point.name, point.reason);
  }
  if (failed > 0) {
    sweep.status = result::Status::kInvalid;
    sweep.reasons.push_back(fmt::format("{} points are invalid, the first: {}", failed, first));
  }
  const std::size_t wanted = plan.items.size();
  if (sweep.points.size() < wanted || !why.empty()) {
    sweep.status = result::Status::kPartial;
    const std::string count = wanted == 0 ? fmt::format("{} points", sweep.points.size())
                                          : fmt::format("{} of {} points", sweep.points.size(), wanted);
    sweep.reasons.insert(sweep.reasons.begin(),
                         fmt::format("{}: {}", why.empty() ? "not all were run" : why, count));
  }
}

/// A folder that was used for another sweep before holds points of that one too.
std::vector<JournalEntry> entries_of(const std::vector<std::string>& folders,
                                     const std::string& fingerprint) {
  std::vector<JournalEntry> all;
  for (const std::string& folder : folders) {
    for (JournalEntry& entry : read_journal(file_in(folder, kJournalFile))) {
      if (entry.sweep == fingerprint) all.push_back(std::move(entry));
    }
  }
  return all;
}

/// One a place, in order; the first one stays.
std::map<Order, JournalEntry> in_order(std::vector<JournalEntry> entries) {
  std::map<Order, JournalEntry> ordered;
  for (JournalEntry& entry : entries) ordered.emplace(order_of(entry.item), std::move(entry));
  return ordered;
}

SweepPlan common_plan(const std::vector<std::string>& folders) {
  SweepPlan plan = read_plan(folders.front());
  for (const std::string& folder : folders) {
    if (read_plan(folder).fingerprint == plan.fingerprint) continue;
    throw Error(ErrorKind::kInput, fmt::format("{} and {} hold different sweeps: merge the shards of one",
                                               folders.front(), folder));
  }
  return plan;
}

}  // namespace

void write_plan(const std::string& folder, const SweepPlan& plan) {
  Json items = Json::array();
  for (const WorkItem& item : plan.items) items.push_back({item.point, item.slice, item.rung});
  const Json document = {
      {"fingerprint", plan.fingerprint}, {"items", std::move(items)}, {"sweep", result::to_json(plan.frame)}};
  write_file(file_in(folder, kPlanFile),
             document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

SweepPlan read_plan(const std::string& folder) {
  const std::string file = file_in(folder, kPlanFile);
  if (!std::filesystem::exists(file)) {
    throw Error(ErrorKind::kInput, fmt::format("{}: holds no sweep: {} is missing", folder, kPlanFile));
  }
  const Json document = read_json_file(file, ErrorKind::kInput);
  const result::JsonReader reader(document, file);
  SweepPlan plan{.frame = {}, .items = {}, .fingerprint = reader.text("fingerprint")};
  static_cast<void>(reader.object("sweep"));
  plan.frame = result::sweep_from_json(document.at("sweep"), file);
  if (!document.contains("items") || !document.at("items").is_array())
    reader.complain("items", "is not an array");
  for (const Json& item : document.at("items")) {
    const bool ok =
        item.is_array() && item.size() == 3 &&
        std::all_of(item.begin(), item.end(), [](const Json& part) { return part.is_number_unsigned(); });
    if (!ok) reader.complain("items", "is not an array of point, slice, rung");
    plan.items.push_back({.point = item[0].get<std::uint64_t>(),
                          .slice = item[1].get<std::uint32_t>(),
                          .rung = item[2].get<std::uint32_t>()});
  }
  return plan;
}

result::SweepResult assemble(const SweepPlan& plan, std::vector<JournalEntry> entries,
                             const std::string& why) {
  result::SweepResult sweep = plan.frame;
  std::map<Order, JournalEntry> ordered = in_order(std::move(entries));
  if (plan.items.empty()) {
    for (auto& [order, entry] : ordered) sweep.points.push_back(std::move(entry.point));
  }
  for (const WorkItem& item : plan.items) {
    const auto found = ordered.find(order_of(item));
    if (found != ordered.end()) sweep.points.push_back(std::move(found->second.point));
  }
  settle_status(plan, why, sweep);
  sweep.recommendation = result::recommend(sweep);
  return sweep;
}

result::SweepResult merge_sweeps(const std::vector<std::string>& folders) {
  const SweepPlan plan = common_plan(folders);
  return assemble(plan, entries_of(folders, plan.fingerprint), "");
}

void merge_journals(const std::vector<std::string>& folders, const std::string& output) {
  const SweepPlan plan = common_plan(folders);
  std::string text;
  for (const auto& [order, entry] : in_order(entries_of(folders, plan.fingerprint)))
    text += to_line(entry) + "\n";
  write_plan(output, plan);
  write_file(file_in(output, kJournalFile), text);
}

}  // namespace cachebench::bench
