// SPDX-License-Identifier: Apache-2.0
#include "bench/run/collect_compression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/content_identity.h"

namespace cachebench::bench {
namespace {

result::MeasuredCodec measured(const tier::CodecUse& use) {
  result::MeasuredCodec codec{.encoded = use.encoded,
                              .declined = use.declined,
                              .plain_bytes = use.plain.value,
                              .stored_bytes = use.stored.value,
                              .declined_bytes = use.declined_bytes.value,
                              .encode_ns = use.encode_time.count(),
                              .decoded = use.decoded,
                              .decoded_bytes = use.decoded_bytes.value,
                              .decode_ns = use.decode_time.count(),
                              .compared_elements = use.compared};
  codec.max_error = use.max_error;
  if (use.square_sum > 0) codec.relative_error = std::sqrt(use.error_sum / use.square_sum);
  return codec;
}

bool was_used(const tier::CodecUse& use) {
  return use.encoded + use.declined + use.decoded > 0;
}

}  // namespace

std::optional<result::Compression> collect_compression(const CompressionInputs& inputs) {
  result::Compression compression;
  tier::CodecUses lossless;
  for (std::size_t i = 0; i < inputs.tiers.size(); ++i) {
    const cache::CompressionRule& rule = inputs.tiers[i].compression;
    const std::string codec = inputs.config.cache.tiers[i].codec();
    if (rule.format != "none")
      compression.tiers.push_back(
          {.tier = inputs.tiers[i].name, .form = rule.format, .when = cache::name_of(rule.when)});
    if (codec != "none")
      compression.tiers.push_back({.tier = inputs.tiers[i].name, .form = codec, .when = "always"});
    // A store may hold records of another setting than today's: it decodes them by what their headers say.
    if (i < inputs.transfers.planes.size()) lossless.add(inputs.transfers.planes[i].codec);
  }
  const bool uses = std::any_of(lossless.by_kind.begin(), lossless.by_kind.end(), was_used);
  const bool keeps = std::any_of(inputs.transfers.kept.begin(), inputs.transfers.kept.end(),
                                 [](const cache::KeptForm& form) { return form.entries > 0; });
  if (compression.tiers.empty() && !uses && !keeps) return std::nullopt;
  for (std::size_t i = 0; i < inputs.counted.kinds.size(); ++i) {
    const cache::KindCounters& kind = inputs.counted.kinds[i];
    const tier::CodecUse& lossy_use = inputs.transfers.lossy.by_kind[i];
    const tier::CodecUse& lossless_use = lossless.by_kind[i];
    if (kind.compressed == 0 && !was_used(lossy_use) && !was_used(lossless_use)) continue;
    result::CompressedKind& out = compression.kinds[name_of(static_cast<ArtefactKind>(i))];
    out.entries = kind.compressed;
    out.plain_bytes = kind.bytes_plain.value;
    out.charged_bytes = kind.bytes_compressed.value;
    if (was_used(lossy_use)) out.lossy = measured(lossy_use);
    if (was_used(lossless_use)) out.lossless = measured(lossless_use);
  }
  return compression;
}

std::vector<std::string> describe_kept(const cache::KeptForms& kept) {
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const cache::KeptForm& form = kept[i];
    if (form.entries == 0) continue;
    const double ratio = static_cast<double>(form.stored.value) / static_cast<double>(form.plain.value);
    std::string note = fmt::format(
        "{} entries lay on the SSD as {} from an earlier run, in {:.3f} of their {}, and stay so until they "
        "leave it, whatever form is set now",
        form.entries, cache::name_of(static_cast<tier::Encoding>(i)), ratio, format_bytes(form.plain));
    if (form.decoded > 0)
      note +=
          fmt::format("; decoded {} times, an element may be off by {:.3g}", form.decoded, form.max_error);
    notes.push_back(std::move(note));
  }
  return notes;
}

std::optional<result::Hashing> collect_hashing(const RunConfig& config, const WorkloadFacts& facts,
                                               const hardware::Profile& profile,
                                               const Measurements& measured) {
  if (facts.contents_hashed == 0) return std::nullopt;
  const bool is_sha = hash_algorithm(config.multimodal.hash) == HashAlgorithm::kSha256;
  const double rate = is_sha ? profile.sha256_bytes_per_second : profile.xxh3_bytes_per_second;
  const double ns = static_cast<double>(facts.bytes_hashed.value) / rate * 1e9;
  result::Hashing hashing{.algorithm = config.multimodal.hash,
                          .contents = facts.contents_hashed,
                          .bytes = facts.bytes_hashed.value,
                          .time_ns = static_cast<std::int64_t>(ns)};
  for (std::size_t kind = 0; kind < measured.hashed.size(); ++kind) {
    if (measured.hashed[kind].contents > 0)
      hashing.measured[name_of(static_cast<ArtefactKind>(kind))] = measured.hashed[kind];
  }
  return hashing;
}

}  // namespace cachebench::bench
