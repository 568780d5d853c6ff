// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/visual_kv_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "cache/lock_watch.h"
#include "cache/multimodal/entry_types.h"
#include "cache/visual/visual_record.h"
#include "core/check.h"
#include "core/error.h"

namespace cachebench::cache {
namespace {

/// How many of those that left keep their id, at least, and how many a possible resident.
constexpr std::size_t kRemembered = 1024;
constexpr std::size_t kRememberedEach = 16;

std::unique_ptr<policy::EvictionPolicy> make_policy(const VisualKVCacheOptions& options) {
  if (options.max_entries == 0) throw Error(ErrorKind::kUsage, "max_entries of a visual cache is at least 1");
  const auto& described =
      Registry<policy::EvictionDescriptor>::instance().at(options.eviction.name, "eviction policy");
  if (described.sees_future) {
    throw Error(ErrorKind::kUsage, fmt::format("'{}' needs the future, which a visual cache does not have",
                                               options.eviction.name));
  }
  return policy::make_eviction(options.eviction,
                               {.capacity = options.max_vram_bytes, .seed = options.seed, .future_ids = {}});
}

void validate(const VisualStoreRequest& request) {
  const std::size_t rank = request.meta.shape.dims().size();
  if (rank == 0) throw Error(ErrorKind::kUsage, "an embedding has 1 to 6 dimensions, not 0");
  if (request.meta.bytes() == Bytes{0}) throw Error(ErrorKind::kUsage, "the embedding is empty");
  if (request.identity.encoder_model.empty()) throw Error(ErrorKind::kUsage, "no encoder is named");
  if (request.content == nullptr) return;
  if (request.content->meta != request.meta || Bytes{request.content->data.size()} != request.meta.bytes()) {
    throw Error(ErrorKind::kUsage, fmt::format("the embedding has {} bytes, its shape says {}",
                                               request.content->data.size(), request.meta.bytes().value));
  }
  if (!is_finite(*request.content))
    throw Error(ErrorKind::kInput, "the embedding has a NaN or an infinity in it");
}

// All but the encoder, whose number the registry knows. Throws for a content hash that is none.
VisualKey key_of(const VisualIdentity& identity) {
  return {.digest = parse_content_hash(identity.content_hash), .encoder = 0, .modality = identity.modality};
}

bool accepted(VisualStoreStatus status) {
  return status == VisualStoreStatus::kStored || status == VisualStoreStatus::kReplaced ||
         status == VisualStoreStatus::kKept;
}

}  // namespace

/// One store on its way in: what it takes and what had to go. Destroyed without the lock, since giving back
/// space takes long.
struct VisualKVCache::Room {
  std::uint64_t minimum = 0;  ///< of stable blocks
  VisualKey key;
  RecordPtr record;    ///< coming, or resident already (kKept)
  RecordPtr resident;  ///< the block it replaces
  std::uint64_t excess_entries = 0;
  Bytes excess_bytes;
  std::uint64_t allowed = 0;  ///< evictions
  std::vector<EntryId> victims;
  std::vector<RecordPtr> gone;
};

const char* name_of(VisualStoreStatus status) {
  switch (status) {
    case VisualStoreStatus::kStored:
      return "stored";
    case VisualStoreStatus::kReplaced:
      return "replaced";
    case VisualStoreStatus::kKept:
      return "kept";
    case VisualStoreStatus::kTooLarge:
      return "too_large";
    case VisualStoreStatus::kStableMinimum:
      return "stable_minimum";
    case VisualStoreStatus::kAllInUse:
      return "all_in_use";
    case VisualStoreStatus::kInUse:
      return "in_use";
    case VisualStoreStatus::kNoRoom:
      return "no_room";
  }
  CACHEBENCH_CHECK(false, "status {}", static_cast<int>(status));
}

double VisualCacheStats::hit_rate() const {
  return hits + misses == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(hits + misses);
}

VisualKVCache::VisualKVCache(std::uint64_t max_entries, Bytes max_vram_bytes,
                             const QueueingController* controller)
    : VisualKVCache(VisualKVCacheOptions{.max_entries = max_entries, .max_vram_bytes = max_vram_bytes},
                    VisualKVCacheParts{.controller = controller}) {}

VisualKVCache::VisualKVCache(const VisualKVCacheOptions& options, VisualKVCacheParts parts)
    : options_(options),
      clock_(parts.clock != nullptr ? *parts.clock : machine_clock_),
      controller_(parts.controller),
      store_(parts.store ? std::move(parts.store) : make_host_embedding_store()),
      policy_(make_policy(options)) {}

VisualKVCache::~VisualKVCache() {
  clear();
  const DecisionLock lock(mutex_);
  CACHEBENCH_CHECK(bytes_in_use_ == Bytes{0}, "a visual cache outlives its handles, {} bytes are in use",
                   bytes_in_use_.value);
}

VisualHandle VisualKVCache::lookup(const VisualIdentity& identity) {
  VisualKey key = key_of(identity);
  RecordPtr record;
  {
    const DecisionLock lock(mutex_);
    ++sequence_;
    record = find(identity.encoder_model, key);
    if (!record || !record->stored) {
      ++stats_.misses;
      return {};
    }
    add_user(*record);
    if (record->at_hand) {
      count_hit(*record);
      // Its record keeps the bytes, and the handle the record: they need no count of their own.
      std::shared_ptr<const EmbeddingBytes> bytes(std::shared_ptr<const EmbeddingBytes>(),
                                                  record->at_hand.get());
      return handle_on(std::move(record), std::move(bytes));
    }
  }
  std::shared_ptr<const EmbeddingBytes> bytes = open(record);
  RecordPtr lost;
  const DecisionLock lock(mutex_);
  if (!bytes) {  // the engine below gave it up
    ++stats_.misses;
    if (record->resident) lost = leave(record->id, policy::EraseReason::kRemoved);
    drop_user(*record);
    return {};
  }
  count_hit(*record);
  return handle_on(std::move(record), std::move(bytes));
}

void VisualKVCache::count_hit(VisualRecord& record) {
  ++stats_.hits;
  stats_.vram_saved += record.bytes;
  ++record.access_count;
  record.last_gap = sequence_ - record.last_use;
  record.last_use = sequence_;
  if (record.resident) policy_->on_hit(record.id, info_of(record));
}

VisualCacheResult VisualKVCache::query(const VisualIdentity& identity, const BatchShape& batch) {
  VisualCacheResult result;
  result.content_hash = identity.content_hash;
  result.embedding = lookup(identity);
  result.cache_hit = static_cast<bool>(result.embedding);
  if (result.cache_hit) {
    result.reuse_count = result.embedding.reuse_count();
    result.vram_saved_bytes = result.embedding.meta().bytes();
  }
  const DataParallelAdvice advice = get_dp_mode_recommendation(batch);
  result.dp_mode_recommended = advice.recommended;
  result.engine_flag = advice.engine_flag;
  return result;
}

VisualStoreResult VisualKVCache::store(const VisualStoreRequest& request) {
  validate(request);
  Room room;
  room.key = key_of(request.identity);
  room.minimum = controller_ != nullptr ? controller_->get_minimum_stable_blocks() : 0;
  VisualStoreStatus status{};
  {
    const DecisionLock lock(mutex_);
    ++sequence_;
    status = admit(request, room);
    if (!accepted(status)) {
      ++stats_.refusals;
      return {.status = status, .handle = {}};
    }
  }
  room.resident.reset();
  room.gone.clear();
  std::shared_ptr<const EmbeddingBytes> bytes =
      status == VisualStoreStatus::kKept ? open(room.record) : land(request, room.record);
  if (!bytes) {
    withdraw(room.record);
    return {.status = VisualStoreStatus::kNoRoom, .handle = {}};
  }
  return {.status = status, .handle = handle_on(std::move(room.record), std::move(bytes))};
}

// Decides whether it may come, and if so makes it resident, in use by whoever stores it.
VisualStoreStatus VisualKVCache::admit(const VisualStoreRequest& request, Room& room) {
  room.resident = find(request.identity.encoder_model, room.key);
  if (room.resident && room.resident->users > 0) {
    if (!room.resident->stored || room.resident->meta != request.meta) return VisualStoreStatus::kInUse;
    room.record = std::move(room.resident);
    add_user(*room.record);
    return VisualStoreStatus::kKept;
  }
  room.record = std::make_shared<VisualRecord>();
  room.record->meta = request.meta;
  room.record->bytes = request.meta.bytes();
  room.record->resolution = request.resolution;
  room.record->created_at = clock_.now();
  room.record->recompute = request.recompute;
  room.record->last_use = sequence_;
  return make_room(request, room);
}

VisualStoreStatus VisualKVCache::make_room(const VisualStoreRequest& request, Room& room) {
  const Bytes bytes = room.record->bytes;
  if (bytes > options_.max_vram_bytes) return VisualStoreStatus::kTooLarge;
  const std::uint64_t others = stats_.entries - (room.resident ? 1 : 0);
  const Bytes others_bytes = stats_.used - (room.resident ? room.resident->bytes : Bytes{0});
  room.excess_entries = others >= options_.max_entries ? others + 1 - options_.max_entries : 0;
  room.excess_bytes = std::max(others_bytes + bytes, options_.max_vram_bytes) - options_.max_vram_bytes;
  const std::uint64_t idle = others - entries_in_use_;
  if (idle < room.excess_entries || others_bytes - bytes_in_use_ < room.excess_bytes)
    return VisualStoreStatus::kAllInUse;
  room.allowed = stats_.entries > room.minimum ? stats_.entries - room.minimum : 0;
  // With fewer evictions than there are idle blocks it takes a look at which they would be.
  if (room.allowed < idle && !choose_victims(room)) return VisualStoreStatus::kStableMinimum;
  if (room.resident) room.gone.push_back(leave(room.resident->id, policy::EraseReason::kRemoved));
  room.record->id = intern(request.identity.encoder_model, room.key);
  room.record->key = room.key;
  policy_->on_arrival(room.record->id, info_of(*room.record));
  evict_chosen(room);
  enter(room.record);
  return room.resident ? VisualStoreStatus::kReplaced : VisualStoreStatus::kStored;
}

// Who would have to go, in order; false when that takes more evictions than are allowed. Each is passed over
// once it is chosen by pinning it for the time being.
bool VisualKVCache::choose_victims(Room& room) {
  std::uint64_t entries = 0;
  Bytes bytes;
  const auto enough = [&] { return entries >= room.excess_entries && bytes >= room.excess_bytes; };
  if (room.resident) pins_.pin(room.resident->id);
  while (!enough() && room.victims.size() < room.allowed) {
    const EntryId id = policy_->victim(pins_);
    CACHEBENCH_CHECK(id != kNoEntry, "{} idle blocks, and no victim", stats_.entries - entries_in_use_);
    pins_.pin(id);
    room.victims.push_back(id);
    ++entries;
    bytes += slots_[index_of(id)].record->bytes;
  }
  for (const EntryId id : room.victims) pins_.unpin(id);
  if (room.resident) pins_.unpin(room.resident->id);
  return enough();
}

void VisualKVCache::evict_chosen(Room& room) {
  for (const EntryId id : room.victims) evict(id, room);
  while (stats_.entries >= options_.max_entries ||
         stats_.used + room.record->bytes > options_.max_vram_bytes) {
    const EntryId id = policy_->victim(pins_);
    CACHEBENCH_CHECK(id != kNoEntry, "{} blocks, {} in use, and no victim", stats_.entries, entries_in_use_);
    evict(id, room);
  }
}

void VisualKVCache::evict(EntryId id, Room& room) {
  room.gone.push_back(leave(id, policy::EraseReason::kEvicted));
  ++stats_.evictions;
}

// Copies the bytes; the record is in use meanwhile, so it stays. Null when the store has no room.
std::shared_ptr<const EmbeddingBytes> VisualKVCache::land(const VisualStoreRequest& request,
                                                          const RecordPtr& record) {
  std::unique_ptr<StoredEmbedding> stored;
  std::shared_ptr<const EmbeddingBytes> bytes;
  try {
    stored = store_->put(engine_key(request.identity), request.meta, request.content);
    if (stored) bytes = stored->open();
  } catch (...) {
    withdraw(record);
    throw;
  }
  if (!bytes) return nullptr;
  const DecisionLock lock(mutex_);
  record->stored = std::move(stored);
  if (!store_->may_lose()) record->at_hand = bytes;
  ++stats_.stored;
  return bytes;
}

std::shared_ptr<const EmbeddingBytes> VisualKVCache::open(const RecordPtr& record) {
  try {
    return record->stored->open();
  } catch (...) {
    release(*record);
    throw;
  }
}

void VisualKVCache::withdraw(const RecordPtr& record) {
  RecordPtr gone;
  const DecisionLock lock(mutex_);
  ++stats_.refusals;
  if (record->resident) gone = leave(record->id, policy::EraseReason::kRemoved);
  drop_user(*record);
}

void VisualKVCache::clear() {
  std::vector<RecordPtr> gone;
  const DecisionLock lock(mutex_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].record)
      gone.push_back(leave(EntryId{static_cast<std::uint32_t>(i)}, policy::EraseReason::kRemoved));
  }
  const Bytes used = stats_.used;
  stats_ = {};
  stats_.used = stats_.peak = used;  // by handles
}

