// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/load_accesses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "bench/sweep/interner.h"
#include "core/error.h"
#include "model/geometry.h"
#include "trace/reader.h"

namespace cachebench::bench {
namespace {

// Records of a batch, their prefetched slots and the columns' ends stay in the first-level cache together.
constexpr std::size_t kBatch = 256;
// Sums of sizes, and sizes plus one, must not wrap.
constexpr std::uint64_t kLargestSize = 1ULL << 62;
// The smallest record of a common binary format; a guess for reserving, whatever the format.
constexpr std::uint64_t kBytesPerRecord = 24;
constexpr std::uint64_t kMostReserved = 1ULL << 32;

std::size_t records_expected(const LoadRequest& request) {
  std::error_code failed;
  const std::uintmax_t bytes = std::filesystem::file_size(request.path, failed);
  if (failed) return 0;
  return static_cast<std::size_t>(std::min({bytes / kBytesPerRecord, request.limit, kMostReserved}));
}

class Loader {
 public:
  explicit Loader(const LoadRequest& request)
      : request_(request),
        reader_(trace::open_trace(
            request.path, {.format = request.format, .skip_bad = request.skip_bad, .limit = request.limit})) {
    const trace::Header& header = reader_->header();
    loaded_.format = header.format;
    loaded_.trace_name =
        header.name.empty() ? std::filesystem::path(request.path).filename().string() : header.name;
  }

  LoadedAccesses load() {
    loaded_.columns.reserve(records_expected(request_));
    if (reader_->trace_class() == trace::TraceClass::kObjects) {
      load_objects();
    } else {
      load_requests();
    }
    loaded_.skipped = reader_->skipped();
    return std::move(loaded_);
  }

 private:
  void load_objects() {
    if (request_.lowering && *request_.lowering != model::Lowering::kObjects) {
      throw Error(
          ErrorKind::kUsage,
          fmt::format("{}: is a trace of plain objects, so lowering '{}' does not apply; leave it out",
                      request_.path, model::name_of(*request_.lowering)));
    }
    Interner<std::uint64_t> interner;
    std::array<trace::ObjectAccess, kBatch> batch;
    while (const std::size_t count = reader_->next(batch)) {
      const std::span<const trace::ObjectAccess> records(batch.data(), count);
      make_room(interner, count);
      for (const trace::ObjectAccess& record : records) interner.prefetch(record.key);
      if (request_.counting == SizeCounting::kUnit) {
        for (const trace::ObjectAccess& record : records)
          loaded_.columns.append_unit(interner.intern(record.key));
      } else {
        for (const trace::ObjectAccess& record : records) {
          check_size(record.size, loaded_.columns.accesses());
          loaded_.columns.append(interner.intern(record.key), record.size);
        }
      }
      loaded_.records += count;
    }
  }

  void load_requests() {
    loaded_.lowering = request_.lowering.value_or(model::Lowering::kGraph);
    if (loaded_.lowering == model::Lowering::kObjects) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: is a trace of requests, which lower to 'graph' or 'blocks', not 'objects'",
                              request_.path));
    }
    model::Lowerer lowerer(model::geometry_named(request_.geometry), loaded_.lowering, reader_->header());
    Interner<Key> interner;
    trace::Request request;
    model::Plan plan;
    while (reader_->next(request)) {
      lowerer.lower(request, plan);
      make_room(interner, plan.artefacts.size());
      for (const model::Artefact& artefact : plan.artefacts) {
        const std::uint32_t id = interner.intern(artefact.key);
        if (request_.counting == SizeCounting::kUnit) {
          loaded_.columns.append_unit(id);
        } else {
          check_size(artefact.bytes.value, loaded_.records);
          loaded_.columns.append(id, artefact.bytes.value);
        }
      }
      ++loaded_.records;
    }
  }

  template <typename KeyType>
  void make_room(Interner<KeyType>& interner, std::size_t count) {
    if (interner.size() + count > Interner<KeyType>::kMost) {
      throw Error(ErrorKind::kInput, fmt::format("{}: has more than {} distinct objects", request_.path,
                                                 Interner<KeyType>::kMost - 1));
    }
    interner.make_room(count);
  }

  void check_size(std::uint64_t size, std::uint64_t record) {
    bytes_ += std::min(size, kLargestSize);
    if (size > kLargestSize || bytes_ > kLargestSize) [[unlikely]] {
      throw Error(ErrorKind::kInput, fmt::format("{}: record {}: sizes add up to more than {} bytes",
                                                 request_.path, record + 1, kLargestSize));
    }
  }

  const LoadRequest& request_;
  std::unique_ptr<trace::Reader> reader_;
  LoadedAccesses loaded_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

LoadedAccesses load_accesses(const LoadRequest& request) {
  return Loader(request).load();
}

}  // namespace cachebench::bench
