// SPDX-License-Identifier: Apache-2.0
// The drive under the cache folder: reads, writes and both at once, by block size and by how many are in
// flight, through the engine that the SSD tier uses.
#include <algorithm>

#include "bench/calibrate/io_load.h"
#include "bench/calibrate/memory.h"
#include "bench/calibrate/part.h"
#include "bench/calibrate/record_times.h"
#include "bench/calibrate/sizes.h"
#include "core/registry.h"
#include "tier/ssd/reactor.h"

namespace cachebench::bench {
namespace {

constexpr Bytes kUsual{256 * kMiB.value};
constexpr Bytes kQuick{32 * kMiB.value};
constexpr Bytes kChunk{tier::Reactor::kChunk};
// What a transfer of a few MiB has under way.
constexpr unsigned kUsualDepth = 4;

const char* what_of(const IoShape& shape) {
  if (shape.write_share <= 0) return "read";
  return shape.write_share >= 1 ? "write" : "mixed";
}

class Drive {
 public:
  Drive(Session& session, const ScratchFile& file) : session_(session), file_(file) {
    // Blocks that were never written are not read from the drive.
    IoLoad fill(file,
                {.block = kChunk, .depth = kUsualDepth, .write_share = 1, .order = IoOrder::kSequential},
                session.clock(), notes_);
    (void)fill.run_over(file.size());
    for (const std::string& note : notes_) session.leave_out("ssd with io_uring", note);
  }

  /// Bytes a second. With buffers of its own each time: some lie so in memory that large requests are a third
  /// faster, and that must not be so, or not, for all repetitions.
  std::optional<Spread> throughput(const IoShape& shape, double weight = 0.5) {
    return session_.measure(
        {.name = fmt::format("ssd_{}_{}_depth_{}", what_of(shape), size_name(shape.block), shape.depth),
         .unit = "bytes/s",
         .weight = weight},
        [&] {
          std::vector<std::string> ignored;
          IoLoad load(file_, shape, session_.clock(), ignored);
          const IoLoad::Outcome done = load.run_for(window());
          return rate(Bytes{done.read_bytes + done.written_bytes}, done.elapsed);
        });
  }

  /// Nanoseconds of one operation alone.
  std::optional<Spread> latency(Bytes block, double write_share) {
    std::vector<std::string> ignored;
    const IoShape shape{.block = block, .depth = 1, .write_share = write_share};
    IoLoad load(file_, shape, session_.clock(), ignored);
    return session_.measure({.name = fmt::format("ssd_{}_{}_latency", what_of(shape), size_name(block)),
                             .unit = "ns",
                             .weight = 0.3},
                            [&] {
                              const IoLoad::Outcome done = load.run_for(window());
                              return static_cast<double>(done.operation_time.count()) /
                                     static_cast<double>(std::max<std::uint64_t>(done.operations, 1));
                            });
  }

 private:
  [[nodiscard]] Nanoseconds window() const {
    return session_.options().quick ? Nanoseconds{5'000'000} : Nanoseconds{40'000'000};
  }

