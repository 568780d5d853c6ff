// SPDX-License-Identifier: Apache-2.0
#include "tier/device/device_api.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <numeric>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "core/rng.h"
#include "tier/device/device_types.h"

// One suite for every device. Nothing in it sleeps or holds a device back: order shows in the bytes.
namespace cachebench::tier {
namespace {

using namespace testing;

using AllDevices = std::tuple<EmulatedInline, EmulatedQueued, EmulatedThrottled, FakeDriverBatches,
                              FakeDriverKernels, FakeDriverSingle, GpuType>;

std::vector<std::byte> noise(std::size_t bytes, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::byte> result(bytes);
  for (std::byte& one : result) one = static_cast<std::byte>(rng.below(256));
  return result;
}

DevicePointer plus(DevicePointer pointer, std::uint64_t offset) {
  return static_cast<DevicePointer>(static_cast<std::uint64_t>(pointer) + offset);
}

void up(DeviceStream& stream, DevicePointer target, std::span<const std::byte> source, CopyDone done = {}) {
  const HostToDevice copy{.target = target, .source = source};
  stream.memcpy_async(std::span(&copy, 1), std::move(done));
}
void down(DeviceStream& stream, std::span<std::byte> target, DevicePointer source, CopyDone done = {}) {
  const DeviceToHost copy{.target = target, .source = source};
  stream.memcpy_async(std::span(&copy, 1), std::move(done));
}

/// Device memory for a test's scope.
class Memory {
 public:
  Memory(DeviceApi& device, std::size_t bytes) : device_(device), at_(device.malloc(Bytes{bytes}).value()) {}
  ~Memory() { device_.free(at_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  [[nodiscard]] DevicePointer at(std::uint64_t offset = 0) const { return plus(at_, offset); }

 private:
  DeviceApi& device_;
  DevicePointer at_;
};

/// Page-locked host memory for a test's scope.
class Pinned {
 public:
  Pinned(DeviceApi& device, std::size_t bytes)
      : owner_(device.pinned_memory()), data_(owner_->allocate(Bytes{bytes})), bytes_(bytes) {
    REQUIRE(data_ != nullptr);
  }
  ~Pinned() { owner_->release(data_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  [[nodiscard]] std::span<std::byte> span() const { return {data_, bytes_}; }

 private:
  std::shared_ptr<PinnedMemory> owner_;
  std::byte* data_;
  std::size_t bytes_;
};

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("a stream runs its copies in order", Type, stream_order) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const auto stream = device->create_stream();
  const Memory memory(*device, 8192);
  // The same 8 KiB on the device are overwritten and read back in turn; each read has to see its own write.
  constexpr std::size_t kRounds = 50;
  std::vector<std::vector<std::byte>> sources;
  std::vector<std::vector<std::byte>> targets(kRounds, std::vector<std::byte>(8192));
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < kRounds; ++i) sources.push_back(noise(8192, i));
  for (std::size_t i = 0; i < kRounds; ++i) {
    up(*stream, memory.at(), sources[i], [&order, i](const CopyResult& result) {
      if (!result.error && result.service.count() >= 0) order.push_back(2 * i);
    });
    down(*stream, targets[i], memory.at(), [&order, i](const CopyResult& result) {
      if (!result.error && result.service.count() >= 0) order.push_back(2 * i + 1);
    });
  }
  stream->synchronize();
  CHECK(stream->query());
  CHECK(targets == sources);
  std::vector<std::size_t> wanted(2 * kRounds);
  std::iota(wanted.begin(), wanted.end(), 0);
  CHECK(order == wanted);
}
TEST_CASE_TEMPLATE_APPLY(stream_order, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("host memory is read and written in stream order", Type, host_order) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const auto stream = device->create_stream();
  const Memory memory(*device, 3 * 4096);
  const std::vector<std::byte> source = noise(4096, 1);
  std::vector<std::byte> middle(4096);
  std::vector<std::byte> target(2 * 4096);
  up(*stream, memory.at(), source);
  down(*stream, middle, memory.at());
  // What comes down goes up again, in a batch, from the same host memory.
  const std::array<HostToDevice, 2> again{HostToDevice{.target = memory.at(4096), .source = middle},
                                          HostToDevice{.target = memory.at(8192), .source = middle}};
  stream->memcpy_async(again, {});
  down(*stream, target, memory.at(4096));
  stream->synchronize();
  CHECK(std::memcmp(target.data(), source.data(), 4096) == 0);
  CHECK(std::memcmp(target.data() + 4096, source.data(), 4096) == 0);
}
TEST_CASE_TEMPLATE_APPLY(host_order, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("events order streams, and a complete one vouches for completions", Type, events) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const auto first = device->create_stream();
  const auto second = device->create_stream();
  const auto written = device->create_event();
  const auto read = device->create_event();
  CHECK(written->query());  // never recorded
  written->synchronize();
  const Memory memory(*device, 200'000);
  std::vector<std::byte> target(200'000);
  int completions = 0;
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::vector<std::byte> source = noise(200'000, round);
    first->wait_event(*read);  // the record of the round before
    up(*first, memory.at(), source);
    first->record(*written);
    second->wait_event(*written);
    down(*second, target, memory.at(), [&](const CopyResult&) { ++completions; });
    second->record(*read);
    read->synchronize();
    CHECK(completions == static_cast<int>(round) + 1);
    CHECK(written->query());
    REQUIRE(target == source);
    CHECK(device->elapsed_time(*written, *read) >= Nanoseconds{0});
  }
}
TEST_CASE_TEMPLATE_APPLY(events, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("copies of many streams and threads overlap without touching one another", Type,
                          overlap) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  constexpr std::size_t kStreams = 6;
  constexpr std::size_t kBytes = 100'000;
  const Memory memory(*device, kStreams * kBytes);
  std::vector<int> wrong(kStreams, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kStreams; ++t) {
    threads.emplace_back([&, t] {
      const auto stream = device->create_stream();
      for (std::uint64_t round = 0; round < 10; ++round) {
        const std::vector<std::byte> source = noise(kBytes, t * 100 + round);
        std::vector<std::byte> target(kBytes);
        up(*stream, memory.at(t * kBytes), source);
        down(*stream, target, memory.at(t * kBytes));
        stream->synchronize();
        if (target != source) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(kStreams, 0));
}
TEST_CASE_TEMPLATE_APPLY(overlap, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("a batch of small copies is one submission, whatever their sizes and places", Type,
                          batches) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const std::vector<std::size_t> sizes{1, 15, 16, 17, 4096, 0, 65'536, 3, 1000};
  const std::size_t room = 80'000;
  for (const bool pinned : {false, true}) {
    const auto stream = device->create_stream();
    const Memory memory(*device, 9 * room);
    const Pinned locked(*device, 2 * 9 * room);
    std::vector<std::byte> loose(2 * 9 * room);
    const std::span<std::byte> host = pinned ? locked.span() : std::span(loose);
    const std::vector<std::byte> bytes = noise(9 * room, 3);
    std::memset(host.data(), 0, host.size());
    std::memcpy(host.data(), bytes.data(), bytes.size());
    std::vector<HostToDevice> writes;
    std::vector<DeviceToHost> reads;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::size_t at = i * room + i % 3;  // some places are aligned, and some are not
      writes.push_back({.target = memory.at(i * room + i % 2), .source = host.subspan(at, sizes[i])});
      reads.push_back(
          {.target = host.subspan(9 * room + at, sizes[i]), .source = memory.at(i * room + i % 2)});
    }
    int completions = 0;
    stream->memcpy_async(writes, [&](const CopyResult& result) { completions += result.error ? 100 : 1; });
    stream->memcpy_async(reads, [&](const CopyResult& result) { completions += result.error ? 100 : 1; });
    stream->memcpy_async(std::span<const DeviceToHost>{}, [&](const CopyResult&) { ++completions; });
    stream->synchronize();
    CHECK(completions == 3);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::size_t at = i * room + i % 3;
      CHECK(std::memcmp(host.data() + at, host.data() + 9 * room + at, sizes[i]) == 0);
      CHECK(std::to_integer<int>(host[9 * room + at + sizes[i]]) == 0);  // and not a byte more
    }
  }
}
TEST_CASE_TEMPLATE_APPLY(batches, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("a batch with a range outside the device's memory is refused, and nothing else",
                          Type, refused_batches) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const auto stream = device->create_stream();
  const Memory memory(*device, 8192);
  const Pinned locked(*device, 3 * 4096);
  const std::vector<std::byte> bytes = noise(2 * 4096, 6);
  std::memcpy(locked.span().data(), bytes.data(), bytes.size());
  const std::array<HostToDevice, 2> wrong{
      HostToDevice{.target = memory.at(), .source = locked.span().first(4096)},
      HostToDevice{.target = static_cast<DevicePointer>(4096), .source = locked.span().first(4096)}};
  const std::array<HostToDevice, 2> right{
      HostToDevice{.target = memory.at(), .source = locked.span().first(4096)},
      HostToDevice{.target = memory.at(4096), .source = locked.span().subspan(4096, 4096)}};
  int refused = 0;
  stream->memcpy_async(wrong, [&](const CopyResult& result) { refused += result.error ? 1 : 0; });
  stream->memcpy_async(right, [&](const CopyResult& result) { refused += result.error ? 100 : 0; });
  std::vector<std::byte> target(2 * 4096);
  down(*stream, target, memory.at());
  stream->synchronize();
  CHECK(refused == 1);
  CHECK(target == bytes);
}
TEST_CASE_TEMPLATE_APPLY(refused_batches, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("a form goes up, and becomes what the host's decoder gives", Type, forms) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const auto stream = device->create_stream();
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (const Encoding encoding : {Encoding::kF16, Encoding::kBF16, Encoding::kInt8, Encoding::kE4M3}) {
      const LossyFormat format = lossy_format_of(encoding).value();
      const TensorMeta meta{.shape = {13, 517}, .dtype = dtype};
      CHECK(has_form(encoding, dtype) == (lossy_bytes(format, meta) < meta.bytes().value));
      if (!has_form(encoding, dtype)) {
        CHECK_FALSE(device->can_decode(encoding, dtype));
        continue;
      }
      if (!device->can_decode(encoding, dtype)) {
        MESSAGE("skipped: this build has no device kernels");
        return;
      }
      // Any bytes are a form, but for NaNs: their bits are each processor's own.
      std::vector<std::byte> form = noise(lossy_bytes(format, meta), 17);
      if (format == LossyFormat::kE4M3) {
        for (std::byte& code : form) {
          if ((code & std::byte{0x7F}) == std::byte{0x7F}) code ^= std::byte{1};
        }
      }
      for (std::size_t row = 0; row < 13; ++row) {
        const float scale = 0.25F * static_cast<float>(row + 1);
        std::memcpy(form.data() + 4 * row, &scale, 4);
      }
      std::vector<std::byte> expected(meta.bytes().value);
      REQUIRE(decode_lossy(format, form, meta, expected));
      const Memory room(*device, form.size());
      const Memory plain(*device, expected.size());
      std::vector<std::byte> got(expected.size());
      Nanoseconds service{-1};
      stream->decode_async(
          {.form = form, .room = room.at(), .plain = plain.at(), .encoding = encoding, .meta = meta},
          [&](const CopyResult& result) {
            if (!result.error) service = result.service;
          });
      down(*stream, got, plain.at());  // in stream order
      stream->synchronize();
      CHECK(service >= Nanoseconds{0});
      CHECK(got == expected);

      const Memory again(*device, expected.size());
      int meanwhile = 0;
      const auto at_once = device->decode_at_once(
          {.form = form, .room = room.at(), .plain = again.at(), .encoding = encoding, .meta = meta},
          [&] { ++meanwhile; });
      CHECK(meanwhile == (at_once ? 1 : 0));
      if (!at_once) continue;
      CHECK_FALSE(at_once->error);
      std::fill(got.begin(), got.end(), std::byte{0});
      down(*stream, got, again.at());
      stream->synchronize();
      CHECK(got == expected);
    }
  }
}
TEST_CASE_TEMPLATE_APPLY(forms, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("memory is aligned to a page, and all of it comes back", Type, alignment) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  for (int round = 0; round < 30; ++round) {
    std::vector<DevicePointer> pieces;
    for (const std::uint64_t bytes : {0U, 1U, 255U, 4096U, 4097U, 1U << 20, 1U << 23}) {
      const auto piece = device->malloc(Bytes{bytes});
      REQUIRE(piece.has_value());
      CHECK(static_cast<std::uint64_t>(*piece) % 4096 == 0);
      pieces.push_back(*piece);
    }
    for (const DevicePointer piece : pieces) device->free(piece);
  }
  const std::shared_ptr<PinnedMemory> pinned = device->pinned_memory();
  REQUIRE(pinned != nullptr);
  for (const std::uint64_t bytes : {1U, 4096U, 1U << 20}) {
    std::byte* const memory = pinned->allocate(Bytes{bytes});
    REQUIRE(memory != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 4096 == 0);
    std::memset(memory, 1, bytes);
    pinned->release(memory);
  }
}
TEST_CASE_TEMPLATE_APPLY(alignment, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("out of memory is an answer, and nothing else suffers from it", Type, no_memory) {
  const auto device = Type::make({.memory = kMiB * 16});
  if (device == nullptr) return;
  CHECK_FALSE(device->malloc(Bytes{std::uint64_t{1} << 50}).has_value());
  if (Type::kBoundedMemory) {
    const Memory most(*device, 12 * kMiB.value);
    CHECK_FALSE(device->malloc(kMiB * 8).has_value());
  }
  const Memory memory(*device, 4096);
  const auto stream = device->create_stream();
  const std::vector<std::byte> source = noise(4096, 9);
  std::vector<std::byte> target(4096);
  up(*stream, memory.at(), source);
  down(*stream, target, memory.at());
  stream->synchronize();
  CHECK(target == source);
}
TEST_CASE_TEMPLATE_APPLY(no_memory, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("a range outside the device's memory is refused, alone", Type, refusals) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const auto stream = device->create_stream();
  const Memory memory(*device, 4096);
  const std::vector<std::byte> source = noise(4096, 5);
  std::vector<std::byte> target(4096);
  std::string text;
  up(*stream, memory.at(), source);
  up(*stream, static_cast<DevicePointer>(4096), source, [&](const CopyResult& result) {
    REQUIRE(result.error);
    try {
      std::rethrow_exception(result.error);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kEnvironment);
      text = error.what();
    }
  });
  down(*stream, target, memory.at());
  stream->synchronize();
  CHECK(text.find("4.00 KiB") != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
  CHECK(target == source);
}
TEST_CASE_TEMPLATE_APPLY(refusals, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("a lost device says so to every copy, and everything still ends", Type, losses) {
  if (!Type::kCanBeLost) {
    MESSAGE("skipped: a real device is not broken on purpose");
    return;
  }
  const auto device = Type::make({.memory = kMiB * 64, .lost_after_copies = 3});
  if (device == nullptr) return;
  const Memory memory(*device, 6 * 4096);
  const auto event = device->create_event();
  auto stream = device->create_stream();
  auto other = device->create_stream();
  const std::vector<std::byte> source = noise(4096, 5);
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  const auto count = [&](const CopyResult& result) { ++(result.error ? bad : good); };
  for (std::uint64_t i = 0; i < 6; ++i) up(*stream, memory.at(i * 4096), source, count);
  stream->record(*event);
  other->wait_event(*event);
  CHECK_THROWS_AS(stream->synchronize(), Error);
  CHECK(good + bad == 6);
  CHECK(bad >= 3);
  up(*other, memory.at(), source, count);
  CHECK_THROWS_AS(other->synchronize(), Error);
  CHECK(good + bad == 7);
  CHECK_THROWS_AS(event->synchronize(), Error);
  CHECK(event->query());
  CHECK(stream->query());
  CHECK_FALSE(device->malloc(Bytes{4096}).has_value());
  stream.reset();
  other.reset();
}
TEST_CASE_TEMPLATE_APPLY(losses, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("a stream's end waits for its copies", Type, destruction) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const Memory memory(*device, 4 * kMiB.value);
  const std::vector<std::byte> source = noise(4 * kMiB.value, 8);
  std::vector<std::byte> target(source.size());
  bool done = false;
  {
    const auto stream = device->create_stream();
    up(*stream, memory.at(), source);
    down(*stream, target, memory.at(), [&](const CopyResult&) { done = true; });
  }
  CHECK(done);
  CHECK(target == source);
}
TEST_CASE_TEMPLATE_APPLY(destruction, AllDevices);

TEST_CASE_TEMPLATE_DEFINE("what the device is", Type, facts) {
  const auto device = Type::make({});
  if (device == nullptr) return;
  const std::string kind = device->kind();
  CHECK((kind == "cuda" || kind == "emulated"));
  CHECK_FALSE(device->properties().name.empty());
  CHECK(device->properties().async_engine_count > 0);
  for (const std::string& note : device->notes()) CHECK(note.find('\n') == std::string::npos);
}
TEST_CASE_TEMPLATE_APPLY(facts, AllDevices);

}  // namespace cachebench::tier
