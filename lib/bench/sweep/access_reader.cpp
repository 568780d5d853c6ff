// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/access_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>

#include "core/error.h"
#include "model/geometry.h"

namespace cachebench::bench {
namespace {

// Records of a block, their slots in the interner and what a policy keeps of their objects stay in the
// first-level cache together.
constexpr std::size_t kBlock = 256;
// Sums of sizes, and sizes plus one, must not wrap.
constexpr std::uint64_t kLargestSize = 1ULL << 62;

}  // namespace

struct AccessReader::Requests {
  model::Lowerer lowerer;
  Interner<Key> interner;
  trace::Request request;
  model::Plan plan;
};

AccessReader::AccessReader(LoadRequest request)
    : request_(std::move(request)),
      reader_(trace::open_trace(
          request_.path,
          {.format = request_.format, .skip_bad = request_.skip_bad, .limit = request_.limit})) {
  const trace::Header& header = reader_->header();
  trace_name_ = header.name.empty() ? std::filesystem::path(request_.path).filename().string() : header.name;
  if (reader_->trace_class() == trace::TraceClass::kObjects) {
    if (request_.lowering && *request_.lowering != model::Lowering::kObjects) {
      throw Error(
          ErrorKind::kUsage,
          fmt::format("{}: is a trace of plain objects, so lowering '{}' does not apply; leave it out",
                      request_.path, model::name_of(*request_.lowering)));
    }
    batch_.resize(kBlock);
    ahead_.resize(kBlock);
    return;
  }
  lowering_ = request_.lowering.value_or(model::Lowering::kGraph);
  if (lowering_ == model::Lowering::kObjects) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: is a trace of requests, which lower to 'graph' or 'blocks', not 'objects'",
                            request_.path));
  }
  requests_ = std::make_unique<Requests>(
      Requests{.lowerer = {model::geometry_named(request_.geometry), lowering_, header},
               .interner = {},
               .request = {},
               .plan = {}});
}

AccessReader::~AccessReader() = default;

bool AccessReader::next(policy::AccessBlock& block) {
  ids_.clear();
  sizes_.clear();
  requests_ == nullptr ? read_objects() : read_requests();
  if (ids_.empty()) return false;
  totals_.accesses += ids_.size();
  if (!has_sizes()) {
    totals_.objects = requests_ == nullptr ? objects_.size() : requests_->interner.size();
    totals_.bytes_requested = totals_.accesses;
    totals_.bytes_distinct = totals_.objects;
  }
  block = {.ids = ids_, .sizes = sizes_, .objects = static_cast<std::size_t>(totals_.objects)};
  return true;
}

// The slots of a batch are asked from memory one block before they are needed.
void AccessReader::read_objects() {
  if (totals_.accesses == 0) fetch_batch();
  batch_.swap(ahead_);
  const std::span<const trace::KeyedSize> records(batch_.data(), fetched_);
  fetch_batch();
  make_room(objects_, records.size());
  if (has_sizes()) {
    for (const trace::KeyedSize& record : records) add(objects_.intern(record.key), record.size);
  } else {
    ids_.resize(records.size());
    objects_.intern(records, &trace::KeyedSize::key, ids_);
  }
  totals_.records += records.size();
}

void AccessReader::fetch_batch() {
  fetched_ = reader_->next_keys(ahead_);
  objects_.prefetch(std::span<const trace::KeyedSize>(ahead_).first(fetched_), &trace::KeyedSize::key);
}

// Whole requests, until they make a block.
void AccessReader::read_requests() {
  Requests& requests = *requests_;
  while (ids_.size() < kBlock && reader_->next(requests.request)) {
    requests.lowerer.lower(requests.request, requests.plan);
    make_room(requests.interner, requests.plan.artefacts.size());
    for (const model::Artefact& artefact : requests.plan.artefacts) {
      const std::uint32_t id = requests.interner.intern(artefact.key);
      if (has_sizes()) {
        add(id, artefact.bytes.value);
      } else {
        ids_.push_back(id);
      }
    }
    ++totals_.records;
  }
}

void AccessReader::add(std::uint32_t id, std::uint64_t size) {
  totals_.bytes_requested += std::min(size, kLargestSize);
  if (size > kLargestSize || totals_.bytes_requested > kLargestSize) [[unlikely]] {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: record {}: sizes add up to more than {} bytes", request_.path,
                            (requests_ == nullptr ? totals_.records + ids_.size() : totals_.records) + 1,
                            kLargestSize));
  }
  if (id == totals_.objects) {
    ++totals_.objects;
    totals_.bytes_distinct += size;
  }
  ids_.push_back(id);
  sizes_.push_back(size);
}

template <typename KeyType>
void AccessReader::make_room(Interner<KeyType>& interner, std::size_t count) const {
  if (interner.size() + count > Interner<KeyType>::kMost) {
    throw Error(ErrorKind::kInput, fmt::format("{}: has more than {} distinct objects", request_.path,
                                               Interner<KeyType>::kMost - 1));
  }
  interner.make_room(count);
}

}  // namespace cachebench::bench
