// SPDX-License-Identifier: Apache-2.0
// Every lossless codec of the SSD tier on one core, over tensors as a model leaves them.
#include <algorithm>
#include <string_view>

#include "bench/calibrate/memory.h"
#include "bench/calibrate/part.h"
#include "bench/calibrate/tensor_bytes.h"
#include "core/registry.h"
#include "tier/codec.h"

namespace cachebench::bench {
namespace {

// The one that configs ask for most: its rates are the profile's.
constexpr std::string_view kUsualCodec = "zstd";

void measure(Session& session, const tier::CodecDescriptor& descriptor, std::span<const std::byte> plain) {
  const auto codec = descriptor.make(descriptor.default_level);
  std::vector<std::byte> form(plain.size());
  const auto length = codec->encode(plain, sizeof(float), form);
  if (!length) {
    session.leave_out("codec " + descriptor.name, "it does not make the sample smaller");
    return;
  }
  const auto encoding =
      session.measure({.name = descriptor.name + "_encode", .unit = "bytes/s", .weight = 0.5}, [&] {
        const Nanoseconds begun = session.clock().now();
        (void)codec->encode(plain, sizeof(float), form);
        return rate(Bytes{plain.size()}, session.clock().now() - begun);
      });
  std::vector<std::byte> back(plain.size());
  const auto decoding =
      session.measure({.name = descriptor.name + "_decode", .unit = "bytes/s", .weight = 0.5}, [&] {
        const Nanoseconds begun = session.clock().now();
        (void)codec->decode(std::span(form).first(*length), back);
        return rate(Bytes{plain.size()}, session.clock().now() - begun);
      });
  if (descriptor.name != kUsualCodec) return;
  const std::string how = fmt::format("{} at its default level, tensors of 1 MiB", descriptor.name);
  if (encoding) session.set_figure("encode_bytes_per_second", encoding->median, *encoding, how);
  if (decoding) session.set_figure("decode_bytes_per_second", decoding->median, *decoding, how);
}

void run(Session& session) {
  const TensorMeta meta{.shape = {512, 512}, .dtype = DType::kF32};
  const std::vector<std::byte> plain = hidden_states(meta);
  for (const tier::CodecDescriptor& descriptor : Registry<tier::CodecDescriptor>::instance().items()) {
    if (descriptor.name == "none") continue;
    if (session.options().quick && descriptor.name != kUsualCodec) continue;
    measure(session, descriptor, plain);
  }
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "codec", .order = 50, .doc = "Lossless codecs of the SSD tier", .run = run});

}  // namespace
}  // namespace cachebench::bench
