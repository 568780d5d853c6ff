// SPDX-License-Identifier: Apache-2.0
// What the model costs where it can run: matrix products by element type, and the vision encoder a visual
// token.
#include <algorithm>
#include <array>
#include <vector>

#include "bench/calibrate/part.h"
#include "core/error.h"
#include "core/registry.h"
#include "hardware/live_machine.h"
#include "model/backend_loader.h"

namespace cachebench::bench {
namespace {

constexpr std::int64_t kSide = 1024;
constexpr std::uint32_t kPicture = 256;

double seconds(Nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

void measure_products(Session& session, const model::ModelBackendDescriptor& backend, int threads) {
  constexpr double kFlops = 2.0 * kSide * kSide * kSide;
  for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
    if (session.options().quick && dtype != DType::kF32) continue;
    const std::string name = fmt::format("matrix_{}_{}_threads", name_of(dtype), threads);
    std::function<void()> once;
    try {
      once = backend.matrix_product({.dtype = dtype, .size = kSide, .threads = threads});
    } catch (const Error& error) {
      session.leave_out(name, error.what());
      continue;
    }
    const auto spread = session.measure({.name = name, .unit = "flop/s"}, [&] {
      const Nanoseconds begun = session.clock().now();
      once();
      return kFlops / std::max(1e-9, seconds(session.clock().now() - begun));
    });
    if (spread && dtype == DType::kF32) {
      session.set_figure("flops_per_second", spread->median, *spread,
                         fmt::format("float32 products of 1024x1024 on {} threads of the host", threads));
    }
  }
}

void measure_encoder(Session& session, int threads) {
  const auto runner =
      model::load_runner("libtorch")
          .make({.preset = "tiny", .threads = static_cast<std::uint32_t>(threads), .kv_tokens = 1024});
  const std::vector<std::byte> rgb(std::size_t{3} * kPicture * kPicture, std::byte{0x80});
  const std::vector<model::Pixels> pixels{
      runner->preprocess({.width = kPicture, .height = kPicture, .rgb = rgb})};
  const auto tokens = static_cast<double>(runner->geometry().grid_of(kPicture, kPicture).visual_tokens);
  (void)session.measure({.name = "encode_visual_token_tiny", .unit = "ns"}, [&] {
    const Nanoseconds begun = session.clock().now();
    const std::vector<model::EncodeOutcome> encoded = runner->encode(pixels);
    if (encoded.front().error) throw *encoded.front().error;
    return static_cast<double>((session.clock().now() - begun).count()) / tokens;
  });
}

void run(Session& session) {
  const int threads = hardware::allowed_threads();
  try {
    const model::ModelBackendDescriptor& backend = model::load_backend();
    measure_products(session, backend, threads);
    measure_encoder(session, threads);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kEnvironment) throw;
    session.leave_out("matrix products and encoder", error.what());
  }
}

CACHEBENCH_REGISTER(CalibrationPart, {.name = "model",
                                      .order = 90,
                                      .doc = "Matrix products by element type, the encoder a visual token",
                                      .run = run});

}  // namespace
}  // namespace cachebench::bench
