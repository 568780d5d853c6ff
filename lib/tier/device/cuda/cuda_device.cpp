// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/cuda_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/sync.h"
#include "tier/device/cuda/cuda_context.h"
#include "tier/device/cuda/cuda_stream.h"
#include "tier/device/cuda/kernels.h"
#include "tier/device/cuda/tensor_kernels.h"
#include "tier/round_up.h"

namespace cachebench::tier {

#if __has_include(<cuda.h>)
namespace {

using cuda::CudaContext;
using cuda::CudaEvent;
using cuda::CudaStream;

// Pieces up to here come from the driver's pool, which gives them without a wait for the device. Arenas do
// not: they live as long as the run.
constexpr Bytes kPooled{64 * kMiB.value};
constexpr std::uint64_t kPoolKeeps = 256 * kMiB.value;
constexpr std::uint64_t kPoolShare = 32;  // and no more than this part of the card

class CudaPinnedMemory final : public PinnedMemory {
 public:
  explicit CudaPinnedMemory(std::shared_ptr<CudaContext> context) : context_(std::move(context)) {}
  [[nodiscard]] std::byte* allocate(Bytes size) override { return context_->allocate_pinned(size); }
  void release(std::byte* memory) noexcept override { context_->release_pinned(memory); }

 private:
  std::shared_ptr<CudaContext> context_;
};

class CudaDevice final : public DeviceApi {
 public:
  explicit CudaDevice(const CudaDeviceOptions& options)
      : options_(options),
        context_(std::make_shared<CudaContext>(options.library, options.ordinal)),
        kernels_(std::make_shared<cuda::Kernels>(context_, cuda::kernel_images())) {
    if (context_->facts().memory_pools) open_pool();
  }

  ~CudaDevice() override {
    const CudaContext::Scope scope(*context_);
    if (pool_stream_ != nullptr) static_cast<void>(driver().stream_destroy(pool_stream_));
  }
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  [[nodiscard]] const char* kind() const override { return "cuda"; }

  [[nodiscard]] DeviceProperties properties() const override {
    const cuda::DeviceFacts& facts = context_->facts();
    return {.name = facts.name,
            .total_memory = facts.total_memory,
            .async_engine_count = facts.async_engines,
            .compute_capability = fmt::format("{}.{}", facts.major, facts.minor)};
  }

  [[nodiscard]] std::optional<DevicePointer> malloc(Bytes size) override {
    if (size.value > std::numeric_limits<std::uint64_t>::max() / 2 || context_->lost()) return std::nullopt;
    const CudaContext::Scope scope(*context_);
    const std::uint64_t whole = round_up(size.value == 0 ? 1 : size.value, kPage);
    std::optional<Piece> piece = take(whole);
    if (piece && piece->base % kPage != 0) {
      give_back(*piece);
      piece = take(whole + kPage);
    }
    if (!piece) return std::nullopt;
    const auto pointer = static_cast<DevicePointer>(round_up(piece->base, kPage));
    context_->add_memory(static_cast<CUdeviceptr>(pointer), Bytes{whole});
    const MutexLock lock(mutex_);
    pieces_.emplace(pointer, *piece);
    return pointer;
  }

  void free(DevicePointer pointer) noexcept override {
    Piece piece;
    {
      const MutexLock lock(mutex_);
      const auto found = pieces_.find(pointer);
      CACHEBENCH_CHECK(found != pieces_.end(), "no device memory at {}", static_cast<std::uint64_t>(pointer));
      piece = found->second;
      pieces_.erase(found);
    }
    context_->remove_memory(static_cast<CUdeviceptr>(pointer));
    const CudaContext::Scope scope(*context_);
    give_back(piece);
  }

  [[nodiscard]] std::shared_ptr<PinnedMemory> pinned_memory() override {
    return std::make_shared<CudaPinnedMemory>(context_);
  }
  [[nodiscard]] bool can_decode(Encoding encoding, DType dtype) const override {
    return cuda::can_decode_form(*kernels_, encoding, dtype);
  }
  [[nodiscard]] std::unique_ptr<DeviceStream> create_stream() override {
    return std::make_unique<CudaStream>(context_, kernels_, options_.batched);
  }
  [[nodiscard]] std::unique_ptr<DeviceEvent> create_event() override {
    return std::make_unique<CudaEvent>(context_);
  }

  [[nodiscard]] Nanoseconds elapsed_time(const DeviceEvent& from, const DeviceEvent& to) const override {
    const auto* const first = dynamic_cast<const CudaEvent*>(&from);
    const auto* const last = dynamic_cast<const CudaEvent*>(&to);
    CACHEBENCH_CHECK(first != nullptr && last != nullptr, "an event of another device");
    const CudaContext::Scope scope(*context_);
    float milliseconds = 0;
    context_->check(driver().event_elapsed_time(&milliseconds, first->handle(), last->handle()),
                    "taking the time between events");
    return Nanoseconds{static_cast<std::int64_t>(double{milliseconds} * 1e6)};
  }

