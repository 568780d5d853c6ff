// SPDX-License-Identifier: Apache-2.0
#include "bench/run/loaded_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "bench/run/workload.h"
#include "core/check.h"
#include "core/hash.h"
#include "trace/reader.h"

namespace cachebench::bench {

struct LoadedWorkload::Data {
  std::vector<model::Plan> plans;
  std::vector<trace::ObjectAccess> objects;
  trace::Header header;
  model::Lowering lowering = model::Lowering::kObjects;
  std::uint64_t skipped = 0;
  std::string sha256;
};

LoadedWorkload::LoadedWorkload(std::shared_ptr<const Data> data)
    : data_(std::move(data)), end_(is_objects() ? data_->objects.size() : data_->plans.size()) {}

std::optional<LoadedWorkload> LoadedWorkload::load(const RunConfig& config, Bytes most) {
  auto data = std::make_shared<Data>();
  Workload workload(config);
  data->lowering = workload.lowering();
  Bytes used;
  if (data->lowering == model::Lowering::kObjects) {
    std::array<trace::ObjectAccess, 1024> batch;
    while (const std::size_t count = workload.next_objects(batch)) {
      used += Bytes{count * sizeof(trace::ObjectAccess)};
      if (used > most) return std::nullopt;
      data->objects.insert(data->objects.end(), batch.begin(),
                           batch.begin() + static_cast<std::ptrdiff_t>(count));
    }
  } else {
    model::Plan plan;
    while (workload.next(plan)) {
      used += Bytes{sizeof(model::Plan) + plan.artefacts.size() * sizeof(model::Artefact)};
      if (used > most) return std::nullopt;
      data->plans.push_back(plan);
    }
  }
  data->header = workload.header();
  data->skipped = workload.skipped();
  data->sha256 = sha256_of_file(config.trace.path);
  return LoadedWorkload(std::move(data));
}

LoadedWorkload LoadedWorkload::part(std::size_t number, std::size_t parts) const {
  CACHEBENCH_CHECK(number >= 1 && number <= parts, "part {} of {}", number, parts);
  LoadedWorkload some = *this;
  some.begin_ = begin_ + requests() * (number - 1) / parts;
  some.end_ = begin_ + requests() * number / parts;
  return some;
}

LoadedWorkload LoadedWorkload::prefix(std::size_t requests) const {
  LoadedWorkload some = *this;
  some.end_ = begin_ + std::min(requests, this->requests());
  return some;
}

bool LoadedWorkload::is_objects() const {
  return data_->lowering == model::Lowering::kObjects;
}

void LoadedWorkload::plan(std::size_t index, model::Plan& out) const {
  out = data_->plans[begin_ + index];
  if (begin_ > 0) out.arrival -= data_->plans[begin_].arrival - data_->plans[0].arrival;
}

const trace::ObjectAccess& LoadedWorkload::object(std::size_t index) const {
  return data_->objects[begin_ + index];
}

const trace::Header& LoadedWorkload::header() const {
  return data_->header;
}

model::Lowering LoadedWorkload::lowering() const {
  return data_->lowering;
}

std::uint64_t LoadedWorkload::skipped() const {
  return data_->skipped;
}

const std::string& LoadedWorkload::sha256() const {
  return data_->sha256;
}

std::string LoadedWorkload::key_of(const RunConfig& config) {
  const TraceSection& trace = config.trace;
  const std::string limit = trace.limit ? std::to_string(*trace.limit) : "all";
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", trace.path, trace.format, name_of(trace.lowering),
                     trace.skip_bad, limit, config.geometry);
}

}  // namespace cachebench::bench