DataParallelAdvice VisualKVCache::get_dp_mode_recommendation(const BatchShape& batch) {
  const DataParallelAdvice advice = advise_data_parallel(batch);
  const DecisionLock lock(mutex_);
  stats_.data_parallel.count(advice);
  return advice;
}

std::string VisualKVCache::compute_content_hash(std::span<const std::byte> raw_bytes) {
  return cache::compute_content_hash(raw_bytes);
}

VisualKVCache::NamedStats VisualKVCache::get_cache_stats() const {
  const VisualCacheStats now = statistics();
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  return {{{"visual_cache_hits", number(now.hits)},
           {"visual_cache_misses", number(now.misses)},
           {"visual_cache_hit_rate", now.hit_rate()},
           {"visual_vram_saved_bytes", number(now.vram_saved.value)},
           {"visual_cache_entries", number(now.entries)},
           {"dp_mode_recommendations", number(now.data_parallel.recommendations())}}};
}

VisualCacheStats VisualKVCache::statistics() const {
  const DecisionLock lock(mutex_);
  return stats_;
}

const VisualKVCache::RecordPtr& VisualKVCache::find(std::string_view encoder, VisualKey& key) const {
  static const RecordPtr kNone;
  const auto known = encoders_.find(encoder);
  if (known == encoders_.end()) return kNone;
  key.encoder = known->second;
  const auto found = ids_.find(key);
  return found == ids_.end() ? kNone : slots_[index_of(found->second)].record;
}

