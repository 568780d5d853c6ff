// SPDX-License-Identifier: Apache-2.0
#include "result/run_result.h"

#include <cmath>

#include "core/check.h"
#include "core/ids.h"

namespace cachebench::result {

const char* name_of(Status status) {
  switch (status) {
    case Status::kComplete:
      return "complete";
    case Status::kPartial:
      return "partial";
    case Status::kInvalid:
      return "invalid";
  }
  CACHEBENCH_CHECK(false, "status {}", static_cast<int>(status));
}

const char* name_of(Basis basis) {
  switch (basis) {
    case Basis::kMeasured:
      return "measured";
    case Basis::kModelled:
      return "modelled";
    case Basis::kEmulated:
      return "emulated";
  }
  CACHEBENCH_CHECK(false, "basis {}", static_cast<int>(basis));
}

std::optional<double> ratio_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<double> Totals::accesses_per_second() const {
  if (elapsed_ns <= 0) return std::nullopt;
  return static_cast<double>(accesses) * 1e9 / static_cast<double>(elapsed_ns);
}

std::optional<double> ModelCheck::error_ratio() const {
  if (predicted_ns <= 0) return std::nullopt;
  return static_cast<double>(measured_ns) / static_cast<double>(predicted_ns) - 1.0;
}

ModelCheck overall(const std::vector<ModelCheck>& checks) {
  double predicted = 0;
  double measured = 0;
  ModelCheck all{.tier = "all", .kind = "all"};
  for (const ModelCheck& check : checks) {
    predicted += static_cast<double>(check.predicted_ns) * static_cast<double>(check.count);
    measured += static_cast<double>(check.measured_ns) * static_cast<double>(check.count);
    all.count += check.count;
  }
  if (all.count == 0) return all;
  all.predicted_ns = std::llround(predicted / static_cast<double>(all.count));
  all.measured_ns = std::llround(measured / static_cast<double>(all.count));
  return all;
}

LatencySummary summarise(const Histogram& histogram, Basis basis) {
  return {.basis = basis,
          .count = histogram.count(),
          .p50_ns = histogram.quantile(0.5),
          .p90_ns = histogram.quantile(0.9),
          .p99_ns = histogram.quantile(0.99),
          .p999_ns = histogram.quantile(0.999),
          .max_ns = histogram.max(),
          .buckets = histogram.buckets()};
}

Basis clock_basis(const RunResult& result, const std::string& tier) {
  const auto found = result.latency.find(tier);
  const bool emulated = found != result.latency.end() && found->second.basis == Basis::kEmulated;
  return emulated ? Basis::kEmulated : Basis::kMeasured;
}

Basis overall_clock_basis(const RunResult& result) {
  for (const ModelCheck& check : result.model_check) {
    if (clock_basis(result, check.tier) == Basis::kEmulated) return Basis::kEmulated;
  }
  return Basis::kMeasured;
}

std::vector<std::pair<std::string, KindResult>> kinds_in_order(const RunResult& result) {
  std::vector<std::pair<std::string, KindResult>> list;
  std::map<std::string, KindResult> rest = result.kinds;
  for (int i = 0; i < kArtefactKinds; ++i) {
    auto node = rest.extract(name_of(static_cast<ArtefactKind>(i)));
    if (node) list.emplace_back(node.key(), node.mapped());
  }
  list.insert(list.end(), rest.begin(), rest.end());
  return list;
}

}  // namespace cachebench::result
