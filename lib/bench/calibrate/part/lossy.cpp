// SPDX-License-Identifier: Apache-2.0
// Every lossy form of a tensor on one core.
#include <array>

#include "bench/calibrate/memory.h"
#include "bench/calibrate/part.h"
#include "bench/calibrate/tensor_bytes.h"
#include "core/registry.h"
#include "tier/lossy/lossy.h"

namespace cachebench::bench {
namespace {

// Stands for all of them in the profile, as it is the one most used.
constexpr tier::LossyFormat kUsualFormat = tier::LossyFormat::kInt8;

void measure(Session& session, tier::LossyFormat format, const TensorView& tensor) {
  std::vector<std::byte> form(tier::lossy_bytes(format, tensor.meta));
  const std::string name(tier::name_of(format));
  if (tier::encode_lossy(format, tensor, form) != tier::LossyOutcome::kEncoded) {
    session.leave_out("lossy form " + name, "it refuses the sample");
    return;
  }
  const auto encoding = session.measure({.name = name + "_encode", .unit = "bytes/s", .weight = 0.5}, [&] {
    const Nanoseconds begun = session.clock().now();
    (void)tier::encode_lossy(format, tensor, form);
    return rate(tensor.meta.bytes(), session.clock().now() - begun);
  });
  std::vector<std::byte> back(tensor.data.size());
  const auto decoding = session.measure({.name = name + "_decode", .unit = "bytes/s", .weight = 0.5}, [&] {
    const Nanoseconds begun = session.clock().now();
    (void)tier::decode_lossy(format, form, tensor.meta, back);
    return rate(tensor.meta.bytes(), session.clock().now() - begun);
  });
  if (format != kUsualFormat) return;
  const std::string how = name + ", tensors of 1 MiB in float32";
  if (encoding) session.set_figure("lossy_encode_bytes_per_second", encoding->median, *encoding, how);
  if (decoding) session.set_figure("lossy_decode_bytes_per_second", decoding->median, *decoding, how);
}

void run(Session& session) {
  const TensorMeta meta{.shape = {512, 512}, .dtype = DType::kF32};
  const std::vector<std::byte> plain = hidden_states(meta);
  for (const tier::LossyFormat format : {tier::LossyFormat::kF16, tier::LossyFormat::kBF16,
                                         tier::LossyFormat::kInt8, tier::LossyFormat::kE4M3}) {
    if (session.options().quick && format != kUsualFormat) continue;
    measure(session, format, {.meta = meta, .data = plain});
  }
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "lossy", .order = 60, .doc = "Lossy forms of tensors", .run = run});

}  // namespace
}  // namespace cachebench::bench