// The id that the content has or had, or a free one.
EntryId VisualKVCache::intern(std::string_view encoder, VisualKey& key) {
  auto known_encoder = encoders_.find(encoder);
  if (known_encoder == encoders_.end()) {
    known_encoder = encoders_.emplace(encoder, static_cast<std::uint32_t>(encoder_names_.size())).first;
    encoder_names_.emplace_back(encoder);
  }
  key.encoder = known_encoder->second;
  if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
  EntryId id{static_cast<std::uint32_t>(slots_.size())};
  if (free_ids_.empty()) {
    slots_.emplace_back();
  } else {
    id = free_ids_.back();
    free_ids_.pop_back();
  }
  slots_[index_of(id)] = {.key = key, .record = nullptr, .departed = 0};
  ids_.emplace(key, id);
  return id;
}

void VisualKVCache::forget_departed() {
  const std::size_t remembered = std::max(kRemembered, options_.max_entries > SIZE_MAX / kRememberedEach
                                                           ? SIZE_MAX
                                                           : options_.max_entries * kRememberedEach);
  while (!departed_.empty()) {
    const auto [id, when] = departed_.front();
    const Slot& slot = slots_[index_of(id)];
    const bool returned = slot.departed != when;
    if (!returned && departed_.size() <= remembered) return;
    departed_.pop_front();
    if (returned) continue;
    ids_.erase(slot.key);
    free_ids_.push_back(id);
  }
}

