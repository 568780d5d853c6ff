// SPDX-License-Identifier: Apache-2.0
// How fast traces are read: the path the one-tier simulator takes, and the text formats.
#include <benchmark/benchmark.h>

#include <array>
#include <filesystem>
#include <string>

#include "trace/reader.h"
#include "trace/synthetic/zipf.h"
#include "trace/writer.h"

using namespace cachebench;

namespace {

constexpr std::uint64_t kRecords = 4'000'000;

// Made once for each format, in the temporary folder, and left to the next run.
std::string zipf_file(const std::string& name, const std::string& format) {
  const std::string path = (std::filesystem::temp_directory_path() / ("cachebench_read_" + name)).string();
  if (std::filesystem::exists(path)) return path;
  const auto writer = trace::create_trace(path, format, {});
  trace::generate_zipf({.records = kRecords, .objects = 1'000'000, .alpha = 1.0, .seed = 1}, *writer);
  writer->finish();
  return path;
}

void read_objects(benchmark::State& state, const std::string& name, const std::string& format) {
  const std::string path = zipf_file(name, format);
  std::array<trace::ObjectAccess, 256> batch;
  std::uint64_t records = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) {
    const auto reader = trace::open_trace(path, {.format = format});
    while (const std::size_t count = reader->next(std::span(batch))) {
      records += count;
      sum += batch[count - 1].key;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}

void read_workload(benchmark::State& state) {
  const std::string path = std::string(CACHEBENCH_SOURCE_DIR) + "/workloads/chat.jsonl.zst";
  trace::Request request;
  std::uint64_t requests = 0;
  for (auto _ : state) {
    const auto reader = trace::open_trace(path);
    while (reader->next(request)) ++requests;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(requests));
}

BENCHMARK_CAPTURE(read_objects, oracleGeneral, "zipf.bin", "oracleGeneral")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_objects, oracleGeneral_zstd, "zipf.bin.zst", "oracleGeneral")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_objects, csv, "zipf.csv", "csv")->Unit(benchmark::kMillisecond);
BENCHMARK(read_workload)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
