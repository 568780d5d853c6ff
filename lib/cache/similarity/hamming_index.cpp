// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/hamming_index.h"

#include <algorithm>
#include <span>

#include "cache/similarity/hamming_scan.h"
#include "core/check.h"
#include "core/hamming.h"

namespace cachebench::cache {
namespace {

// A candidate from a bucket costs about as much as this many codes in a scan.
constexpr std::size_t kScanAdvantage = 16;
constexpr int kMaxTableDistance = 11;

// All 16-bit words with at most two bits, by number of bits: what to add to a part to get its neighbours.
struct Neighbours {
  std::array<std::uint16_t, 1 + 16 + 120> masks{};
  static constexpr std::array<std::size_t, 3> kCount{1, 17, 137};  ///< by radius
};

constexpr Neighbours kNeighbours = [] {
  Neighbours result;
  std::size_t next = 1;
  for (unsigned a = 0; a < 16; ++a) result.masks[next++] = static_cast<std::uint16_t>(1U << a);
  for (unsigned a = 0; a < 16; ++a) {
    for (unsigned b = a + 1; b < 16; ++b)
      result.masks[next++] = static_cast<std::uint16_t>(1U << a | 1U << b);
  }
  return result;
}();

std::span<const std::uint16_t> masks_within(int radius) {
  if (radius < 0) return {};
  return std::span(kNeighbours.masks).first(Neighbours::kCount[static_cast<std::size_t>(radius)]);
}

// The radius of part `part` for a distance of 4·r + a: r for the first a + 1 parts, r − 1 for the others.
int radius_of(std::size_t part, int distance) {
  return distance / 4 - (static_cast<int>(part) <= distance % 4 ? 0 : 1);
}

}  // namespace

// A heap with the largest in front.
class HammingIndex::Nearest {
 public:
  explicit Nearest(std::size_t top_k) : top_k_(top_k) {}
  void offer(Candidate candidate) {
    if (is_full()) {
      if (!(candidate < heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end());
  }
  [[nodiscard]] bool is_full() const { return heap_.size() == top_k_; }
  [[nodiscard]] int largest_distance() const { return heap_.front().distance; }
  [[nodiscard]] EntryId largest_id() const { return heap_.front().id; }
  [[nodiscard]] std::vector<SimilarMatch> sorted() {
    std::sort_heap(heap_.begin(), heap_.end());
    std::vector<SimilarMatch> matches;
    matches.reserve(heap_.size());
    for (const Candidate& one : heap_) matches.push_back({.distance = one.distance, .id = one.id});
    return matches;
  }

 private:
  std::size_t top_k_;
  std::vector<Candidate> heap_;
};

HammingIndex::Slot HammingIndex::insert(std::uint64_t code, EntryId id) {
  CACHEBENCH_CHECK(id != kNoEntry && codes_.size() < UINT32_MAX, "{} slots", codes_.size());
  std::uint32_t slot = static_cast<std::uint32_t>(codes_.size());
  if (free_.empty()) {
    codes_.push_back(code);
    ids_.push_back(id);
    if (has_tables()) places_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
    codes_[slot] = code;
    ids_[slot] = id;
  }
  if (slot / kScanStep == lowest_ids_.size()) lowest_ids_.push_back(id);
  lowest_ids_[slot / kScanStep] = std::min(lowest_ids_[slot / kScanStep], id);
  ++size_;
  if (has_tables()) {
    link(slot);
  } else if (size_ > kTableEntries) {
    build_tables();
  }
  return Slot{slot};
}

void HammingIndex::remove(Slot slot) {
  const auto position = static_cast<std::uint32_t>(slot);
  CACHEBENCH_CHECK(position < ids_.size() && ids_[position] != kNoEntry, "slot {} of {}", position,
                   ids_.size());
  if (has_tables()) unlink(position);
  ids_[position] = kNoEntry;
  free_.push_back(position);
  --size_;
}

void HammingIndex::build_tables() {
  tables_.resize(kParts * kBuckets);
  places_.resize(codes_.size());
  for (std::uint32_t slot = 0; slot < codes_.size(); ++slot) {
    if (ids_[slot] != kNoEntry) link(slot);
  }
}

void HammingIndex::link(std::uint32_t slot) {
  for (std::size_t part = 0; part < kParts; ++part) {
    Bucket& into = bucket(part, codes_[slot]);
    places_[slot][part] = static_cast<std::uint32_t>(into.size());
    into.push_back(slot);
  }
}

// The last of each bucket takes the place.
void HammingIndex::unlink(std::uint32_t slot) {
  for (std::size_t part = 0; part < kParts; ++part) {
    Bucket& from = bucket(part, codes_[slot]);
    const std::uint32_t place = places_[slot][part];
    CACHEBENCH_CHECK(place < from.size() && from[place] == slot, "slot {} is not where it was put", slot);
    from[place] = from.back();
    places_[from[place]][part] = place;
    from.pop_back();
  }
}

std::vector<SimilarMatch> HammingIndex::query(const SimilarQuery& query) const {
  CACHEBENCH_CHECK(query.max_distance >= 0 && query.max_distance <= kCodeBits, "distance {}",
                   query.max_distance);
  if (query.top_k == 0 || size_ == 0) return {};
  Nearest nearest(query.top_k);
  if (table_cost(query) < codes_.size() / kScanAdvantage) {
    collect_from_tables(query, nearest);
  } else {
    collect_by_scan(query, nearest);
  }
  return nearest.sorted();
}

std::size_t HammingIndex::table_cost(const SimilarQuery& query) const {
  if (!has_tables() || query.max_distance > kMaxTableDistance) return SIZE_MAX;
  std::size_t cost = 0;
  for (std::size_t part = 0; part < kParts; ++part) {
    const Bucket* table = &tables_[part * kBuckets];
    const std::uint16_t centre = part_of(query.code, part);
    for (const std::uint16_t mask : masks_within(radius_of(part, query.max_distance))) {
      cost += 1 + table[centre ^ mask].size();
    }
  }
  return cost;
}

void HammingIndex::collect_from_tables(const SimilarQuery& query, Nearest& nearest) const {
  for (std::size_t part = 0; part < kParts; ++part) {
    const Bucket* table = &tables_[part * kBuckets];
    const std::uint16_t centre = part_of(query.code, part);
    // A code that an earlier part brings up already is passed over here.
    const auto is_repeated = [&](std::uint64_t difference) {
      for (std::size_t earlier = 0; earlier < part; ++earlier) {
        const int bits = hamming_distance(part_of(difference, earlier), 0);
        if (bits <= radius_of(earlier, query.max_distance)) return true;
      }
      return false;
    };
    for (const std::uint16_t mask : masks_within(radius_of(part, query.max_distance))) {
      for (const std::uint32_t slot : table[centre ^ mask]) {
        const std::uint64_t difference = codes_[slot] ^ query.code;
        const int distance = hamming_distance(difference, 0);
        if (distance > query.max_distance || is_repeated(difference)) continue;
        nearest.offer({.distance = distance, .id = ids_[slot]});
      }
    }
  }
}

// Once enough are found, only nearer ones and lower ids count, which spares looking at each of a million
// equal codes: ids mostly grow with slots.
void HammingIndex::collect_by_scan(const SimilarQuery& query, Nearest& nearest) const {
  const std::span<const std::uint64_t> codes(codes_);
  std::vector<std::uint32_t> positions;
  for (std::size_t begin = 0; begin < codes.size(); begin += kScanStep) {
    int limit = query.max_distance;
    if (nearest.is_full()) {
      const bool has_lower_id = lowest_ids_[begin / kScanStep] < nearest.largest_id();
      limit = nearest.largest_distance() - (has_lower_id ? 0 : 1);
    }
    if (limit < 0) continue;
    positions.clear();
    scan_within(codes.subspan(begin, std::min(kScanStep, codes.size() - begin)), query.code, limit,
                positions);
    for (const std::uint32_t position : positions) {
      const std::size_t slot = begin + position;
      if (ids_[slot] == kNoEntry) continue;
      nearest.offer({.distance = hamming_distance(codes_[slot], query.code), .id = ids_[slot]});
    }
  }
}

Bytes HammingIndex::memory() const {
  std::size_t bytes = codes_.capacity() * sizeof(std::uint64_t) + ids_.capacity() * sizeof(EntryId) +
                      (free_.capacity() + lowest_ids_.capacity()) * sizeof(std::uint32_t) +
                      tables_.capacity() * sizeof(Bucket) + places_.capacity() * sizeof(places_[0]);
  for (const Bucket& one : tables_) bytes += one.capacity() * sizeof(std::uint32_t);
  return Bytes{bytes};
}

}  // namespace cachebench::cache