policy::AccessInfo VisualKVCache::info_of(const VisualRecord& record) const {
  return {.bytes = record.bytes,
          .cost = record.recompute,
          .loss = record.recompute,
          .now = clock_.now(),
          .sequence = sequence_,
          .uses = static_cast<std::uint32_t>(std::min<std::uint64_t>(record.access_count + 1, UINT32_MAX)),
          .last_use = record.last_use,
          .last_gap = record.last_gap,
          .kind = ArtefactKind::kVisionEncoderOutput};
}

void VisualKVCache::enter(const RecordPtr& record) {
  Slot& slot = slots_[index_of(record->id)];
  CACHEBENCH_CHECK(!slot.record, "block {} is resident", index_of(record->id));
  slot.record = record;
  slot.departed = 0;
  record->resident = true;
  ++stats_.entries;
  stats_.used += record->bytes;
  stats_.peak = std::max(stats_.peak, stats_.used);
  policy_->on_insert(record->id, info_of(*record));
  add_user(*record);
}

VisualKVCache::RecordPtr VisualKVCache::leave(EntryId id, policy::EraseReason reason) {
  Slot& slot = slots_[index_of(id)];
  RecordPtr record = std::move(slot.record);
  slot.record = nullptr;
  record->resident = false;
  --stats_.entries;
  policy_->on_erase(id, reason);
  if (record->users > 0) {
    pins_.unpin(id);
    --entries_in_use_;
  } else {
    stats_.used -= record->bytes;
  }
  slot.departed = ++departures_;
  departed_.emplace_back(id, slot.departed);
  forget_departed();
  return record;
}

void VisualKVCache::add_user(VisualRecord& record) {
  if (record.users++ == 0) {
    bytes_in_use_ += record.bytes;
    pins_.pin(record.id);
    ++entries_in_use_;
  }
  stats_.most_users = std::max(stats_.most_users, record.users);
}

void VisualKVCache::drop_user(VisualRecord& record) {
  if (--record.users > 0) return;
  bytes_in_use_ -= record.bytes;
  if (record.resident) {
    pins_.unpin(record.id);
    --entries_in_use_;
  } else {
    stats_.used -= record.bytes;
  }
}

VisualHandle VisualKVCache::handle_on(RecordPtr record, std::shared_ptr<const EmbeddingBytes> bytes) {
  VisualHandle handle;
  handle.cache_ = this;
  handle.record_ = std::move(record);
  handle.bytes_ = std::move(bytes);
  return handle;
}

void VisualKVCache::release(VisualRecord& record) noexcept {
  const DecisionLock lock(mutex_);
  drop_user(record);
}

}  // namespace cachebench::cache
