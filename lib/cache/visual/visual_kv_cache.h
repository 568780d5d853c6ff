// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/visual/data_parallel.h"
#include "cache/visual/embedding_store.h"
#include "cache/visual/queueing_controller.h"
#include "cache/visual/visual_handle.h"
#include "cache/visual/visual_identity.h"
#include "core/clock.h"
#include "core/parameters.h"
#include "core/sync.h"
#include "core/tensor_view.h"
#include "policy/eviction.h"

/// The registry of visual embeddings that agents share: an image that one of them has encoded is looked up by
/// its content, and the language model gets the embedding without the encoder. The registry alone decides
/// which embeddings stay, within a number of entries and a number of bytes; an embedding that somebody uses
/// is never evicted. It owns the store of the bytes; clock and controller outlive it, and it outlives its
/// handles. Thread-safe; one lock around decisions, none across a copy. O(1) an operation with lists as
/// eviction policies (lfu, lru, fifo). Bad arguments throw Error{kUsage}, an embedding with a NaN or an
/// infinity in it Error{kInput}; a refusal is a return value.
namespace cachebench::cache {

struct VisualKVCacheOptions {
  std::uint64_t max_entries = 100;
  Bytes max_vram_bytes = kGiB * 4;
  NamedParameters eviction{.name = "lfu", .values = {}};  ///< any registered policy that needs no future
  std::uint64_t seed = 1;                                 ///< of policies that draw
};

/// What a registry is made with; null: a host store, no controller, the machine's clock.
struct VisualKVCacheParts {
  std::unique_ptr<EmbeddingStore> store = nullptr;
  const QueueingController* controller = nullptr;
  const Clock* clock = nullptr;
};

struct VisualStoreRequest {
  VisualIdentity identity;
  TensorMeta meta;                      ///< 1 to 6 dimensions, none of them 0
  const TensorView* content = nullptr;  ///< null in a simulation
  std::optional<Resolution> resolution = std::nullopt;
  Nanoseconds recompute{1};  ///< what the encoder would take, for policies that weigh cost
};

enum class VisualStoreStatus : std::uint8_t {
  kStored,
  kReplaced,       ///< the block of that identity made room for this one
  kKept,           ///< somebody uses the block of that identity, which is of the same shape: it stays
  kTooLarge,       ///< larger than the registry
  kStableMinimum,  ///< the controller forbids the evictions it would take (INV-11)
  kAllInUse,       ///< too much of what is resident is in use
  kInUse,          ///< somebody uses, or is just storing, a block of that identity
  kNoRoom,         ///< the store below has none
};
[[nodiscard]] const char* name_of(VisualStoreStatus status);

struct VisualCacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  Bytes vram_saved;  ///< of hits
  std::uint64_t entries = 0;
  Bytes used;  ///< resident, and cleared ones that are still in use
  Bytes peak;
  std::uint64_t stored = 0;
  std::uint64_t evictions = 0;
  std::uint64_t refusals = 0;    ///< of stores
  std::uint64_t most_users = 0;  ///< of one block at one time
  DataParallelCounts data_parallel;
  [[nodiscard]] double hit_rate() const;  ///< 0 before the first look-up
};

/// A look-up and the advice for the batch it belongs to.
struct VisualCacheResult {
  bool cache_hit = false;
  std::string content_hash;
  VisualHandle embedding;         ///< on a hit
  std::uint64_t reuse_count = 0;  ///< how many share it, this one included
  Bytes vram_saved_bytes;         ///< size of the embedding; 0 on a miss
  bool dp_mode_recommended = false;
  std::string_view engine_flag;  ///< what the recommendation stands for
};

struct VisualStoreResult {
  VisualStoreStatus status = VisualStoreStatus::kNoRoom;
  VisualHandle handle;  ///< on the resident block; empty on a refusal
  [[nodiscard]] bool refused() const { return !handle; }
};

class VisualKVCache {
 public:
  explicit VisualKVCache(std::uint64_t max_entries = 100, Bytes max_vram_bytes = kGiB * 4,
                         const QueueingController* controller = nullptr);
  explicit VisualKVCache(const VisualKVCacheOptions& options, VisualKVCacheParts parts = {});
  ~VisualKVCache();
  VisualKVCache(const VisualKVCache&) = delete;
  VisualKVCache& operator=(const VisualKVCache&) = delete;

