// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/embedding_index.h"

#include <fmt/format.h>
// Its prefetches read a few bytes behind a full list of neighbours, and it has our own kernels for the rest.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <exception>
#include <utility>

#include "cache/similarity/threshold.h"
#include "core/check.h"
#include "core/error.h"
#include "core/tensor_view.h"
#include "tier/lossy/int8_dot.h"
#include "tier/lossy/lossy.h"

namespace cachebench::cache {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kMaxDimension = 65'536;
constexpr std::size_t kFirstCapacity = 1024;
// A cosine of 1 may come out an ulp lower.
constexpr double kSlack = 1e-9;
// What sums of single precision may add to a bound, for 65,536 components too.
constexpr double kRounding = 1e-5;

using Slot = std::uint32_t;
constexpr Slot kNoSlot = UINT32_MAX;

struct Pair {
  const float* a;
  const float* b;
  std::size_t size;  ///< a multiple of kLanes
};

// Products are not fused with sums and lanes are added in one order, so that both kernels give the same bits.
using Sums = std::array<float, kLanes>;

float total(const Sums& sums) {
  float sum = 0;
  for (const float lane : sums) sum += lane;
  return sum;
}

float dot_portable(const Pair& of) {
  Sums sums{};
  for (std::size_t i = 0; i < of.size; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += of.a[i + lane] * of.b[i + lane];
  }
  return total(sums);
}

__attribute__((target("avx2"))) float dot_avx2(const Pair& of) {
  __m256 low = _mm256_setzero_ps();
  __m256 high = _mm256_setzero_ps();
  for (std::size_t i = 0; i < of.size; i += kLanes) {
    const float* a = of.a + i;
    const float* b = of.b + i;
    low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b)));
    high = _mm256_add_ps(high, _mm256_mul_ps(_mm256_loadu_ps(a + 8), _mm256_loadu_ps(b + 8)));
  }
  Sums sums;
  _mm256_storeu_ps(sums.data(), low);
  _mm256_storeu_ps(sums.data() + 8, high);
  return total(sums);
}

template <float (*Dot)(const Pair&)>
float distance(const void* a, const void* b, const void* size) {
  return 1.0F - Dot({.a = static_cast<const float*>(a),
                     .b = static_cast<const float*>(b),
                     .size = *static_cast<const std::size_t*>(size)});
}

/// A vector of length 1 in int8: a quarter of the bytes to look through, and a bound for what that may hide.
struct Coded {
  float scale = 0;
  float error = 0;  ///< length of what the codes leave of the vector out
};

Coded encode_int8(std::span<const float> unit, std::span<std::int8_t> codes) {
  const TensorMeta meta{.shape = {1, static_cast<std::int64_t>(unit.size())}, .dtype = DType::kF32};
  std::vector<std::byte> form(tier::lossy_bytes(tier::LossyFormat::kInt8, meta));
  const auto outcome =
      tier::encode_lossy(tier::LossyFormat::kInt8, {.meta = meta, .data = std::as_bytes(unit)}, form);
  CACHEBENCH_CHECK(outcome == tier::LossyOutcome::kEncoded, "a vector of length 1");
  Coded coded;
  std::memcpy(&coded.scale, form.data(), sizeof(float));
  std::memcpy(codes.data(), form.data() + sizeof(float), codes.size());
  double square = 0;
  for (std::size_t i = 0; i < unit.size(); ++i) {
    const double left = static_cast<double>(unit[i]) - static_cast<double>(coded.scale) * codes[i];
    square += left * left;
  }
  coded.error = static_cast<float>(std::sqrt(square) * (1 + kRounding));
  return coded;
}

/// One minus the dot product of vectors padded with zeros to whole lanes.
class CosineSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit CosineSpace(std::size_t padded) : padded_(padded) {}
  std::size_t get_data_size() override { return padded_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override {
    return __builtin_cpu_supports("avx2") != 0 ? distance<dot_avx2> : distance<dot_portable>;
  }
  void* get_dist_func_param() override { return &padded_; }
  [[nodiscard]] const std::size_t& padded() const { return padded_; }

 private:
  std::size_t padded_;
};

