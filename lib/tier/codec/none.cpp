// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "core/registry.h"
#include "tier/codec.h"

namespace cachebench::tier {
namespace {

class None final : public Codec {
 public:
  std::optional<std::size_t> encode(std::span<const std::byte> in, std::size_t /*element_bytes*/,
                                    std::span<std::byte> out) const override {
    if (in.size() > out.size()) return std::nullopt;
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }
  bool decode(std::span<const std::byte> in, std::span<std::byte> out) const override {
    if (in.size() != out.size()) return false;
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return true;
  }
};

CACHEBENCH_REGISTER(CodecDescriptor, {.name = "none", .id = 0, .doc = "bytes as they are", .make = [](int) {
                                        return std::make_unique<None>();
                                      }});

}  // namespace
}  // namespace cachebench::tier
