// SPDX-License-Identifier: Apache-2.0
#include "cache/compression/compression_meter.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace cachebench::cache {
namespace {

using Timer = std::chrono::steady_clock;

Nanoseconds since(Timer::time_point start) {
  return std::chrono::duration_cast<Nanoseconds>(Timer::now() - start);
}

// Rows do not depend on one another, so the first ones by themselves have the error that they have among all.
TensorMeta first_rows(const tier::RecordInfo& info) {
  const auto dims = info.meta.shape.dims();
  const std::size_t columns = dims.empty() ? 1 : static_cast<std::size_t>(dims.back());
  const std::size_t rows = info.meta.shape.elements() / columns;
  const std::size_t looked_at =
      std::min(rows, std::max<std::size_t>(1, CompressionMeter::kCompared / columns));
  return {.shape = {static_cast<std::int64_t>(looked_at), static_cast<std::int64_t>(columns)},
          .dtype = info.meta.dtype};
}

Difference error_of(const tier::RecordInfo& info, std::span<const std::byte> plain) {
  const TensorMeta meta = first_rows(info);
  const TensorView part{.meta = meta, .data = plain.first(meta.bytes().value)};
  std::vector<std::byte> encoded(stored_bytes(info.encoding, meta).value);
  std::vector<std::byte> back(part.data.size());
  if (!encode(info.encoding, part, encoded) || !decode(info.encoding, encoded, meta, back)) return {};
  return difference(part, back);
}

}  // namespace

bool CompressionMeter::encode(const tier::RecordInfo& info, std::span<const std::byte> plain,
                              std::span<std::byte> out) {
  const auto start = Timer::now();
  const bool encoded = cache::encode(info.encoding, {.meta = info.meta, .data = plain}, out);
  const Nanoseconds elapsed = since(start);
  const Difference error = encoded ? error_of(info, plain) : Difference{};
  const MutexLock lock(mutex_);
  tier::CodecUse& use = uses_[info.kind];
  use.note_encode(Bytes{plain.size()}, Bytes{encoded ? out.size() : plain.size()}, elapsed);
  use.compared += error.compared;
  use.max_error = std::max(use.max_error, error.max_error);
  use.error_sum += error.error_sum;
  use.square_sum += error.square_sum;
  return encoded;
}

bool CompressionMeter::decode(const tier::RecordInfo& info, std::span<const std::byte> in,
                              std::span<std::byte> out) {
  const auto start = Timer::now();
  const bool sound = cache::decode(info.encoding, in, info.meta, out);
  const Nanoseconds elapsed = since(start);
  const MutexLock lock(mutex_);
  if (sound) uses_[info.kind].note_decode(Bytes{out.size()}, elapsed);
  return sound;
}

void CompressionMeter::note_kept(const tier::RecordInfo& info) {
  const MutexLock lock(mutex_);
  KeptForm& form = kept_[static_cast<std::size_t>(info.encoding)];
  ++form.entries;
  form.plain += info.meta.bytes();
  form.stored += stored_bytes(info.encoding, info.meta);
}

void CompressionMeter::note_kept_decoded(const tier::RecordInfo& info, std::span<const std::byte> plain) {
  const TensorMeta meta = first_rows(info);
  Passes once;
  once.add(info.encoding);
  const double bound = largest_bound({.meta = meta, .data = plain.first(meta.bytes().value)}, once);
  const MutexLock lock(mutex_);
  KeptForm& form = kept_[static_cast<std::size_t>(info.encoding)];
  ++form.decoded;
  form.max_error = std::max(form.max_error, bound);
}

KeptForms CompressionMeter::kept() const {
  const MutexLock lock(mutex_);
  return kept_;
}

tier::CodecUses CompressionMeter::uses() const {
  const MutexLock lock(mutex_);
  return uses_;
}

}  // namespace cachebench::cache
