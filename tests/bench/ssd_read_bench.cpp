// SPDX-License-Identifier: Apache-2.0
//
// Reads of the SSD plane beside fio's, on the same file of the same file system: same block size, same depth,
// O_DIRECT, io_uring, in turns. Both figures are measured. The folder is TMPDIR, or /tmp.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/rng.h"
#include "fio.h"
#include "tier/ssd/page.h"
#include "tier/ssd/ssd_plane.h"

using namespace cachebench;
using namespace cachebench::tier;

namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::uint64_t kTotal = std::uint64_t{768} << 20;
constexpr int kRounds = 5;
constexpr double kRoundSeconds = 1.5;

struct Store {
  std::string directory = (std::filesystem::temp_directory_path() / "cachebench-ssd-read-bench").string();
  std::unique_ptr<Plane> plane;
  std::vector<Block> blocks;

  Store(std::uint64_t bytes, const char* io) {
    plane = make_ssd_plane(
        {.directory = directory, .capacity = Bytes{kTotal}, .io = io, .cold = true, .keep = false});
    const PageBuffer source(bytes);
    Rng rng(bytes);
    for (std::uint64_t i = 0; i < bytes; i += 8)
      *reinterpret_cast<std::uint64_t*>(source.data() + i) = rng.next();
    for (std::uint64_t i = 0; i < kTotal / bytes; ++i) {
      const auto block = plane->allocate(Bytes{bytes});
      const RecordInfo info{.key = {0, i}, .meta = {{static_cast<std::int64_t>(bytes)}, DType::kU8}};
      if (!block || plane->write(*block, info, source.span()).wait().status != TransferStatus::kDone) break;
      blocks.push_back(*block);
    }
    plane->flush();
  }
};

// Bytes a second of random reads, `depth` of them under way.
double read_rate(Store& store, std::uint64_t bytes, std::size_t depth, Rng& rng) {
  std::vector<PageBuffer> targets;
  for (std::size_t i = 0; i < depth; ++i) targets.emplace_back(bytes);
  std::deque<Ticket> pending;
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t done = 0;
  std::size_t next = 0;
  Seconds elapsed{0};
  while (elapsed.count() < kRoundSeconds || !pending.empty()) {
    if (pending.size() < depth && elapsed.count() < kRoundSeconds) {
      pending.push_back(
          store.plane->read(store.blocks[rng.below(store.blocks.size())], targets[next++ % depth].span()));
      continue;
    }
    if (pending.front().wait().status == TransferStatus::kDone) done += bytes;
    pending.pop_front();
    elapsed = std::chrono::steady_clock::now() - start;
  }
  return static_cast<double>(done) / elapsed.count();
}

// The same from fio; nothing where it is not installed.
std::optional<double> fio_rate(const std::string& file, std::uint64_t bytes, std::size_t depth) {
  const std::string command = fmt::format(
      "fio --name=read --filename={} --readonly --rw=randread --bs={} --size={} --offset=4k --direct=1 "
      "--ioengine=io_uring --iodepth={} --norandommap --time_based --runtime={} --output-format=json "
      "2>/dev/null",
      file, bytes, kTotal, depth, kRoundSeconds);
  return testing::fio_rate(command, "read");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(benchmark::State& state, const char* io) {
  const auto bytes = static_cast<std::uint64_t>(state.range(0)) << 20;
  const auto depth = static_cast<std::size_t>(state.range(1));
  Store store(bytes, io);
  if (store.blocks.empty()) return state.SkipWithError("cannot write the records");
  Rng rng(1);
  std::vector<double> ours;
  std::vector<double> fios;
  std::vector<double> ratios;
  for (auto _ : state) {
    for (int round = 0; round < kRounds; ++round) {
      ours.push_back(read_rate(store, bytes, depth, rng));
      if (const auto fio = fio_rate(store.directory + "/cachebench.segment", bytes, depth)) {
        fios.push_back(*fio);
        ratios.push_back(ours.back() / *fio);
      }
    }
  }
  state.counters["plane"] = benchmark::Counter(median(ours), benchmark::Counter::kDefaults);
  if (ratios.empty()) return state.SetLabel("fio is not installed");
  state.counters["fio"] = median(fios);
  state.counters["of_fio"] = median(ratios);
  for (const std::string& note : store.plane->stats().notes) state.SetLabel(note);
}

void BM_SsdReadIoUring(benchmark::State& state) {
  compare(state, "auto");
}
void BM_SsdReadThreads(benchmark::State& state) {
  compare(state, "threads");
}

}  // namespace

BENCHMARK(BM_SsdReadIoUring)
    ->ArgNames({"MiB", "depth"})
    ->ArgsProduct({{1, 4}, {1, 8}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_SsdReadThreads)
    ->ArgNames({"MiB", "depth"})
    ->ArgsProduct({{1, 4}, {8}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
