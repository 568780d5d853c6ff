// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <utility>
#include <vector>

#include "core/registry.h"
#include "core/sync.h"
#include "tier/codec.h"

namespace cachebench::tier {
namespace {

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Contexts are costly to make (hundreds of KiB) and serve one thread at a time: as many as were ever in use
// at once.
template <typename Context>
class ContextPool {
 public:
  using Handle = std::unique_ptr<Context, FreeContext>;
  Handle take(Context* (*make)()) CACHEBENCH_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return Handle(make());
  }
  void give_back(Handle handle) CACHEBENCH_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  Mutex mutex_;
  std::vector<Handle> idle_ CACHEBENCH_GUARDED_BY(mutex_);
};

class Zstd final : public Codec {
 public:
  explicit Zstd(int level) : level_(level) {}

  std::optional<std::size_t> encode(std::span<const std::byte> in, std::size_t /*element_bytes*/,
                                    std::span<std::byte> out) const override {
    auto context = encoders_.take(&ZSTD_createCCtx);
    if (context == nullptr) return std::nullopt;
    const std::size_t length =
        ZSTD_compressCCtx(context.get(), out.data(), out.size(), in.data(), in.size(), level_);
    encoders_.give_back(std::move(context));
    if (ZSTD_isError(length) != 0) return std::nullopt;
    return length;
  }

  bool decode(std::span<const std::byte> in, std::span<std::byte> out) const override {
    auto context = decoders_.take(&ZSTD_createDCtx);
    if (context == nullptr) return false;
    const std::size_t length =
        ZSTD_decompressDCtx(context.get(), out.data(), out.size(), in.data(), in.size());
    decoders_.give_back(std::move(context));
    return ZSTD_isError(length) == 0 && length == out.size();
  }

 private:
  int level_;
  mutable ContextPool<ZSTD_CCtx> encoders_;
  mutable ContextPool<ZSTD_DCtx> decoders_;
};

CACHEBENCH_REGISTER(CodecDescriptor, {.name = "zstd",
                                      .id = 1,
                                      .default_level = 1,
                                      .min_level = 1,
                                      .max_level = 19,
                                      .doc = "Zstandard, each record by itself",
                                      .make = [](int level) { return std::make_unique<Zstd>(level); }});

}  // namespace
}  // namespace cachebench::tier
