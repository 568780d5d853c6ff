// SPDX-License-Identifier: Apache-2.0
#include "tier/device/device_plane.h"

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tier/device/device_types.h"
#include "tier/device/emulated_device.h"
#include "tier/form_sink.h"
#include "tier/gate.h"

namespace cachebench::tier {
namespace {

std::shared_ptr<DeviceApi> unthrottled(Bytes memory = {}, Bytes inline_up_to = {}) {
  return make_emulated_device(
      {.h2d = {}, .d2h = {}, .throttle = Throttle::kOff, .memory = memory, .inline_up_to = inline_up_to});
}

std::vector<std::byte> pattern(std::size_t bytes, std::size_t seed) {
  std::vector<std::byte> result(bytes);
  for (std::size_t i = 0; i < bytes; ++i) result[i] = static_cast<std::byte>(i * 7 + seed);
  return result;
}

TEST_CASE("what is written to the device is read from it, and the host cannot look at it") {
  for (const Bytes inline_up_to : {Bytes{0}, kGiB}) {
    const auto plane = make_device_plane({.capacity = kMiB}, unthrottled({}, inline_up_to));
    CHECK(plane->medium() == hardware::Medium::kDevice);
    CHECK(std::string(plane->device()) == "emulated");
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, std::size_t{200'001}}) {
      const Block block = plane->allocate(Bytes{bytes}).value();
      CHECK(plane->host_view(block).empty());
      const std::vector<std::byte> source = pattern(bytes, 5);
      CHECK(plane->write(block, {}, source).wait().status == TransferStatus::kDone);
      std::vector<std::byte> target(bytes + 1, std::byte{0xEE});
      CHECK(plane->read(block, target).wait().status == TransferStatus::kDone);
      CHECK(target.back() == std::byte{0xEE});
      target.pop_back();
      CHECK(target == source);
      plane->release(block);
    }
    const PlaneStats stats = plane->stats();
    CHECK(stats.bytes_read == Bytes{265'538});
    CHECK(stats.bytes_written == Bytes{265'538});
    CHECK(stats.allocated == Bytes{0});
  }
}

TEST_CASE("small copies of many threads all arrive") {
  const auto plane = make_device_plane({.capacity = kMiB}, unthrottled());
  std::vector<int> errors(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < errors.size(); ++t) {
    threads.emplace_back([&plane, &error = errors[t], t] {
      for (std::size_t i = 0; i < 200; ++i) {
        const std::vector<std::byte> source = pattern(1000 + i, t);
        const Block block = plane->allocate(Bytes{source.size()}).value();
        std::vector<std::byte> target(source.size());
        (void)plane->write(block, {}, source).wait();
        (void)plane->read(block, target).wait();
        if (target != source) ++error;
        plane->release(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int error : errors) CHECK(error == 0);
  plane->flush();
}

TEST_CASE("destruction waits for what is being copied") {
  std::vector<std::byte> source = pattern(300'000, 1);
  Ticket ticket;
  {
    const auto plane = make_device_plane({.capacity = kMiB}, unthrottled());
    ticket = plane->write(plane->allocate(Bytes{source.size()}).value(), {}, source);
  }
  CHECK(ticket.is_complete());
}

TEST_CASE("without room for the slack the plane makes do; without room for the capacity it says so") {
  const Bytes capacity = kMiB * 4;
  const auto plane = make_device_plane({.capacity = capacity}, unthrottled(capacity));
  CHECK(plane->allocate(capacity).has_value());
  CHECK_FALSE(plane->allocate(Bytes{1}).has_value());
  CHECK_THROWS_AS((void)make_device_plane({.capacity = capacity}, unthrottled(kMiB)), Error);
}

TEST_CASE("a form is decoded into its block, and only what the device cannot do is left to the caller") {
  const auto plane =
      make_device_plane({.capacity = kMiB * 300}, testing::EmulatedQueued::make({.memory = kGiB}));
  auto* const sink = dynamic_cast<FormSink*>(plane.get());
  REQUIRE(sink != nullptr);
  RecordInfo info{.key = {}, .meta = {.shape = {11, 100}, .dtype = DType::kF16}};
  const std::vector<std::byte> form = pattern(lossy_bytes(LossyFormat::kInt8, info.meta), 3);
  std::vector<std::byte> expected(info.meta.bytes().value);
  REQUIRE(decode_lossy(LossyFormat::kInt8, form, info.meta, expected));
  const Block block = plane->allocate(info.meta.bytes()).value();
  CHECK_FALSE(sink->write_decoded(block, info, form).has_value());  // plain
  info.encoding = Encoding::kInt8;
  const auto ticket = sink->write_decoded(block, info, form);
  REQUIRE(ticket.has_value());
  CHECK(ticket->wait().status == TransferStatus::kDone);
  std::vector<std::byte> got(expected.size());
  CHECK(plane->read(block, got).wait().status == TransferStatus::kDone);
  CHECK(got == expected);
  CHECK(plane->stats().bytes_written == Bytes{form.size()});
  plane->release(block);
  // Beside the tier there is room for so much at once.
  info.meta = {.shape = {1, 70 << 20}, .dtype = DType::kF16};
  const std::vector<std::byte> large(lossy_bytes(LossyFormat::kInt8, info.meta));
  const Block wide = plane->allocate(info.meta.bytes()).value();
  CHECK_FALSE(sink->write_decoded(wide, info, large).has_value());
  plane->release(wide);
}

/// A stream whose copies all fail. It holds the first one back until a gate opens.
class FailingStream final : public DeviceStream {
 public:
  FailingStream(Gate& gate, std::vector<std::size_t>& submissions) : gate_(gate), submissions_(submissions) {}
  void memcpy_async(std::span<const HostToDevice> copies, CopyDone done) override {
    fail(copies.size(), done);
  }
  void memcpy_async(std::span<const DeviceToHost> copies, CopyDone done) override {
    fail(copies.size(), done);
  }
  void decode_async(const FormToDevice&, CopyDone done) override { fail(1, done); }
  void record(DeviceEvent&) override {}
  void wait_event(const DeviceEvent&) override {}
  [[nodiscard]] bool query() const override { return true; }
  void synchronize() override {}

 private:
  void fail(std::size_t copies, const CopyDone& done) {
    submissions_.push_back(copies);
    if (submissions_.size() == 1) gate_.pass();
    done({.error = std::make_exception_ptr(Error(ErrorKind::kEnvironment, "the device fell off the bus"))});
  }
  Gate& gate_;
  std::vector<std::size_t>& submissions_;
};

class FailingDevice final : public DeviceApi {
 public:
  explicit FailingDevice(Gate& gate) : gate_(gate) {}
  [[nodiscard]] const char* kind() const override { return "failing"; }
  [[nodiscard]] DeviceProperties properties() const override { return {}; }
  [[nodiscard]] std::optional<DevicePointer> malloc(Bytes) override { return DevicePointer{4096}; }
  void free(DevicePointer) noexcept override {}
  [[nodiscard]] bool can_decode(Encoding, DType) const override { return true; }
  [[nodiscard]] std::unique_ptr<DeviceStream> create_stream() override {
    ++streams;
    return std::make_unique<FailingStream>(gate_, submissions);
  }
  [[nodiscard]] std::unique_ptr<DeviceEvent> create_event() override { return nullptr; }
  [[nodiscard]] Nanoseconds elapsed_time(const DeviceEvent&, const DeviceEvent&) const override { return {}; }
  [[nodiscard]] std::vector<std::string> notes() const override { return {"all copies fail"}; }

  std::vector<std::size_t> submissions;  // copies in each
  int streams = 0;

 private:
  Gate& gate_;
};

TEST_CASE("a large copy goes in pieces and arrives whole, either way, on as many streams as asked for") {
  for (const std::uint32_t streams : {1U, 2U, 3U}) {
    for (const std::uint64_t chunk : {std::uint64_t{0}, std::uint64_t{65'536}, std::uint64_t{100'000}}) {
      const auto plane = make_device_plane(
          {.capacity = kMiB, .chunk = Bytes{chunk}, .streams = streams, .alignment = Bytes{4096}},
          unthrottled());
      for (const std::size_t bytes : {std::size_t{65'537}, std::size_t{200'000}, std::size_t{524'288}}) {
        const Block block = plane->allocate(Bytes{bytes}).value();
        CHECK(block.handle % 4096 == 0);
        const std::vector<std::byte> source = pattern(bytes, streams);
        CHECK(plane->write(block, {}, source).wait().status == TransferStatus::kDone);
        std::vector<std::byte> target(bytes);
        CHECK(plane->read(block, target).wait().status == TransferStatus::kDone);
        CHECK(target == source);
        plane->release(block);
      }
      plane->flush();
    }
  }
}

TEST_CASE("pieces, batches and streams are those asked for, and one piece that fails fails the copy") {
  Gate gate;
  gate.open();
  for (const std::uint32_t streams : {1U, 2U, 3U}) {
    const auto device = std::make_shared<FailingDevice>(gate);
    const auto plane = make_device_plane(
        {.capacity = kMiB, .chunk = Bytes{100'000}, .gathered = Bytes{1000}, .streams = streams}, device);
    CHECK(device->streams == static_cast<int>(streams));
    const std::vector<std::byte> source(250'000);
    const Completion done = plane->write(plane->allocate(Bytes{250'000}).value(), {}, source).wait();
    CHECK(done.status == TransferStatus::kFailed);
    CHECK(device->submissions == std::vector<std::size_t>{1, 1, 1});
  }
}

TEST_CASE("small copies gather behind a submission, and a refusal reaches every ticket") {
  Gate gate;
  const auto device = std::make_shared<FailingDevice>(gate);
  const auto plane = make_device_plane({.capacity = kMiB, .batch = 2}, device);
  CHECK(plane->stats().notes == std::vector<std::string>{"all copies fail"});
  const Block block = plane->allocate(Bytes{100}).value();
  const std::vector<std::byte> source(100);
  Ticket first;
  std::thread submitter([&] { first = plane->write(block, {}, source); });
  gate.wait_for_arrivals(1);
  std::vector<Ticket> behind;
  for (int i = 0; i < 3; ++i) behind.push_back(plane->write(block, {}, source));
  for (const Ticket& ticket : behind) CHECK_FALSE(ticket.is_complete());
  gate.open();
  submitter.join();
  behind.push_back(first);
  for (const Ticket& ticket : behind) {
    const Completion completion = ticket.wait();
    CHECK(completion.status == TransferStatus::kFailed);
    CHECK_THROWS_WITH_AS(std::rethrow_exception(completion.error), "the device fell off the bus", Error);
  }
  CHECK(device->submissions == std::vector<std::size_t>{1, 2, 1});
}

}  // namespace
}  // namespace cachebench::tier
