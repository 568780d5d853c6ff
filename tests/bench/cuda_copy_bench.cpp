// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"
#include "tier/device/cuda/cuda_context.h"
#include "tier/device/cuda/cuda_device.h"
#include "tier/device/cuda/gds_upload.h"
#include "tier/device/device_plane.h"
#include "tier/device/file_upload.h"
#include "tier/mapping.h"

// The GPU's tier beside what the driver does when it is called directly, in the same process and turn by
// turn:
//   copies of 1 MiB and more    wanted: 90% of a bare cuMemcpyAsync loop, from and to pinned memory
//   batches of 64 KiB copies    wanted: 3 times the rate of the same copies one by one
//   SSD to GPU, streamed        wanted: 90% of the slower of the two links
// Each of these is one line that begins with "must-reach", with the ratio, what is wanted, and the verdict;
// the last line counts them. A rehearsal walks the same path over a stand-in for the driver, where the
// figures mean nothing and decide nothing. Usage: cuda_copy_bench [--file FOLDER] [--mib N] [--driver
// LIBRARY] [--rehearsal yes] Exit codes: 0 reached, rehearsed, or no GPU; 1 something was not reached; 4 the
// environment failed.
namespace {

using namespace cachebench;

#if __has_include(<cuda.h>)

using tier::cuda::CudaContext;

constexpr int kRepeats = 9;
constexpr std::uint64_t kSmall = 64 * kKiB.value;

struct Options {
  std::string driver = hardware::nvidia::kCudaLibrary;
  std::string folder = ".";
  std::uint64_t footprint = 256 * kMiB.value;
  bool is_rehearsal = false;
};

double seconds_of(const std::function<void()>& operation) {
  const auto start = std::chrono::steady_clock::now();
  operation();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Medians of several operations, taken turn by turn; the first round warms up.
std::vector<double> medians(const std::vector<std::function<void()>>& operations) {
  std::vector<std::vector<double>> taken(operations.size());
  for (int round = 0; round <= kRepeats; ++round) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const double seconds = seconds_of(operations[i]);
      if (round > 0) taken[i].push_back(seconds);
    }
  }
  std::vector<double> result;
  for (const auto& one : taken) result.push_back(median(one));
  return result;
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        device_(tier::make_cuda_device({.library = options.driver})),
        context_(options.driver, 0),
        host_(tier::Mapping::try_pinned(Bytes{options.footprint}, device_->pinned_memory()).value()) {
    if (!host_.is_pinned()) throw Error(ErrorKind::kEnvironment, "the driver has no pinned memory for this");
    std::memset(host_.data(), 1, host_.size().value);
    const CudaContext::Scope scope(context_);
    context_.check(context_.driver().mem_alloc(&memory_, options.footprint), "allocating for the bare loop");
    context_.check(context_.driver().stream_create(&stream_, CU_STREAM_NON_BLOCKING), "making a stream");
  }
  ~Bench() {
    const CudaContext::Scope scope(context_);
    static_cast<void>(context_.driver().stream_destroy(stream_));
    static_cast<void>(context_.driver().mem_free(memory_));
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  /// How many of the wanted figures were not reached.
  int run() {
    const tier::DeviceProperties facts = device_->properties();
    std::printf("device  %s, compute capability %s, %s\n", facts.name.c_str(),
                facts.compute_capability.c_str(), format_bytes(facts.total_memory).c_str());
    for (const std::string& note : device_->notes()) std::printf("note    %s\n", note.c_str());
    for (const std::uint64_t mib : {1U, 4U, 16U, 64U}) {
      if (mib * kMiB.value * 2 <= options_.footprint) large(mib * kMiB.value);
    }
    small();
    stream_file();
    std::printf("%s%d of %d figures reached\n",
                options_.is_rehearsal ? "rehearsal, these are no figures: " : "", wanted_ - missed_, wanted_);
    return missed_;
  }

 private:
  void verdict(const std::string& what, double got, double wanted) {
    const bool reached = got >= wanted;
    ++wanted_;
    if (!reached) ++missed_;
    std::printf("must-reach %-46s %6.2f, wanted %.2f: %s\n", what.c_str(), got, wanted,
                reached ? "reached" : "NOT reached");
  }

  void bare_loop(bool up, std::uint64_t bytes) {
    const CudaContext::Scope scope(context_);
    for (std::uint64_t at = 0; at + bytes <= options_.footprint; at += bytes) {
      const CUresult result =
          up ? context_.driver().memcpy_htod_async(memory_ + at, host_.data() + at, bytes, stream_)
             : context_.driver().memcpy_dtoh_async(host_.data() + at, memory_ + at, bytes, stream_);
      context_.check(result, "the bare loop");
    }
    context_.check(context_.driver().stream_synchronize(stream_), "the bare loop");
  }

  // As the cache does: a ticket for each copy, some of them in flight.
  void plane_loop(tier::Plane& plane, const std::vector<tier::Block>& blocks, bool up,
                  std::size_t in_flight) {
    std::vector<tier::Ticket> tickets(in_flight);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      tier::Ticket& ticket = tickets[i % in_flight];
      require(ticket.wait());
      const auto host = host_.span().subspan(i * blocks[i].bytes.value, blocks[i].bytes.value);
      ticket = up ? plane.write(blocks[i], {}, host) : plane.read(blocks[i], host);
    }
    for (const tier::Ticket& ticket : tickets) require(ticket.wait());
  }