  Session& session_;
  const ScratchFile& file_;
  std::vector<std::string> notes_;
};

void measure_grid(Session& session, Drive& drive, const std::string& medium) {
  const std::vector<Bytes> blocks =
      session.options().quick ? std::vector<Bytes>{kChunk}
                              : std::vector<Bytes>{Bytes{4 * kKiB.value}, Bytes{64 * kKiB.value}, kChunk};
  const std::vector<unsigned> depths = session.options().quick ? std::vector<unsigned>{kUsualDepth}
                                                               : std::vector<unsigned>{1, kUsualDepth, 32};
  for (const double write_share : {0.0, 1.0}) {
    for (const Bytes block : blocks) {
      for (const unsigned depth : depths) {
        const bool figure = block == kChunk && depth == kUsualDepth;
        const auto spread = drive.throughput({.block = block, .depth = depth, .write_share = write_share},
                                             figure ? 1.5 : 0.5);
        if (!figure || !spread) continue;
        session.set_figure(write_share > 0 ? "ssd_write_bytes_per_second" : "ssd_read_bytes_per_second",
                           spread->median, *spread,
                           fmt::format("{}blocks of 512 KiB, {} in flight", medium, depth));
      }
    }
  }
}

enum class RecordLoad : std::uint8_t { kRead, kReadInExchange, kWrite };

const char* name_of(RecordLoad load) {
  if (load == RecordLoad::kWrite) return "write";
  return load == RecordLoad::kRead ? "read" : "exchange";
}

// What records take through the tier's own plane beyond their bytes at the rate: the middle of the sizes,
// where all of them and the rate were measured.
std::optional<BeyondRate> measure_records(Session& session, const std::string& folder, RecordLoad load) {
  const bool reads = load != RecordLoad::kWrite;
  RecordTimes records(folder, reads ? RecordDirection::kRead : RecordDirection::kWrite);
  const std::vector<std::uint64_t> sizes{4, 16, 32, 64, 128};
  std::vector<SizedSpread> measured;
  for (const std::uint64_t kib : sizes) {
    const Bytes size{kib * kKiB.value};
    const auto spread = session.measure(
        {.name = fmt::format("ssd_record_{}_{}", name_of(load), size_name(size)),
         .unit = "ns",
         .weight = 0.3},
        [&] {
          const Nanoseconds time =
              load == RecordLoad::kReadInExchange ? records.once_in_exchange(size) : records.once(size);
          return static_cast<double>(time.count());
        });
    if (spread) measured.push_back({size, *spread});
  }
  const auto known =
      session.figures().find(reads ? "ssd_read_bytes_per_second" : "ssd_write_bytes_per_second");
  if (known == session.figures().end() || measured.size() < sizes.size()) return std::nullopt;
  return middle_beyond(measured, known->second.value);
}

// The read's is that of an exchange: a hit in this tier comes up, and what it displaces goes down meanwhile.
void measure_record_latencies(Session& session, const std::string& folder, const std::string& medium) {
  (void)measure_records(session, folder, RecordLoad::kRead);
  const std::string how =
      medium + "a record of the SSD tier beyond its bytes at the rate, middle of 4 to 128 KiB";
  if (const auto read = measure_records(session, folder, RecordLoad::kReadInExchange)) {
    session.set_figure("ssd_read_latency_ns", read->nanoseconds, read->spread,
                       how + ", while another is written and one erased");
  }
  if (const auto write = measure_records(session, folder, RecordLoad::kWrite))
    session.set_figure("ssd_write_latency_ns", write->nanoseconds, write->spread, how);
}

// What the figures' sources say where no drive was measured; says why in a note.
std::string medium_of(Session& session, const std::string& folder, const ScratchFile& file) {
  const bool in_memory = file.filesystem() == "tmpfs" || file.filesystem() == "ramfs";
  if (!in_memory && file.is_direct()) return "";
  session.note("ssd", fmt::format("{} is on {}{}: the figures are those of memory", folder, file.filesystem(),
                                  in_memory ? "" : ", which has no O_DIRECT"));
  return "(memory, not a drive) ";
}

void run(Session& session) {
  const std::string folder = scratch_folder(session.options().directory);
  const ScratchFile file(folder, session.options().quick ? kQuick : kUsual);
  const std::string medium = medium_of(session, folder, file);
  Drive drive(session, file);
  measure_grid(session, drive, medium);
  const std::vector<Bytes> sizes =
      session.options().quick ? std::vector<Bytes>{Bytes{32 * kKiB.value}}
                              : std::vector<Bytes>{Bytes{4 * kKiB.value}, Bytes{16 * kKiB.value},
                                                   Bytes{32 * kKiB.value}, Bytes{128 * kKiB.value}, kMiB};
  for (const double write_share : {0.0, 1.0}) {
    for (const Bytes size : sizes) (void)drive.latency(size, write_share);
  }
  (void)drive.throughput({.block = Bytes{64 * kKiB.value}, .depth = 8, .write_share = 0.3});
  measure_record_latencies(session, folder, medium);
}

CACHEBENCH_REGISTER(CalibrationPart, {.name = "ssd",
                                      .order = 30,
                                      .doc = "Reads and writes of the drive under the cache folder",
                                      .run = run});

}  // namespace
}  // namespace cachebench::bench
