// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor_view.h"
#include "core/units.h"
#include "tier/encoding.h"
#include "tier/pinned_memory.h"

/// What the device plane needs of a GPU: memory, streams, events and asynchronous copies, with the names and
/// the rules of the CUDA runtime. The emulated device implements it in host memory; a CUDA one puts a call of
/// the runtime behind each function.
///
/// The device outlives its streams and events. Everything is thread-safe. Bad sizes and foreign streams are
/// programmers' errors; a copy that the device refuses (a range that is not its memory) is reported to its
/// `CopyDone`, and nothing else suffers.
///
/// A device can be lost: a fault while it works, or a card that fell off the bus. That is sticky. The copy it
/// met, and each one after it, ends with the same Error{kEnvironment}; `synchronize` throws it; events and
/// streams count as complete, since nothing is under way any more; `malloc` gives nothing. Destructors work.
namespace cachebench::tier {

/// An address in device memory; 0 is none. Arithmetic on it is the caller's own.
enum class DevicePointer : std::uint64_t {};

struct HostToDevice {
  DevicePointer target{};
  std::span<const std::byte> source;
};

struct DeviceToHost {
  std::span<std::byte> target;
  DevicePointer source{};
};

/// A lossy form on its way up: its bytes, room for them on the device (from a multiple of 256 on), and where
/// its elements go.
struct FormToDevice {
  std::span<const std::byte> form;
  DevicePointer room{};
  DevicePointer plain{};
  Encoding encoding = Encoding::kPlain;
  TensorMeta meta;
};

/// Whether tensors of that element type have the form: the narrow ones are float32's alone.
[[nodiscard]] constexpr bool has_form(Encoding encoding, DType dtype) {
  if (encoding == Encoding::kPlain) return false;
  const bool is_narrow = encoding == Encoding::kF16 || encoding == Encoding::kBF16;
  return dtype == DType::kF32 || (!is_narrow && (dtype == DType::kF16 || dtype == DType::kBF16));
}

struct CopyResult {
  std::exception_ptr error{};  ///< empty when the bytes are there
  Nanoseconds service{0};      ///< from its start on the link to its end
};
/// Called once when all copies of a submission are complete, on the device's thread or on the caller's. It
/// must be short, must not throw, and must not call the device.
using CopyDone = std::function<void(const CopyResult&)>;

struct DeviceProperties {
  std::string name;
  Bytes total_memory;  ///< cudaDeviceProp::totalGlobalMem
  int async_engine_count = 0;
  std::string compute_capability{};  ///< "6.1"; empty where it means nothing
};

/// A marker in streams. Recording it again moves it. One never recorded is complete.
class DeviceEvent {
 public:
  virtual ~DeviceEvent() = default;
  /// cudaEventQuery: is what came before the last record complete?
  [[nodiscard]] virtual bool query() const = 0;
  /// cudaEventSynchronize: blocks until it is. Throws where the device was lost.
  virtual void synchronize() const = 0;
};

/// A queue of operations that run in the order they were submitted; streams run independently of one another.
class DeviceStream {
 public:
  /// Waits until the stream is idle.
  virtual ~DeviceStream() = default;
  /// cudaMemcpyAsync of each element (cudaMemcpyBatchAsync where there is one): one submission, so the link's
  /// latency is paid once. Host memory stays valid until `done`.
  virtual void memcpy_async(std::span<const HostToDevice> copies, CopyDone done) = 0;
  virtual void memcpy_async(std::span<const DeviceToHost> copies, CopyDone done) = 0;
  /// Copies a form up and decodes it on the device, as one submission: the link carries the form alone. The
  /// elements are those that the host's decoder gives. REQUIRES: the device `can_decode` it, and its size
  /// fits.
  virtual void decode_async(const FormToDevice& form, CopyDone done) = 0;
  /// cudaEventRecord.
  virtual void record(DeviceEvent& event) = 0;
  /// cudaStreamWaitEvent: what follows waits for the event's last record, as it is now.
  virtual void wait_event(const DeviceEvent& event) = 0;
  [[nodiscard]] virtual bool query() const = 0;
  /// Blocks until idle, completions included. Throws where the device was lost.
  virtual void synchronize() = 0;
};

class DeviceApi {
 public:
  virtual ~DeviceApi() = default;
  /// "cuda" or "emulated", as in results.
  [[nodiscard]] virtual const char* kind() const = 0;
  [[nodiscard]] virtual DeviceProperties properties() const = 0;
  /// cudaMalloc, aligned to 4 KiB here; nothing when there is not so much.
  [[nodiscard]] virtual std::optional<DevicePointer> malloc(Bytes size) = 0;
  /// cudaFree, which may not wait for anything: REQUIRES that nothing under way touches the memory.
  virtual void free(DevicePointer pointer) noexcept = 0;
  /// cudaHostAlloc: where to get host memory that the device reaches by itself. It may outlive the device.
  [[nodiscard]] virtual std::shared_ptr<PinnedMemory> pinned_memory() { return nullptr; }
  /// Whether its streams decode this form of such tensors.
  [[nodiscard]] virtual bool can_decode(Encoding encoding, DType dtype) const = 0;
  [[nodiscard]] virtual std::unique_ptr<DeviceStream> create_stream() = 0;
  /// cudaMemcpy on a stream of this call's own: complete when it returns; `meanwhile` is called once, while
  /// it is under way. Nothing, and no call, where the device leaves that to streams.
  [[nodiscard]] virtual std::optional<CopyResult> memcpy_at_once(const HostToDevice& /*copy*/,
                                                                 const std::function<void()>& /*meanwhile*/) {
    return std::nullopt;
  }
  /// The same for a form, which is decoded before this returns. REQUIRES: can_decode.
  [[nodiscard]] virtual std::optional<CopyResult> decode_at_once(const FormToDevice& /*form*/,
                                                                 const std::function<void()>& /*meanwhile*/) {
    return std::nullopt;
  }
  [[nodiscard]] virtual std::unique_ptr<DeviceEvent> create_event() = 0;
  /// cudaEventElapsedTime. REQUIRES: both recorded and complete.
  [[nodiscard]] virtual Nanoseconds elapsed_time(const DeviceEvent& from, const DeviceEvent& to) const = 0;
  /// What a person should know of this device's figures.
  [[nodiscard]] virtual std::vector<std::string> notes() const = 0;
};

}  // namespace cachebench::tier
