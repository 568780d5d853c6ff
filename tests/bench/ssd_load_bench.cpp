// SPDX-License-Identifier: Apache-2.0
//
// The loads that calibration measures the drive with, beside fio's: the very same file (fio opens it through
// this process), written before, O_DIRECT, io_uring, random blocks that may repeat, one thread, buffers and
// file not registered, ramp-up left out of both; in turns of some tenths of a second. Medians of the rounds
// and of the rounds' ratios. All figures are measured. The folder is TMPDIR, or /tmp.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/calibrate/io_load.h"
#include "bench/calibrate/memory.h"
#include "bench/calibrate/spread.h"
#include "fio.h"

using namespace cachebench;

namespace {

constexpr Bytes kFile{256 * kMiB.value};  // as calibration's own
constexpr int kLeastRounds = 9;
constexpr int kMostRounds = 27;
// Of the ratios: the quartiles' distance over the median and the root of the rounds.
constexpr double kKnown = 0.02;
constexpr Nanoseconds kTurn{300'000'000};

// Bytes a second; nothing where fio is not installed.
std::optional<double> fio_rate(const bench::ScratchFile& file, const bench::IoShape& shape) {
  const char* way = shape.write_share > 0 ? "write" : "read";
  const std::string command = fmt::format(
      "fio --name=x --thread --filename=/proc/{}/fd/{} --rw=rand{} --bs={} --size={} --direct=1 "
      "--ioengine=io_uring --iodepth={} --norandommap --fallocate=none --time_based --ramp_time=100ms "
      "--runtime={}ms --output-format=json 2>/dev/null",
      ::getpid(), file.fd(), way, shape.block.value, file.size().value, shape.depth,
      kTurn.count() / 1'000'000);
  return testing::fio_rate(command, way);
}

const bench::ScratchFile& written_file(const Clock& clock) {
  static const std::unique_ptr<const bench::ScratchFile> file = [&] {
    auto made =
        std::make_unique<const bench::ScratchFile>(std::filesystem::temp_directory_path().string(), kFile);
    std::vector<std::string> notes;
    bench::IoLoad fill(*made,
                       {.block = Bytes{512 * kKiB.value},
                        .depth = 4,
                        .write_share = 1,
                        .order = bench::IoOrder::kSequential},
                       clock, notes);
    (void)fill.run_over(kFile);
    return made;
  }();
  return *file;
}

constexpr Nanoseconds kRamp{100'000'000};  // fio's as well

void BM_SsdLoad(benchmark::State& state) {
  const RealClock clock;
  const bench::ScratchFile& file = written_file(clock);
  const bench::IoShape shape{.block = Bytes{static_cast<std::uint64_t>(state.range(1)) * kKiB.value},
                             .depth = static_cast<unsigned>(state.range(2)),
                             .write_share = static_cast<double>(state.range(0))};
  std::vector<std::string> notes;
  std::vector<double> ours;
  std::vector<double> fios;
  std::vector<double> ratios;
  const auto is_known = [&] {
    return bench::spread_of(ratios).relative() / std::sqrt(static_cast<double>(ratios.size())) < kKnown;
  };
  for (auto _ : state) {
    for (int round = 0; round < kMostRounds && (round < kLeastRounds || !is_known()); ++round) {
      bench::IoLoad load(file, shape, clock, notes);  // new buffers each time, as fio's
      (void)load.run_for(kRamp);
      const bench::IoLoad::Outcome done = load.run_for(kTurn);
      ours.push_back(bench::rate(Bytes{done.read_bytes + done.written_bytes}, done.elapsed));
      const auto fio = fio_rate(file, shape);
      if (!fio) return state.SkipWithError("fio is not installed, or refuses");
      fios.push_back(*fio);
      ratios.push_back(ours.back() / *fio);
    }
  }
  const bench::Spread mine = bench::spread_of(ours);
  const bench::Spread other = bench::spread_of(fios);
  state.counters["rounds"] = static_cast<double>(ratios.size());
  state.counters["calibrate_MBps"] = mine.median / 1e6;
  state.counters["fio_MBps"] = other.median / 1e6;
  state.counters["off_percent"] = 100 * (mine.median / other.median - 1);
  state.counters["off_in_pairs_percent"] = 100 * (bench::spread_of(ratios).median - 1);
  state.counters["spread_percent"] = 100 * mine.relative();
  state.counters["fio_spread_percent"] = 100 * other.relative();
  std::string label;
  for (const std::string& note : notes) label += note + "; ";
  state.SetLabel(label);
}

BENCHMARK(BM_SsdLoad)
    ->ArgNames({"write", "KiB", "depth"})
    ->ArgsProduct({{0, 1}, {4}, {1, 32}})
    ->ArgsProduct({{0, 1}, {64, 512}, {4}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
