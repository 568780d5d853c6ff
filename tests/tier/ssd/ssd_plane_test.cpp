// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/ssd_plane.h"

#include <doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "support/temp_dir.h"
#include "tier/ssd/io_engine.h"
#include "tier/ssd/page.h"
#include "tier/ssd/test_records.h"

using namespace cachebench;
using namespace cachebench::tier;
using namespace cachebench::testing;
namespace fs = std::filesystem;

TEST_CASE("bytes out are the bytes in: every engine, every codec, every size and alignment") {
  for (const char* io : {"auto", "threads"}) {
    for (const char* codec : {"none", "zstd"}) {
      CAPTURE(io);
      CAPTURE(codec);
      const TempDir dir;
      const auto plane =
          make_ssd_plane({.directory = dir / "s", .capacity = Bytes{64 << 20}, .codec = codec, .io = io});
      for (const std::size_t n : {0U, 1U, 511U, 4096U, 4097U, 100'000U, 524'288U, 3'000'001U}) {
        CAPTURE(n);
        for (const bool aligned : {true, false}) {
          const PageBuffer buffer(n + 2 * kPage);
          const std::span<std::byte> source = buffer.span().subspan(aligned ? 0 : 3, n);
          fill(source, n);
          const auto block = plane->allocate(Bytes{n});
          REQUIRE(block.has_value());
          const Completion written = plane->write(*block, info_of(n), source).wait();
          REQUIRE(written.status == TransferStatus::kDone);
          CHECK(written.service.count() > 0);
          const PageBuffer target(n + 2 * kPage);
          const std::span<std::byte> back = target.span().subspan(aligned ? 0 : 5);
          CHECK(plane->read(*block, back).wait().status == TransferStatus::kDone);
          CHECK(holds(back.first(n), n));
          CHECK(plane->host_view(*block).empty());
          plane->release(*block);
        }
      }
      plane->flush();
      CHECK(plane->stats().allocated.value == 0);
      CHECK(plane->stats().corrupt_records == 0);
      CHECK(plane->stats().bytes_written.value > 0);
    }
  }
}

