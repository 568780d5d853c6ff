// SPDX-License-Identifier: Apache-2.0
#include "tier/null/null_plane.h"

#include <atomic>

#include "core/check.h"

namespace cachebench::tier {
namespace {

class NullPlane final : public Plane {
 public:
  explicit NullPlane(const NullPlaneOptions& options) : options_(options) {}

  [[nodiscard]] hardware::Medium medium() const override { return options_.medium; }
  [[nodiscard]] const char* device() const override { return "null"; }

  [[nodiscard]] std::optional<Block> allocate(Bytes bytes) override {
    const std::uint64_t now = allocated_.fetch_add(bytes.value, std::memory_order_relaxed) + bytes.value;
    std::uint64_t peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    return Block{.handle = 0, .bytes = bytes};
  }

  void release(const Block& block) noexcept override {
    const std::uint64_t before = allocated_.fetch_sub(block.bytes.value, std::memory_order_relaxed);
    CACHEBENCH_CHECK(before >= block.bytes.value, "{} bytes released of {} allocated", block.bytes.value,
                     before);
  }

  [[nodiscard]] Ticket write(const Block& block, const RecordInfo&, std::span<const std::byte>) override {
    written_.fetch_add(block.bytes.value, std::memory_order_relaxed);
    return {};
  }

  [[nodiscard]] Ticket read(const Block& block, std::span<std::byte>) override {
    read_.fetch_add(block.bytes.value, std::memory_order_relaxed);
    return {};
  }

  [[nodiscard]] std::span<std::byte> host_view(const Block&) override { return {}; }

  [[nodiscard]] PlaneStats stats() const override {
    return {.capacity = options_.capacity,
            .allocated = Bytes{allocated_.load(std::memory_order_relaxed)},
            .peak = Bytes{peak_.load(std::memory_order_relaxed)},
            .overflow_peak = {},
            .bytes_read = Bytes{read_.load(std::memory_order_relaxed)},
            .bytes_written = Bytes{written_.load(std::memory_order_relaxed)},
            .corrupt_records = 0,
            .notes = {}};
  }

 private:
  const NullPlaneOptions options_;
  std::atomic<std::uint64_t> allocated_{0};
  std::atomic<std::uint64_t> peak_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> written_{0};
};

}  // namespace

std::unique_ptr<Plane> make_null_plane(const NullPlaneOptions& options) {
  return std::make_unique<NullPlane>(options);
}

}  // namespace cachebench::tier