void check_options(const EmbeddingOptions& options) {
  const auto refuse = [](const char* what, std::size_t value, std::size_t least, std::size_t most) {
    if (value >= least && value <= most) return;
    throw Error(ErrorKind::kUsage, fmt::format("embedding {} {}: from {} to {}", what, value, least, most));
  };
  refuse("dimension", options.dimension, 1, kMaxDimension);
  refuse("links", options.links, 2, 128);
  refuse("construction breadth", options.construction_breadth, 1, 10'000);
  refuse("search breadth", options.search_breadth, 1, 100'000);
}

double norm_of(std::span<const float> vector) {
  double sum = 0;
  for (const float x : vector) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}

// Exact but for the rounding of the stored components, and of those only the second order counts.
double cosine_of(std::span<const float> a, std::span<const float> b) {
  double dot = 0;
  double a_square = 0;
  double b_square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]);
    const double y = static_cast<double>(b[i]);
    dot += x * y;
    a_square += x * x;
    b_square += y * y;
  }
  return std::clamp(dot / std::sqrt(a_square * b_square), -1.0, 1.0);
}

}  // namespace

const char* name_of(VectorFault fault) {
  switch (fault) {
    case VectorFault::kNone:
      return "none";
    case VectorFault::kWrongDimension:
      return "wrong dimension";
    case VectorFault::kNotFinite:
      return "not finite";
    case VectorFault::kZeroNorm:
      return "zero norm";
  }
  return "unknown";
}

VectorFault fault_of(std::span<const float> vector) {
  if (vector.empty() || vector.size() > kMaxDimension) return VectorFault::kWrongDimension;
  const bool is_finite = std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); });
  if (!is_finite) return VectorFault::kNotFinite;
  const bool is_zero = std::all_of(vector.begin(), vector.end(), [](float x) { return x == 0; });
  return is_zero ? VectorFault::kZeroNorm : VectorFault::kNone;
}

class EmbeddingIndex::Impl {
 public:
  explicit Impl(const EmbeddingOptions& options)
      : options_(options), space_((options.dimension + kLanes - 1) / kLanes * kLanes) {}

  [[nodiscard]] VectorFault fault(std::span<const float> vector) const {
    if (vector.size() != options_.dimension) return VectorFault::kWrongDimension;
    return fault_of(vector);
  }
  VectorFault insert(EntryId id, std::span<const float> vector);
  bool erase(EntryId id);
  [[nodiscard]] bool contains(EntryId id) const {
    return index_of(id) < slots_.size() && slots_[index_of(id)] != kNoSlot;
  }
  [[nodiscard]] std::vector<EmbeddingMatch> query(const EmbeddingQuery& query) const;
  [[nodiscard]] std::vector<EmbeddingMatch> query_all(const EmbeddingQuery& query) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t dimension() const { return options_.dimension; }
  [[nodiscard]] Bytes memory() const;

 private:
  using Graph = hnswlib::HierarchicalNSW<float>;

  [[nodiscard]] std::vector<float> scaled(std::span<const float> vector) const;
  [[nodiscard]] std::vector<float> checked(const EmbeddingQuery& query) const;
  /// Slots are labels and positions in the graph alike: both count up in the order of insertion.
  [[nodiscard]] std::span<const float> at(Slot slot) const {
    const void* data = graph_->getDataByInternalId(slot);
    return {static_cast<const float*>(data), space_.padded()};
  }
  [[nodiscard]] std::span<const std::int8_t> codes_at(Slot slot) const {
    return std::span(codes_).subspan(std::size_t{slot} * space_.padded(), space_.padded());
  }
  /// At most so near is the entry, by the codes alone: by Cauchy and Schwarz the errors of both add so much.
  [[nodiscard]] double largest_cosine(const Coded& query, std::span<const std::int8_t> codes,
                                      Slot slot) const {
    const Coded& entry = coded_[slot];
    const double scales = static_cast<double>(entry.scale) * static_cast<double>(query.scale);
    const double error = static_cast<double>(query.error) * (1 + kRounding) +
                         static_cast<double>(entry.error) * (1 + static_cast<double>(query.error));
    return tier::int8_dot(codes_at(slot), codes, level_) * scales + error + kRounding;
  }
  /// Keeps the codes of what was put into the graph there.
  void keep_codes(Slot slot, std::span<const float> unit);
  void reserve_one();
  void compact();
  [[nodiscard]] std::vector<EmbeddingMatch> best(std::vector<EmbeddingMatch> matches,
                                                 std::size_t top_k) const;

