// SPDX-License-Identifier: Apache-2.0
//
// Devices that fail, fill up and lie, put between the plane and its engine.
#include <doctest.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "support/temp_dir.h"
#include "tier/ssd/page.h"
#include "tier/ssd/ssd_plane.h"
#include "tier/ssd/test_records.h"

using namespace cachebench;
using namespace cachebench::tier;
using namespace cachebench::testing;

namespace {

struct Faults {
  std::atomic<int> write_error{0};  // errno of every write while not 0
  std::atomic<int> read_error{0};
  std::atomic<int> punch_error{0};
  std::atomic<bool> flip_reads{false};
  std::atomic<bool> halve{false};  // transfers of more than a page do half of it
};

// Decorates an engine: what the medium is asked for is changed on the way, what it answers on the way back.
class FaultyEngine final : public IoEngine {
 public:
  FaultyEngine(std::unique_ptr<IoEngine> below, Faults& faults) : below_(std::move(below)), faults_(faults) {}
  const char* name() const override { return below_->name(); }
  void submit(IoOperation& operation) override {
    const std::size_t half = operation.size / 2 / kPage * kPage;
    if (faults_.halve && operation.kind != IoKind::kPunch && half > 0) {
      asked_.emplace(&operation, operation.size);
      operation.size = half;
    }
    below_->submit(operation);
  }
  void wait(std::vector<IoOperation*>& finished) override {
    const std::size_t before = finished.size();
    below_->wait(finished);
    for (std::size_t i = before; i < finished.size(); ++i) change(*finished[i]);
  }
  void wake() noexcept override { below_->wake(); }

 private:
  void change(IoOperation& operation) {
    if (const auto halved = asked_.extract(&operation)) operation.size = halved.mapped();
    int error = faults_.punch_error;
    if (operation.kind == IoKind::kWrite) error = faults_.write_error;
    if (operation.kind == IoKind::kRead) error = faults_.read_error;
    if (error != 0) {
      operation.result = -error;
    } else if (operation.kind == IoKind::kRead && faults_.flip_reads && operation.result > 0) {
      operation.data[0] ^= std::byte{0x10};
    }
  }
  std::unique_ptr<IoEngine> below_;
  Faults& faults_;
  std::map<const IoOperation*, std::size_t> asked_;
};

struct Store {
  TempDir dir;
  std::string path = dir / "s";
  Faults faults;
  std::unique_ptr<Plane> plane;

  explicit Store(const char* codec = "none", Bytes capacity = Bytes{16 << 20}) {
    plane = make_ssd_plane(
        {.directory = path, .capacity = capacity, .codec = codec, .wrap_engine = [this](auto below) {
           return std::make_unique<FaultyEngine>(std::move(below), faults);
         }});
  }
  Completion write(std::uint64_t key, Block& block) {
    const auto data = record_bytes(key);
    block = *plane->allocate(Bytes{data.size()});
    return plane->write(block, info_of(key), data).wait();
  }
};

std::string reason(const Completion& completion) {
  REQUIRE(completion.status == TransferStatus::kFailed);
  try {
    std::rethrow_exception(completion.error);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kEnvironment);
    return error.what();
  }
}

}  // namespace

TEST_CASE("a full disk fails the write with a line that names the file; there is a way on") {
  for (const char* codec : {"none", "zstd"}) {
    Store store(codec);
    Block block;
    store.faults.write_error = ENOSPC;
    CHECK(reason(store.write(1, block)) ==
          store.path + "/cachebench.segment: cannot write a record: No space left on device");
    std::vector<std::byte> back(block.bytes.value);
    CHECK(reason(store.plane->read(block, back).wait()).find("cannot read a record") != std::string::npos);
    store.plane->release(block);
    store.plane->flush();
    CHECK(store.plane->stats().allocated.value == 0);  // given back, though no header could be written
    store.faults.write_error = 0;
    CHECK(store.write(2, block).status == TransferStatus::kDone);
    store.plane.reset();
    CHECK(make_ssd_plane({.directory = store.path, .capacity = kMiB})->recover().size() == 1);
  }
}

