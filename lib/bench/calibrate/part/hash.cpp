// SPDX-License-Identifier: Apache-2.0
// Hashing of contents on one core: SHA-256 for identities, XXH3 for keys.
#include <vector>

#include "bench/calibrate/memory.h"
#include "bench/calibrate/part.h"
#include "core/hash.h"
#include "core/registry.h"

namespace cachebench::bench {
namespace {

// A content of usual size, often enough that a call of the clock does not matter.
constexpr Bytes kContent{256 * kKiB.value};
constexpr std::size_t kContents = 8;

void run(Session& session) {
  const tier::Mapping memory = touched_memory(kContent * kContents);
  const auto over_all = [&](const auto& hash_one) {
    const Nanoseconds begun = session.clock().now();
    for (std::size_t i = 0; i < kContents; ++i)
      hash_one(memory.span().subspan(i * kContent.value, kContent.value));
    return rate(kContent * kContents, session.clock().now() - begun);
  };
  std::byte seen{};  // so that no call is left out
  const auto sha = session.measure({.name = "sha256", .unit = "bytes/s"}, [&] {
    return over_all([&](std::span<const std::byte> bytes) {
      Sha256 digest;
      digest.update(bytes);
      seen ^= digest.digest().front();
    });
  });
  if (sha) session.set_figure("sha256_bytes_per_second", sha->median, *sha, "contents of 256 KiB");
  std::uint64_t keys = 0;
  const auto xxh3 = session.measure({.name = "xxh3", .unit = "bytes/s"}, [&] {
    return over_all([&](std::span<const std::byte> bytes) { keys ^= hash_key(bytes).hi; });
  });
  if (xxh3) session.set_figure("xxh3_bytes_per_second", xxh3->median, *xxh3, "contents of 256 KiB");
  memory.data()[0] = seen ^ static_cast<std::byte>(keys);
}

CACHEBENCH_REGISTER(CalibrationPart,
                    {.name = "hash", .order = 40, .doc = "SHA-256 and XXH3 of contents", .run = run});

}  // namespace
}  // namespace cachebench::bench