  EmbeddingOptions options_;
  const tier::SimdLevel level_ = tier::best_simd();
  CosineSpace space_;
  std::unique_ptr<Graph> graph_;    ///< none while empty
  std::vector<EntryId> ids_;        ///< by slot; kNoEntry: a way mark
  std::vector<std::int8_t> codes_;  ///< by slot, what looking at all goes through
  std::vector<Coded> coded_;        ///< by slot
  std::vector<Slot> free_;
  std::vector<Slot> slots_;  ///< by id
  std::size_t size_ = 0;
};

// A length of which the squares do not overflow: components are floats, the sum is a double.
std::vector<float> EmbeddingIndex::Impl::scaled(std::span<const float> vector) const {
  std::vector<float> result(space_.padded());
  const double norm = norm_of(vector);
  std::transform(vector.begin(), vector.end(), result.begin(),
                 [norm](float x) { return static_cast<float>(static_cast<double>(x) / norm); });
  return result;
}

std::vector<float> EmbeddingIndex::Impl::checked(const EmbeddingQuery& query) const {
  check_threshold(query.threshold);
  if (const VectorFault found = fault(query.vector); found != VectorFault::kNone) {
    throw Error(ErrorKind::kInput, fmt::format("embedding to look for: {} ({} components, the index has {})",
                                               name_of(found), query.vector.size(), options_.dimension));
  }
  return scaled(query.vector);
}

void EmbeddingIndex::Impl::keep_codes(Slot slot, std::span<const float> unit) {
  if (slot >= coded_.size()) {
    coded_.resize(std::size_t{slot} + 1);
    codes_.resize(coded_.size() * space_.padded());
  }
  coded_[slot] =
      encode_int8(unit, std::span(codes_).subspan(std::size_t{slot} * space_.padded(), space_.padded()));
}

void EmbeddingIndex::Impl::reserve_one() {
  if (graph_ == nullptr) {
    graph_ = std::make_unique<Graph>(&space_, kFirstCapacity, options_.links, options_.construction_breadth);
    graph_->setEf(options_.search_breadth);
  }
  if (free_.empty() && ids_.size() == graph_->max_elements_) graph_->resizeIndex(2 * graph_->max_elements_);
}

VectorFault EmbeddingIndex::Impl::insert(EntryId id, std::span<const float> vector) {
  CACHEBENCH_CHECK(id != kNoEntry, "an entry without id");
  if (const VectorFault found = fault(vector); found != VectorFault::kNone) return found;
  if (index_of(id) >= slots_.size()) slots_.resize(std::size_t{index_of(id)} + 1, kNoSlot);
  Slot& slot = slots_[index_of(id)];
  const std::vector<float> unit = scaled(vector);
  try {
    reserve_one();
    const bool is_new = slot == kNoSlot;
    const Slot into = !is_new ? slot : free_.empty() ? static_cast<Slot>(ids_.size()) : free_.back();
    graph_->addPoint(unit.data(), into);
    keep_codes(into, unit);
    if (!is_new) return VectorFault::kNone;
    slot = into;
    if (into == ids_.size()) {
      ids_.push_back(id);
    } else {
      free_.pop_back();
      ids_[into] = id;
    }
    ++size_;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kEnvironment, fmt::format("embedding index of {}: {}", size_, error.what()));
  }
  return VectorFault::kNone;
}

bool EmbeddingIndex::Impl::erase(EntryId id) {
  if (!contains(id)) return false;
  const Slot slot = std::exchange(slots_[index_of(id)], kNoSlot);
  graph_->markDelete(slot);
  ids_[slot] = kNoEntry;
  free_.push_back(slot);
  --size_;
  if (size_ == 0) {
    graph_ = nullptr;
    ids_ = {};
    free_ = {};
    codes_ = {};
    coded_ = {};
  } else if (free_.size() >= kFirstCapacity && size_ < ids_.size() / 2) {
    compact();
  }
  return true;
}

// Fewer than half are left: inserting them anew is paid for by the removals since the last time.
void EmbeddingIndex::Impl::compact() {
  const std::unique_ptr<Graph> old = std::move(graph_);
  const std::vector<EntryId> ids = std::exchange(ids_, {});
  free_ = {};
  codes_ = {};
  coded_ = {};
  for (Slot slot = 0; slot < ids.size(); ++slot) {
    if (ids[slot] == kNoEntry) continue;
    reserve_one();
    const auto next = static_cast<Slot>(ids_.size());
    graph_->addPoint(old->getDataByInternalId(slot), next);
    keep_codes(next, at(next));
    ids_.push_back(ids[slot]);
    slots_[index_of(ids[slot])] = next;
  }
}

