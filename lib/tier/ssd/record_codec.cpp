// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/record_codec.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/registry.h"

namespace cachebench::tier {

RecordCodec::RecordCodec(const std::string& name, int level) {
  const Registry<CodecDescriptor>& registry = Registry<CodecDescriptor>::instance();
  const CodecDescriptor& chosen = registry.at(name, "codec");
  if (level != 0 && (level < chosen.min_level || level > chosen.max_level)) {
    throw Error(ErrorKind::kUsage, fmt::format("codec {}: level {} is outside {} to {}", name, level,
                                               chosen.min_level, chosen.max_level));
  }
  id_ = chosen.id;
  for (const CodecDescriptor& descriptor : registry.items()) {
    const bool own_level = descriptor.id == id_ && level != 0;
    by_id_[descriptor.id] = descriptor.make(own_level ? level : descriptor.default_level);
  }
}

std::optional<RecordCodec::Encoded> RecordCodec::encode(std::span<const std::byte> in,
                                                        const RecordInfo& info) const {
  if (in.size() <= kPage) return std::nullopt;
  const std::uint64_t room = round_up_to_page(in.size()) - kPage;
  Encoded result{PageBuffer(room), 0};
  if (result.buffer.data() == nullptr) return std::nullopt;
  const std::size_t element_bytes = info.encoding == Encoding::kPlain ? size_of(info.meta.dtype) : 1;
  const std::optional<std::size_t> length =
      by_id_[id_]->encode(in, element_bytes, result.buffer.span().first(room));
  if (!length) return std::nullopt;
  result.bytes = *length;
  std::memset(result.buffer.data() + result.bytes, 0, round_up_to_page(result.bytes) - result.bytes);
  return result;
}

bool RecordCodec::decode(std::uint8_t id, std::span<const std::byte> in, std::span<std::byte> out) const {
  return by_id_[id] != nullptr && by_id_[id]->decode(in, out);
}

}  // namespace cachebench::tier