TEST_CASE("encoded records take less of the medium") {
  const TempDir dir;
  const auto plane = make_ssd_plane({.directory = dir / "s", .capacity = Bytes{16 << 20}, .codec = "zstd"});
  const std::vector<std::byte> zeros(1 << 20);
  const auto block = plane->allocate(Bytes{zeros.size()});
  REQUIRE(plane->write(*block, info_of(1), zeros).wait().status == TransferStatus::kDone);
  CHECK(plane->stats().bytes_written < Bytes{10'000});
  CHECK(plane->stats().allocated == Bytes{2 * kPage});
}

TEST_CASE("a quarter more than the capacity can be allocated, no more, whatever was freed in which order") {
  const TempDir dir;
  constexpr std::uint64_t kCapacity = 8 << 20;
  const auto plane = make_ssd_plane({.directory = dir / "s", .capacity = Bytes{kCapacity}});
  Rng rng(2);
  std::vector<Block> held;
  std::uint64_t nominal = 0;
  for (int step = 0; step < 5'000; ++step) {
    if (rng.below(2) == 0 || held.empty()) {
      const Bytes bytes{1 + rng.below(rng.below(10) == 0 ? kCapacity / 2 : 20'000)};
      const auto block = plane->allocate(bytes);
      CHECK(block.has_value() == (nominal + bytes.value <= kCapacity + kCapacity / 4));
      if (!block) continue;
      nominal += bytes.value;
      held.push_back(*block);
    } else {
      const std::size_t at = rng.below(held.size());
      plane->release(held[at]);
      nominal -= held[at].bytes.value;
      held[at] = held.back();
      held.pop_back();
    }
    const PlaneStats stats = plane->stats();
    REQUIRE(stats.allocated <= stats.capacity);
    REQUIRE(stats.allocated.value >= nominal);
    REQUIRE(stats.peak >= stats.allocated);
  }
  for (const Block& block : held) plane->release(block);
  CHECK(plane->allocate(Bytes{kCapacity + kCapacity / 4}).has_value());
}

TEST_CASE("a warm start finds what was there, oldest first, and nothing that was released") {
  const TempDir dir;
  const SsdOptions options{.directory = dir / "s", .capacity = Bytes{32 << 20}, .codec = "zstd"};
  std::vector<std::uint64_t> expected;
  {
    const auto plane = make_ssd_plane(options);
    CHECK(plane->recover().empty());
    for (std::uint64_t key = 0; key < 40; ++key) {
      const auto data = record_bytes(key);
      const auto block = plane->allocate(Bytes{data.size()});
      REQUIRE(plane->write(*block, info_of(key), data).wait().status == TransferStatus::kDone);
      if (key % 3 == 0) {
        plane->release(*block);
      } else {
        expected.push_back(key);
      }
    }
  }
  SsdOptions plain = options;
  plain.codec = "none";  // what is there stays readable
  for (int round = 0; round < 2; ++round) {
    const auto plane = make_ssd_plane(plain);
    const auto recovered = plane->recover();
    REQUIRE(recovered.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(recovered[i].info.key.lo == expected[i]);
      CHECK(recovered[i].info.meta == info_of(expected[i]).meta);
      CHECK(recovered[i].info.kind == info_of(expected[i]).kind);
      CHECK(verify(*plane, recovered[i]) == TransferStatus::kDone);
    }
    CHECK(plane->recover().empty());
  }
  SsdOptions cold = options;
  cold.cold = true;
  CHECK(make_ssd_plane(cold)->recover().empty());
  CHECK(make_ssd_plane(options)->recover().empty());
}

TEST_CASE("of two records of one key the newer comes back") {
  const TempDir dir;
  const SsdOptions options{.directory = dir / "s", .capacity = Bytes{1 << 20}};
  {
    const auto plane = make_ssd_plane(options);
    for (const std::size_t n : {5'000U, 6'000U}) {
      const std::vector<std::byte> data(n);
      REQUIRE(plane->write(*plane->allocate(Bytes{n}), info_of(1), data).wait().status ==
              TransferStatus::kDone);
    }
  }
  const auto recovered = make_ssd_plane(options)->recover();
  REQUIRE(recovered.size() == 1);
  CHECK(recovered[0].block.bytes == Bytes{6'000});
}

TEST_CASE("many threads write, read and release at once") {
  const TempDir dir;
  const auto plane = make_ssd_plane({.directory = dir / "s", .capacity = Bytes{64 << 20}, .queue_depth = 8});
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::uint64_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      Rng rng(t);
      std::map<std::uint64_t, Block> mine;
      for (std::uint64_t step = 0; step < 60; ++step) {
        const std::uint64_t key = t * 1'000 + step;
        const auto data = record_bytes(key);
        const auto block = plane->allocate(Bytes{data.size()});
        if (!block || plane->write(*block, info_of(key), data).wait().status != TransferStatus::kDone)
          ++wrong;
        if (block) mine.emplace(key, *block);
        const auto some = std::next(mine.begin(), static_cast<std::ptrdiff_t>(rng.below(mine.size())));
        std::vector<std::byte> back(some->second.bytes.value);
        if (plane->read(some->second, back).wait().status != TransferStatus::kDone) ++wrong;
        if (!holds(back, some->first)) ++wrong;
        if (rng.below(2) == 0) {
          plane->release(some->second);
          mine.erase(some);
        }
        if (step % 20 == 0) plane->flush();
      }
      for (const auto& [key, block] : mine) plane->release(block);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  plane->flush();
  CHECK(plane->stats().allocated.value == 0);
}

TEST_CASE("space is used again, and the file stays near the tier's size") {
  const TempDir dir;
  constexpr std::uint64_t kCapacity = 4 << 20;
  const auto plane = make_ssd_plane({.directory = dir / "s", .capacity = Bytes{kCapacity}});
  Rng rng(7);
  std::vector<Block> held;
  std::uint64_t nominal = 0;
  for (std::uint64_t step = 0; step < 400; ++step) {
    const auto data = std::vector<std::byte>(1 + rng.below(300'000));
    while (nominal + data.size() > kCapacity) {
      const std::size_t at = rng.below(held.size());
      plane->release(held[at]);
      nominal -= held[at].bytes.value;
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const auto block = plane->allocate(Bytes{data.size()});
    REQUIRE(block.has_value());
    REQUIRE(plane->write(*block, info_of(step), data).wait().status == TransferStatus::kDone);
    held.push_back(*block);
    nominal += data.size();
  }
  struct stat status {};
  REQUIRE(stat((dir / "s/cachebench.segment").c_str(), &status) == 0);
  CHECK(static_cast<std::uint64_t>(status.st_blocks) * 512 < 2 * kCapacity);
}

TEST_CASE("a store that was larger shrinks to the tier's size, and new records lie where the tier ends") {
  const TempDir dir;
  constexpr std::size_t kRecord = 20'000;
  constexpr std::size_t kBefore = 400;
  std::vector<std::byte> bytes(kRecord);
  const auto store = [&](Plane& plane, std::uint64_t key) {
    fill(bytes, key);
    const auto block = plane.allocate(Bytes{kRecord});
    REQUIRE(block.has_value());
    REQUIRE(plane.write(*block, info_of(key), bytes).wait().status == TransferStatus::kDone);
    return *block;
  };
  {
    const auto plane =
        make_ssd_plane({.directory = dir / "s", .capacity = Bytes{kBefore * kRecord}, .keep = true});
    for (std::uint64_t key = 0; key < kBefore; ++key) (void)store(*plane, key);
  }
  std::atomic<int> holes{0};
  class CountHoles final : public IoEngine {
   public:
    CountHoles(std::unique_ptr<IoEngine> below, std::atomic<int>& holes)
        : below_(std::move(below)), holes_(holes) {}
    const char* name() const override { return below_->name(); }
    void submit(IoOperation& operation) override {
      if (operation.kind == IoKind::kPunch) ++holes_;
      below_->submit(operation);
    }
    void wait(std::vector<IoOperation*>& finished) override { below_->wait(finished); }
    void wake() noexcept override { below_->wake(); }

   private:
    std::unique_ptr<IoEngine> below_;
    std::atomic<int>& holes_;
  };
  const auto plane = make_ssd_plane(
      {.directory = dir / "s",
       .capacity = Bytes{(kBefore / 8) * kRecord},
       .keep = true,
       .wrap_engine = [&](auto below) { return std::make_unique<CountHoles>(std::move(below), holes); }});
  // The cache above adopts what fits, and gives the rest back.
  std::vector<Recovered> found = plane->recover();
  REQUIRE(found.size() == kBefore);
  for (std::size_t i = kBefore / 8; i < found.size(); ++i) plane->release(found[i].block);
  plane->flush();
  const int at_first = holes;
  CHECK(at_first > static_cast<int>(kBefore) / 2);
  // What comes and goes from now on makes no holes.
  std::vector<Block> held;
  for (std::size_t i = 0; i < kBefore / 8; ++i) held.push_back(found[i].block);
  for (std::uint64_t key = 0; key < 200; ++key) {
    plane->release(held[key % held.size()]);
    held[key % held.size()] = store(*plane, 10'000 + key);
  }
  plane->flush();
  CHECK(holes == at_first);
}

TEST_CASE("options that make no sense are usage errors") {
  const TempDir dir;
  const std::string path = dir / "s";
  const auto kind_of = [&](const SsdOptions& options) {
    try {
      static_cast<void>(make_ssd_plane(options));
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  CHECK(kind_of({.directory = path, .capacity = kMiB, .codec = "lz"}) == ErrorKind::kUsage);
  CHECK(kind_of({.directory = path, .capacity = kMiB, .codec = "zstd", .codec_level = 99}) ==
        ErrorKind::kUsage);
  CHECK(kind_of({.directory = path, .capacity = kMiB, .io = "aio"}) == ErrorKind::kUsage);
  CHECK(kind_of({.directory = path, .capacity = kMiB, .queue_depth = 0}) == ErrorKind::kUsage);
  CHECK(kind_of({.directory = dir / "a/b", .capacity = kMiB}) == ErrorKind::kEnvironment);
}

TEST_CASE("what was created is removed where asked for, and only that") {
  const TempDir dir;
  const std::string path = dir / "s";
  SsdOptions options{.directory = path, .capacity = kMiB, .keep = false};
  { const auto plane = make_ssd_plane(options); }
  CHECK_FALSE(fs::exists(path));
  options.keep = true;
  {
    const auto plane = make_ssd_plane(options);
    const auto data = record_bytes(1);
    REQUIRE(plane->write(*plane->allocate(Bytes{data.size()}), info_of(1), data).wait().status ==
            TransferStatus::kDone);
  }
  options.keep = false;  // a store that was there before stays, with all it holds
  { CHECK(make_ssd_plane(options)->recover().size() == 1); }
  CHECK(make_ssd_plane(options)->recover().size() == 1);
  const auto plane = make_ssd_plane({.directory = "", .capacity = kMiB});
  CHECK(plane->stats().capacity >= kMiB);
  CHECK(std::string(plane->device()) == "ssd");
  CHECK(plane->medium() == hardware::Medium::kSsd);
}