  static void require(const tier::Completion& completion) {
    if (completion.status != tier::TransferStatus::kDone) std::rethrow_exception(completion.error);
  }

  void large(std::uint64_t bytes) {
    const auto plane = tier::make_device_plane({.capacity = Bytes{options_.footprint}}, device_);
    std::vector<tier::Block> blocks;
    for (std::uint64_t at = 0; at + bytes <= options_.footprint; at += bytes)
      blocks.push_back(plane->allocate(Bytes{bytes}).value());
    const double total = static_cast<double>(blocks.size()) * static_cast<double>(bytes);
    for (const bool up : {true, false}) {
      const std::vector<double> taken =
          medians({[&] { bare_loop(up, bytes); }, [&] { plane_loop(*plane, blocks, up, 4); },
                   [&] { plane_loop(*plane, blocks, up, 1); }});
      std::printf("copy    %-4s %-8s bare %7.2f GB/s, tier %7.2f GB/s (%.2f GB/s waiting for each)\n",
                  up ? "up" : "down", format_bytes(Bytes{bytes}).c_str(), total / taken[0] / 1e9,
                  total / taken[1] / 1e9, total / taken[2] / 1e9);
      verdict(
          std::string(up ? "L2 to L1, " : "L1 to L2, ") + format_bytes(Bytes{bytes}) + ", of the bare loop",
          taken[0] / taken[1], 0.9);
    }
    for (const tier::Block& block : blocks) plane->release(block);
  }

  [[nodiscard]] static std::vector<tier::HostToDevice> small_copies(tier::DevicePointer target,
                                                                    std::span<const std::byte> source) {
    std::vector<tier::HostToDevice> copies;
    for (std::uint64_t at = 0; at + kSmall <= source.size(); at += kSmall) {
      copies.push_back({.target = static_cast<tier::DevicePointer>(static_cast<std::uint64_t>(target) + at),
                        .source = source.subspan(at, kSmall)});
    }
    return copies;
  }

  void small() {
    const std::size_t count = std::min<std::uint64_t>(256, options_.footprint / kSmall);
    const std::vector<tier::HostToDevice> copies =
        small_copies(static_cast<tier::DevicePointer>(memory_), host_.span().first(count * kSmall));
    const auto total = static_cast<double>(count * kSmall);
    const auto single = device_->create_stream();
    const auto one_by_one = [&] {
      for (const tier::HostToDevice& copy : copies) {
        single->memcpy_async(std::span(&copy, 1), {});
        single->synchronize();
      }
    };
    double best = 0;
    for (const auto& [name, batched] : {std::pair{"driver's batch", tier::BatchedCopies::kDriver},
                                        std::pair{"kernel", tier::BatchedCopies::kKernel},
                                        std::pair{"copies in a row", tier::BatchedCopies::kSingle}}) {
      const auto device = tier::make_cuda_device({.library = options_.driver, .batched = batched});
      const auto stream = device->create_stream();
      // This device has to know the memory at both ends as its own; the kernel needs it.
      const auto host = tier::Mapping::try_pinned(Bytes{count * kSmall}, device->pinned_memory()).value();
      const auto target = device->malloc(Bytes{count * kSmall});
      if (!target) throw Error(ErrorKind::kEnvironment, "no device memory for the small copies");
      const std::vector<tier::HostToDevice> own = small_copies(*target, host.span());
      const std::vector<double> taken = medians({one_by_one, [&] {
                                                   stream->memcpy_async(own, {});
                                                   stream->synchronize();
                                                 }});
      std::printf("small   %zu x 64 KiB as one (%s): %7.2f GB/s, one by one %7.2f GB/s\n", count, name,
                  total / taken[1] / 1e9, total / taken[0] / 1e9);
      best = std::max(best, taken[0] / taken[1]);
      device->free(*target);
    }
    verdict("64 KiB copies, batched over one by one", best, 3.0);
  }