std::vector<EmbeddingMatch> EmbeddingIndex::Impl::best(std::vector<EmbeddingMatch> matches,
                                                       std::size_t top_k) const {
  const auto before = [](const EmbeddingMatch& x, const EmbeddingMatch& y) {
    return x.cosine != y.cosine ? x.cosine > y.cosine : x.id < y.id;
  };
  std::sort(matches.begin(), matches.end(), before);
  if (matches.size() > top_k) matches.resize(top_k);
  return matches;
}

std::vector<EmbeddingMatch> EmbeddingIndex::Impl::query(const EmbeddingQuery& query) const {
  const std::vector<float> unit = checked(query);
  if (size_ == 0 || query.top_k == 0) return {};
  // Few, or as many wanted as there are: looking at all is not much dearer and misses nothing. A graph of way
  // marks with few entries between them might.
  const std::size_t breadth = std::max(options_.search_breadth, query.top_k);
  if (ids_.size() <= kFirstCapacity || breadth >= size_) return query_all(query);
  std::vector<EmbeddingMatch> matches;
  for (auto found = graph_->searchKnn(unit.data(), breadth); !found.empty(); found.pop()) {
    const auto slot = static_cast<Slot>(found.top().second);
    const double cosine = cosine_of(unit, at(slot));
    if (cosine >= query.threshold - kSlack) matches.push_back({.cosine = cosine, .id = ids_[slot]});
  }
  return best(std::move(matches), query.top_k);
}

std::vector<EmbeddingMatch> EmbeddingIndex::Impl::query_all(const EmbeddingQuery& query) const {
  const std::vector<float> unit = checked(query);
  std::vector<EmbeddingMatch> matches;
  std::vector<std::int8_t> codes(space_.padded());
  const Coded coded = encode_int8(unit, codes);
  for (Slot slot = 0; slot < ids_.size(); ++slot) {
    if (ids_[slot] == kNoEntry || largest_cosine(coded, codes, slot) < query.threshold - kSlack) continue;
    const double cosine = cosine_of(unit, at(slot));
    if (cosine >= query.threshold - kSlack) matches.push_back({.cosine = cosine, .id = ids_[slot]});
  }
  return best(std::move(matches), query.top_k);
}

// Beside the elements: a pointer, a level, two marks for the search and a mutex each, the table from label to
// element, the links above the lowest layer of one in `links`, and a fixed table of mutexes.
Bytes EmbeddingIndex::Impl::memory() const {
  std::size_t bytes =
      ids_.capacity() * sizeof(EntryId) + (free_.capacity() + slots_.capacity()) * sizeof(Slot);
  bytes += codes_.capacity() + coded_.capacity() * sizeof(Coded);
  if (graph_ == nullptr) return Bytes{bytes};
  constexpr std::size_t kMutex = 40;
  constexpr std::size_t kLookup = 40;
  const std::size_t each = graph_->size_data_per_element_ + sizeof(void*) + sizeof(int) + 4 + kMutex;
  constexpr std::size_t kUpdateMutexes = 65'536;
  bytes += graph_->max_elements_ * each + kUpdateMutexes * kMutex;
  bytes += ids_.size() * (kLookup + graph_->size_links_per_element_ / options_.links);
  return Bytes{bytes};
}

EmbeddingIndex::EmbeddingIndex(const EmbeddingOptions& options) {
  check_options(options);
  impl_ = std::make_unique<Impl>(options);
}

EmbeddingIndex::~EmbeddingIndex() = default;

VectorFault EmbeddingIndex::insert(EntryId id, std::span<const float> vector) {
  return impl_->insert(id, vector);
}

bool EmbeddingIndex::erase(EntryId id) {
  return impl_->erase(id);
}

bool EmbeddingIndex::contains(EntryId id) const {
  return impl_->contains(id);
}

std::vector<EmbeddingMatch> EmbeddingIndex::query(const EmbeddingQuery& query) const {
  return impl_->query(query);
}

std::vector<EmbeddingMatch> EmbeddingIndex::query_all(const EmbeddingQuery& query) const {
  return impl_->query_all(query);
}

std::size_t EmbeddingIndex::size() const {
  return impl_->size();
}

std::size_t EmbeddingIndex::dimension() const {
  return impl_->dimension();
}

Bytes EmbeddingIndex::memory() const {
  return impl_->memory();
}

}  // namespace cachebench::cache