  /// The block, counted as a hit, or nothing and a miss. One that is still being stored is a miss.
  [[nodiscard]] VisualHandle lookup(const VisualIdentity& identity) CACHEBENCH_EXCLUDES(mutex_);
  /// `lookup` and `get_dp_mode_recommendation` in one.
  [[nodiscard]] VisualCacheResult query(const VisualIdentity& identity, const BatchShape& batch);
  /// Takes a copy, evicting what it takes; a refusal evicts nothing.
  VisualStoreResult store(const VisualStoreRequest& request) CACHEBENCH_EXCLUDES(mutex_);
  /// Forgets all blocks and all counts. Handles keep what they have, and it counts as used until then.
  void clear() CACHEBENCH_EXCLUDES(mutex_);
  /// Counted, by rule.
  DataParallelAdvice get_dp_mode_recommendation(const BatchShape& batch) CACHEBENCH_EXCLUDES(mutex_);
  /// SHA-256 of the raw bytes (INV-13).
  [[nodiscard]] static std::string compute_content_hash(std::span<const std::byte> raw_bytes);

  /// By the names of the source document, in its order.
  using NamedStats = std::array<std::pair<std::string_view, double>, 6>;
  [[nodiscard]] NamedStats get_cache_stats() const;
  [[nodiscard]] VisualCacheStats statistics() const CACHEBENCH_EXCLUDES(mutex_);

 private:
  friend class VisualHandle;
  using RecordPtr = std::shared_ptr<VisualRecord>;
  struct Slot {
    VisualKey key;
    RecordPtr record;            // null: not resident
    std::uint64_t departed = 0;  // when, by departures_
  };
  struct Room;

  /// The block of `key`, once its encoder has its number.
  [[nodiscard]] const RecordPtr& find(std::string_view encoder, VisualKey& key) const
      CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] EntryId intern(std::string_view encoder, VisualKey& key) CACHEBENCH_REQUIRES(mutex_);
  void forget_departed() CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] policy::AccessInfo info_of(const VisualRecord& record) const CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] VisualStoreStatus admit(const VisualStoreRequest& request, Room& room)
      CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] VisualStoreStatus make_room(const VisualStoreRequest& request, Room& room)
      CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] bool choose_victims(Room& room) CACHEBENCH_REQUIRES(mutex_);
  void evict_chosen(Room& room) CACHEBENCH_REQUIRES(mutex_);
  void evict(EntryId id, Room& room) CACHEBENCH_REQUIRES(mutex_);
  void count_hit(VisualRecord& record) CACHEBENCH_REQUIRES(mutex_);
  void enter(const RecordPtr& record) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] RecordPtr leave(EntryId id, policy::EraseReason reason) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] std::shared_ptr<const EmbeddingBytes> land(const VisualStoreRequest& request,
                                                           const RecordPtr& record)
      CACHEBENCH_EXCLUDES(mutex_);
  void withdraw(const RecordPtr& record) CACHEBENCH_EXCLUDES(mutex_);
  /// The bytes of a block that the caller has begun to use; ends that use when the store throws.
  [[nodiscard]] std::shared_ptr<const EmbeddingBytes> open(const RecordPtr& record)
      CACHEBENCH_EXCLUDES(mutex_);
  void add_user(VisualRecord& record) CACHEBENCH_REQUIRES(mutex_);
  void drop_user(VisualRecord& record) CACHEBENCH_REQUIRES(mutex_);
  [[nodiscard]] VisualHandle handle_on(RecordPtr record, std::shared_ptr<const EmbeddingBytes> bytes);
  void release(VisualRecord& record) noexcept CACHEBENCH_EXCLUDES(mutex_);

  const VisualKVCacheOptions options_;
  const RealClock machine_clock_;
  const Clock& clock_;
  const QueueingController* const controller_;
  const std::unique_ptr<EmbeddingStore> store_;

  mutable Mutex mutex_;
  std::unique_ptr<policy::EvictionPolicy> policy_ CACHEBENCH_GUARDED_BY(mutex_);
  policy::PinSet pins_ CACHEBENCH_GUARDED_BY(mutex_);
  std::unordered_map<VisualKey, EntryId> ids_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<Slot> slots_ CACHEBENCH_GUARDED_BY(mutex_);  // by id
  // Who left, oldest first: policies remember by id, so an id serves another content only long after.
  std::deque<std::pair<EntryId, std::uint64_t>> departed_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<EntryId> free_ids_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t departures_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::uint32_t, std::less<>> encoders_ CACHEBENCH_GUARDED_BY(mutex_);
  std::vector<std::string> encoder_names_ CACHEBENCH_GUARDED_BY(mutex_);
  std::uint64_t sequence_ CACHEBENCH_GUARDED_BY(mutex_) = 0;
  std::uint64_t entries_in_use_ CACHEBENCH_GUARDED_BY(mutex_) = 0;  // resident ones
  Bytes bytes_in_use_ CACHEBENCH_GUARDED_BY(mutex_);                // cleared ones included
  VisualCacheStats stats_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::cache
