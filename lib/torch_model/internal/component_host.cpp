// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/component_host.h"

#include <fmt/format.h>

#include <limits>

#include "core/check.h"
#include "core/error.h"

namespace cachebench::torch_model {
namespace {

constexpr Bytes kNoLimit{std::numeric_limits<std::uint64_t>::max() / 2};

Bytes memory_of(const at::Tensor& weight) {
  Bytes bytes{static_cast<std::uint64_t>(weight.nbytes())};
  if (weight.is_quantized()) bytes += Bytes{static_cast<std::uint64_t>(weight.size(0)) * sizeof(float)};
  return bytes;
}

}  // namespace

ComponentHost::ComponentHost(WeightSource source, Bytes budget, model::ComponentCache::Keep keep)
    : source_(std::move(source)),
      budget_(budget),
      cache_(*this, budget.value > 0 ? budget : kNoLimit, keep) {}

void ComponentHost::add(const std::string& name, Build build) {
  Bytes bytes;
  const WeightSource counting = [&](const std::string& weight, std::initializer_list<std::int64_t> shape) {
    at::Tensor tensor = source_(weight, shape);
    bytes += memory_of(tensor);
    return tensor;
  };
  static_cast<void>(build(counting));
  if (budget_.value > 0 && bytes > budget_) {
    throw Error(ErrorKind::kUsage, fmt::format("weights_budget: {} is less than '{}' alone takes, {}",
                                               format_bytes(budget_), name, format_bytes(bytes)));
  }
  const bool is_new = entries_.emplace(name, Entry{.build = std::move(build), .bytes = bytes}).second;
  CACHEBENCH_CHECK(is_new, "two parts '{}'", name);
}

Bytes ComponentHost::bytes_of(std::string_view name) const {
  const auto found = entries_.find(name);
  CACHEBENCH_CHECK(found != entries_.end(), "no part '{}'", name);
  return found->second.bytes;
}

// The tensor library's mode belongs to the thread; whoever computes has set it.
model::ComponentPtr ComponentHost::load(std::string_view name) const {
  const auto found = entries_.find(name);
  CACHEBENCH_CHECK(found != entries_.end(), "no part '{}'", name);
  return found->second.build(source_);
}

Bytes ComponentHost::bytes() const {
  Bytes sum;
  for (const auto& [name, entry] : entries_) sum += entry.bytes;
  return sum;
}

model::ComponentCacheStats ComponentHost::stats() const {
  model::ComponentCacheStats stats = cache_.stats();
  stats.budget = budget_;
  return stats;
}

}  // namespace cachebench::torch_model