  void stream_file() {
    const std::string path = options_.folder + "/cuda_copy_bench.tmp";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
    if (file < 0) {
      std::printf("file    %s: no O_DIRECT here, skipped\n", path.c_str());
      return;
    }
    ::unlink(path.c_str());
    constexpr std::uint64_t kChunk = 4 * kMiB.value;
    const std::uint64_t bytes = options_.footprint / kChunk * kChunk;
    for (std::uint64_t at = 0; at < bytes; at += kChunk) {
      if (::pwrite(file, host_.data(), kChunk, static_cast<off_t>(at)) != static_cast<ssize_t>(kChunk))
        throw Error(ErrorKind::kEnvironment, path + ": no room for the benchmark's file");
    }
    ::fsync(file);
    time_file(file, bytes);
    ::close(file);
  }

  void time_file(int file, std::uint64_t bytes) {
    constexpr std::uint64_t kChunk = 4 * kMiB.value;
    const tier::FilePart part{.descriptor = file, .offset = 0, .bytes = Bytes{bytes}};
    const auto target = static_cast<tier::DevicePointer>(memory_);
    const auto staged = tier::make_staged_upload(device_, {.chunk = Bytes{kChunk}, .buffers = 2});
    const std::vector<double> taken =
        medians({[&] {
                   for (std::uint64_t at = 0; at < bytes; at += kChunk) {
                     if (::pread(file, host_.data(), kChunk, static_cast<off_t>(at)) < 0)
                       throw std::runtime_error("reading failed");
                   }
                 },
                 [&] { bare_loop(true, kChunk); }, [&] { staged->upload(part, target); }});
    const auto total = static_cast<double>(bytes);
    std::printf("file    SSD %.2f GB/s, GPU's link %.2f GB/s, streamed %.2f GB/s\n", total / taken[0] / 1e9,
                total / taken[1] / 1e9, total / taken[2] / 1e9);
    verdict("SSD to GPU, streamed, of the slower link", std::max(taken[0], taken[1]) / taken[2], 0.9);
    try {
      const auto direct = tier::make_gds_upload(device_);
      const std::vector<double> seconds = medians({[&] { direct->upload(part, target); }});
      std::printf("file    direct %.2f GB/s\n", total / seconds[0] / 1e9);
    } catch (const Error& error) {
      std::printf("note    %s\n", error.what());
    }
  }

  const Options options_;
  std::shared_ptr<tier::DeviceApi> device_;
  CudaContext context_;
  tier::Mapping host_;
  CUdeviceptr memory_ = 0;
  CUstream stream_ = nullptr;
  int wanted_ = 0;
  int missed_ = 0;
};

int run(const Options& options) {
  try {
    (void)tier::make_cuda_device({.library = options.driver});
  } catch (const Error& error) {
    std::printf("no GPU: skipped (%s)\n", error.what());
    return 0;
  }
  try {
    return Bench(options).run() == 0 || options.is_rehearsal ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "cuda_copy_bench: %s\n", error.what());
    return static_cast<int>(error.kind());
  }
}

#endif  // cuda.h

}  // namespace

int main(int argc, char** argv) {
#if __has_include(<cuda.h>)
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--rehearsal") options.is_rehearsal = std::string(argv[i + 1]) == "yes";
    if (name == "--driver") options.driver = argv[i + 1];
    if (name == "--file") options.folder = argv[i + 1];
    if (name == "--mib") options.footprint = std::strtoull(argv[i + 1], nullptr, 10) * kMiB.value;
  }
  return run(options);
#else
  static_cast<void>(argc), static_cast<void>(argv);
  std::printf("no GPU: skipped (built without cuda.h)\n");
  return 0;
#endif
}