  [[nodiscard]] std::vector<std::string> notes() const override {
    const cuda::DeviceFacts& facts = context_->facts();
    std::vector<std::string> notes{
        fmt::format("the device is {}, compute capability {}.{}, driver of CUDA {}", facts.name, facts.major,
                    facts.minor, hardware::nvidia::cuda_version_text(driver().version))};
    if (!kernels_->reason().empty()) notes.push_back(kernels_->reason());
    return notes;
  }

  [[nodiscard]] const CudaContext& context() const { return *context_; }
  [[nodiscard]] std::string why_no_kernel_moves() const {
    return kernels_->has("move_ranges") ? "" : kernels_->reason();
  }

 private:
  struct Piece {
    CUdeviceptr base = 0;
    bool pooled = false;
  };

  [[nodiscard]] const hardware::nvidia::CudaDriver& driver() const { return context_->driver(); }

  // Without a pool, for whatever reason, cuMemAlloc serves everything.
  void open_pool() {
    if (driver().mem_alloc_async == nullptr || driver().mem_free_async == nullptr) return;
    const CudaContext::Scope scope(*context_);
    if (driver().stream_create(&pool_stream_, CU_STREAM_NON_BLOCKING) != CUDA_SUCCESS) pool_stream_ = nullptr;
    if (driver().device_get_default_mem_pool == nullptr || driver().mem_pool_set_attribute == nullptr) return;
    if (driver().device_get_default_mem_pool(&pool_, context_->device()) != CUDA_SUCCESS) pool_ = nullptr;
    if (pool_ == nullptr) return;
    cuuint64_t keeps = std::min(kPoolKeeps, context_->facts().total_memory.value / kPoolShare);
    static_cast<void>(driver().mem_pool_set_attribute(pool_, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &keeps));
  }

  // What the pool keeps idle is the card's again.
  [[nodiscard]] bool trim_pool() {
    if (pool_ == nullptr || driver().mem_pool_trim_to == nullptr) return false;
    static_cast<void>(driver().stream_synchronize(pool_stream_));  // frees take effect here
    return driver().mem_pool_trim_to(pool_, 0) == CUDA_SUCCESS;
  }

  [[nodiscard]] CUresult allocate(Piece& piece, std::uint64_t bytes) {
    if (!piece.pooled) return driver().mem_alloc(&piece.base, bytes);
    const CUresult result = driver().mem_alloc_async(&piece.base, bytes, pool_stream_);
    // Other streams may use the memory once this one has come to it.
    return result == CUDA_SUCCESS ? driver().stream_synchronize(pool_stream_) : result;
  }

  [[nodiscard]] std::optional<Piece> take(std::uint64_t bytes) {
    Piece piece{.base = 0, .pooled = pool_stream_ != nullptr && Bytes{bytes} <= kPooled};
    CUresult result = allocate(piece, bytes);
    // On small cards what the pool keeps is a good part of what there is.
    if (result == CUDA_ERROR_OUT_OF_MEMORY && trim_pool()) result = allocate(piece, bytes);
    if (result == CUDA_SUCCESS) return piece;
    static_cast<void>(context_->failure(result, fmt::format("allocating {}", format_bytes(Bytes{bytes}))));
    return std::nullopt;
  }

  void give_back(const Piece& piece) noexcept {
    static_cast<void>(piece.pooled ? driver().mem_free_async(piece.base, pool_stream_)
                                   : driver().mem_free(piece.base));
  }

  const CudaDeviceOptions options_;
  const std::shared_ptr<CudaContext> context_;
  const std::shared_ptr<const cuda::Kernels> kernels_;
  CUstream pool_stream_ = nullptr;  // null: no pool
  CUmemoryPool pool_ = nullptr;     // null: nothing to set or to trim
  Mutex mutex_;
  std::map<DevicePointer, Piece> pieces_ CACHEBENCH_GUARDED_BY(mutex_);
};

class ScopeOfThread final : public CurrentContext {
 public:
  explicit ScopeOfThread(const CudaContext& context) : scope_(context) {}

 private:
  const CudaContext::Scope scope_;
};

}  // namespace

std::shared_ptr<DeviceApi> make_cuda_device(const CudaDeviceOptions& options) {
  return std::make_shared<CudaDevice>(options);
}

std::unique_ptr<CurrentContext> make_current(const DeviceApi& device) {
  const auto* const cuda = dynamic_cast<const CudaDevice*>(&device);
  return cuda == nullptr ? nullptr : std::make_unique<ScopeOfThread>(cuda->context());
}

std::string why_no_kernel_moves(const DeviceApi& device) {
  const auto* const cuda = dynamic_cast<const CudaDevice*>(&device);
  return cuda == nullptr ? "the device runs no kernels" : cuda->why_no_kernel_moves();
}

#else

std::shared_ptr<DeviceApi> make_cuda_device(const CudaDeviceOptions&) {
  throw Error(
      ErrorKind::kEnvironment,
      "device \"cuda\": this program was built without cuda.h; build it where a CUDA toolkit is, or take "
      "device \"emulated\"");
}

std::unique_ptr<CurrentContext> make_current(const DeviceApi&) {
  return nullptr;
}

std::string why_no_kernel_moves(const DeviceApi&) {
  return "the device runs no kernels";
}

#endif  // cuda.h

}  // namespace cachebench::tier
