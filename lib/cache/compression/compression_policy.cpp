// SPDX-License-Identifier: Apache-2.0
#include "cache/compression/compression_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cache/compression/encoded_tensor.h"
#include "core/error.h"
#include "core/nearest.h"

namespace cachebench::cache {
namespace {

using tier::Encoding;

// By error, the smallest first.
constexpr std::array kByError{Encoding::kF16, Encoding::kBF16, Encoding::kInt8, Encoding::kE4M3};
// The scales of rows come on top of a form's elements: so much more than the target still reaches it.
constexpr double kScalesAllowance = 1.02;

constexpr std::string_view kNone = "none";
constexpr std::string_view kTarget = "target";

Encoding encoding_named(std::string_view name) {
  const auto found =
      std::find_if(kByError.begin(), kByError.end(), [&](Encoding e) { return name_of(e) == name; });
  return found == kByError.end() ? Encoding::kPlain : *found;
}

}  // namespace

const char* name_of(CompressionRule::When when) {
  return when == CompressionRule::When::kPressure ? "pressure" : "always";
}

bool is_lossy_format(std::string_view name) {
  return name == kNone || name == kTarget || encoding_named(name) != Encoding::kPlain;
}

CompressionPolicy::CompressionPolicy(const CompressionRule& rule)
    : rule_(rule), on_(rule.format != kNone), fixed_(encoding_named(rule.format)) {
  if (!is_lossy_format(rule.format)) {
    std::vector<std::string> known{std::string(kNone), std::string(kTarget)};
    for (const Encoding encoding : kByError) known.emplace_back(name_of(encoding));
    throw Error(ErrorKind::kUsage, unknown_name("compression", rule.format, known));
  }
  if (!(rule.ratio > 0 && rule.ratio <= 1)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("compression_ratio {:g}: it has to be above 0 and at most 1", rule.ratio));
  }
  if (!(rule.stop >= 0 && rule.stop <= rule.start && rule.start <= 1)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("compression: 0 <= stop ({:g}) <= start ({:g}) <= 1 does not hold", rule.stop,
                            rule.start));
  }
}

Encoding CompressionPolicy::choose(const TensorMeta& meta, Bytes used, Bytes capacity) {
  if (!on_) return Encoding::kPlain;
  if (rule_.when == CompressionRule::When::kPressure) {
    const auto fill = static_cast<double>(used.value);
    const auto room = static_cast<double>(capacity.value);
    if (fill >= rule_.start * room) {
      pressed_ = true;
    } else if (fill <= rule_.stop * room) {
      pressed_ = false;
    }
  }
  return expected(meta);
}

Encoding CompressionPolicy::expected(const TensorMeta& meta) const {
  if (!on_ || (rule_.when == CompressionRule::When::kPressure && !pressed_)) return Encoding::kPlain;
  return form_of(meta);
}

Encoding CompressionPolicy::form_of(const TensorMeta& meta) const {
  if (fixed_ != Encoding::kPlain) return shrinks(fixed_, meta) ? fixed_ : Encoding::kPlain;
  const double most = static_cast<double>(meta.bytes().value) * rule_.ratio * kScalesAllowance;
  for (const Encoding encoding : kByError) {
    if (shrinks(encoding, meta) && static_cast<double>(stored_bytes(encoding, meta).value) <= most)
      return encoding;
  }
  return Encoding::kPlain;
}

}  // namespace cachebench::cache