TEST_CASE("a record whose erasure fails keeps its place, and the plane says so") {
  Store store;
  Block block;
  REQUIRE(store.write(1, block).status == TransferStatus::kDone);
  store.faults.write_error = EIO;
  store.faults.punch_error = EOPNOTSUPP;
  const auto allocated = store.plane->stats().allocated;
  store.plane->release(block);
  store.plane->flush();
  CHECK(store.plane->stats().allocated == allocated);
  REQUIRE_FALSE(store.plane->stats().notes.empty());
  CHECK(store.plane->stats().notes.back().find("cannot erase a record") != std::string::npos);
  store.faults.write_error = 0;
  Block other;
  CHECK(store.write(2, other).status == TransferStatus::kDone);
  CHECK(other.handle != block.handle);
}

TEST_CASE("a device that cannot read fails the read; one that lies is found out and counted") {
  for (const char* codec : {"none", "zstd"}) {
    Store store(codec);
    Block block;
    REQUIRE(store.write(7, block).status == TransferStatus::kDone);
    std::vector<std::byte> back(block.bytes.value);
    store.faults.read_error = EIO;
    CHECK(reason(store.plane->read(block, back).wait()).find("cannot read a record: Input/output error") !=
          std::string::npos);
    CHECK(store.plane->stats().corrupt_records == 0);
    store.faults.read_error = 0;
    store.faults.flip_reads = true;
    CHECK(store.plane->read(block, back).wait().status == TransferStatus::kCorrupt);
    CHECK(store.plane->stats().corrupt_records == 1);
    store.faults.flip_reads = false;
    CHECK(store.plane->read(block, back).wait().status == TransferStatus::kDone);
    CHECK(holds(back, 7));
  }
}

TEST_CASE("a device that does less than asked is asked again") {
  Store store;
  store.faults.halve = true;
  for (std::uint64_t key = 1; key < 20; ++key) {
    Block block;
    REQUIRE(store.write(key, block).status == TransferStatus::kDone);
    std::vector<std::byte> back(block.bytes.value);
    REQUIRE(store.plane->read(block, back).wait().status == TransferStatus::kDone);
    CHECK(holds(back, key));
  }
}

TEST_CASE("space beyond the tier's own is given back as holes, or erased where there are none") {
  for (const int punch_error : {0, EOPNOTSUPP}) {
    Store store("none", Bytes{1 << 20});
    store.faults.punch_error = punch_error;
    // Fragments: many small ones, every other one released, then one that fits in no gap.
    std::vector<Block> blocks;
    for (int i = 0; i < 250; ++i) {
      const std::vector<std::byte> data(4'000);
      blocks.push_back(*store.plane->allocate(Bytes{data.size()}));
      REQUIRE(store.plane->write(blocks.back(), info_of(1), data).wait().status == TransferStatus::kDone);
    }
    for (std::size_t i = 0; i < blocks.size(); i += 2) store.plane->release(blocks[i]);
    store.plane->flush();
    std::vector<std::byte> large(700'000);
    fill(large, 3);
    const auto block = store.plane->allocate(Bytes{large.size()});
    REQUIRE(block.has_value());
    REQUIRE(store.plane->write(*block, info_of(3), large).wait().status == TransferStatus::kDone);
    std::vector<std::byte> back(large.size());
    CHECK(store.plane->read(*block, back).wait().status == TransferStatus::kDone);
    CHECK(holds(back, 3));
    store.plane->release(*block);
    for (std::size_t i = 1; i < blocks.size(); i += 2) store.plane->release(blocks[i]);
    store.plane->flush();
    CHECK(store.plane->stats().allocated.value == 0);
    store.plane.reset();
    CHECK(make_ssd_plane({.directory = store.path, .capacity = kMiB})->recover().empty());
  }
}
