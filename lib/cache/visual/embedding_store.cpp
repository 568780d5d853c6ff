// SPDX-License-Identifier: Apache-2.0
#include "cache/visual/embedding_store.h"

#include <cstring>
#include <utility>

#include "cache/hierarchical_cache_manager.h"
#include "cache/lock_watch.h"
#include "cache/tensor_pool.h"

namespace cachebench::cache {
namespace {

constexpr ArtefactKind kKind = ArtefactKind::kVisionEncoderOutput;

class HostBytes final : public EmbeddingBytes {
 public:
  HostBytes(TensorPool::Lease lease) : lease_(std::move(lease)) {}
  [[nodiscard]] std::span<const std::byte> host_view() const override { return lease_.bytes(); }
  [[nodiscard]] tier::Completion read(std::span<std::byte> out) const override {
    std::memcpy(out.data(), lease_.bytes().data(), lease_.bytes().size());
    return {};
  }

 private:
  TensorPool::Lease lease_;
};

class HostEmbedding final : public StoredEmbedding {
 public:
  explicit HostEmbedding(TensorPool::Lease lease) : bytes_(std::make_shared<HostBytes>(std::move(lease))) {}
  [[nodiscard]] std::shared_ptr<const EmbeddingBytes> open() override { return bytes_; }

 private:
  std::shared_ptr<const EmbeddingBytes> bytes_;
};

class HostStore final : public EmbeddingStore {
 public:
  std::unique_ptr<StoredEmbedding> put(const Key&, const TensorMeta& meta,
                                       const TensorView* content) override {
    check_no_decision_lock("storing an embedding");
    TensorPool::Lease lease = pool_.acquire(meta, kKind);
    if (content != nullptr) std::memcpy(lease.bytes().data(), content->data.data(), content->data.size());
    return std::make_unique<HostEmbedding>(std::move(lease));
  }

 private:
  TensorPool pool_{TensorPoolOptions{}};
};

class EngineBytes final : public EmbeddingBytes {
 public:
  explicit EngineBytes(TensorHandle handle) : handle_(std::move(handle)) {}
  [[nodiscard]] std::span<const std::byte> host_view() const override {
    return handle_.has_bytes() ? handle_.host_view() : std::span<const std::byte>{};
  }
  [[nodiscard]] tier::Completion read(std::span<std::byte> out) const override { return handle_.read(out); }

 private:
  TensorHandle handle_;
};

class EngineEmbedding final : public StoredEmbedding {
 public:
  EngineEmbedding(HierarchicalCacheManager& engine, const EntryDescription& what)
      : engine_(engine), what_(what) {}
  ~EngineEmbedding() override { (void)engine_.erase(what_.key); }  // the engine may have evicted it before
  EngineEmbedding(const EngineEmbedding&) = delete;
  EngineEmbedding& operator=(const EngineEmbedding&) = delete;

  [[nodiscard]] std::shared_ptr<const EmbeddingBytes> open() override {
    LookupResult found = engine_.lookup(what_);
    if (found.owned) engine_.abandon(what_, found.owned);  // nobody computes it here
    if (found.joined) found = engine_.finish_join(what_, found.joined);
    if (!found.handle) return nullptr;
    if (found.handle.has_bytes() && found.handle.wait().status != tier::TransferStatus::kDone) {
      engine_.report_corrupt(found.handle);
      return nullptr;
    }
    return std::make_shared<EngineBytes>(std::move(found.handle));
  }

 private:
  HierarchicalCacheManager& engine_;
  EntryDescription what_;
};

class EngineStore final : public EmbeddingStore {
 public:
  explicit EngineStore(HierarchicalCacheManager& engine) : engine_(engine) {}
  [[nodiscard]] bool may_lose() const override { return true; }
  std::unique_ptr<StoredEmbedding> put(const Key& key, const TensorMeta& meta,
                                       const TensorView* content) override {
    const EntryDescription what{
        .key = key, .kind = kKind, .meta = meta, .bytes = meta.bytes(), .recompute = Nanoseconds{0}};
    if (engine_.put(what, content, nullptr).status == PutStatus::kRefused) return nullptr;
    return std::make_unique<EngineEmbedding>(engine_, what);
  }

 private:
  HierarchicalCacheManager& engine_;
};

class NoBytes final : public EmbeddingBytes {
 public:
  [[nodiscard]] std::span<const std::byte> host_view() const override { return {}; }
  [[nodiscard]] tier::Completion read(std::span<std::byte>) const override { return {}; }
};

class NullEmbedding final : public StoredEmbedding {
 public:
  explicit NullEmbedding(std::shared_ptr<const EmbeddingBytes> bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::shared_ptr<const EmbeddingBytes> open() override { return bytes_; }

 private:
  std::shared_ptr<const EmbeddingBytes> bytes_;
};

class NullStore final : public EmbeddingStore {
 public:
  std::unique_ptr<StoredEmbedding> put(const Key&, const TensorMeta&, const TensorView*) override {
    return std::make_unique<NullEmbedding>(bytes_);
  }

 private:
  std::shared_ptr<const EmbeddingBytes> bytes_ = std::make_shared<NoBytes>();
};

}  // namespace

std::unique_ptr<EmbeddingStore> make_host_embedding_store() {
  return std::make_unique<HostStore>();
}

std::unique_ptr<EmbeddingStore> make_engine_embedding_store(HierarchicalCacheManager& engine) {
  return std::make_unique<EngineStore>(engine);
}

std::unique_ptr<EmbeddingStore> make_null_embedding_store() {
  return std::make_unique<NullStore>();
}

}  // namespace cachebench::cache
