// SPDX-License-Identifier: Apache-2.0
#include "tier/ssd/record_header.h"

#include <array>

#include "core/check.h"
#include "tier/ssd/page_fields.h"

namespace cachebench::tier {
namespace {

constexpr const char* kMagic = "CBRECORD";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxRank = 6;

// Where the fields lie: docs/segment-format.md.
constexpr std::size_t kStoreId = 16;
constexpr std::size_t kSequence = 24;
constexpr std::size_t kOffset = 32;
constexpr std::size_t kState = 40;
constexpr std::size_t kKind = 41;
constexpr std::size_t kDType = 42;
constexpr std::size_t kCodec = 43;
constexpr std::size_t kRank = 44;
constexpr std::size_t kEncoding = 45;
constexpr std::size_t kKeyHigh = 48;
constexpr std::size_t kKeyLow = 56;
constexpr std::size_t kPayloadBytes = 64;
constexpr std::size_t kStoredBytes = 72;
constexpr std::size_t kPayloadCrc = 80;
constexpr std::size_t kDims = 88;

// The numbers on the medium are those of the enumerations; who reorders these has to convert.
static_assert(static_cast<int>(ArtefactKind::kObject) == 0 && static_cast<int>(ArtefactKind::kKvBlock) == 7 &&
              static_cast<int>(ArtefactKind::kCrossModalAttention) == kArtefactKinds - 1);
static_assert(static_cast<int>(DType::kU8) == 0 && static_cast<int>(DType::kI64) == 2 &&
              static_cast<int>(DType::kF32) == 5);

std::optional<Shape> decode_shape(std::span<const std::byte> page) {
  const auto rank = get_field<std::uint8_t>(page, kRank);
  if (rank > kMaxRank) return std::nullopt;
  std::array<std::int64_t, kMaxRank> d{};
  for (std::size_t i = 0; i < kMaxRank; ++i) {
    d[i] = get_field<std::int64_t>(page, kDims + i * sizeof(std::int64_t));
    if (d[i] < 0) return std::nullopt;
  }
  switch (rank) {
    case 0:
      return Shape{};
    case 1:
      return Shape{d[0]};
    case 2:
      return Shape{d[0], d[1]};
    case 3:
      return Shape{d[0], d[1], d[2]};
    case 4:
      return Shape{d[0], d[1], d[2], d[3]};
    case 5:
      return Shape{d[0], d[1], d[2], d[3], d[4]};
    default:
      return Shape{d[0], d[1], d[2], d[3], d[4], d[5]};
  }
}

bool sizes_are_sound(const RecordHeader& header) {
  if (header.stored_bytes > header.payload_bytes) return false;
  if (header.codec == 0 && header.stored_bytes != header.payload_bytes) return false;
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 62;  // so that ends of extents cannot wrap
  return header.payload_bytes < kLargest && header.offset < kLargest;
}

}  // namespace

void encode_record_header(const RecordHeader& header, std::span<std::byte> page) {
  CACHEBENCH_CHECK(page.size() == kPage, "{}", page.size());
  std::memset(page.data(), 0, page.size());
  std::memcpy(page.data(), kMagic, kMagicBytes);
  put_field(page, kVersionOffset, kVersion);
  put_field(page, kStoreId, header.store_id);
  put_field(page, kSequence, header.sequence);
  put_field(page, kOffset, header.offset);
  put_field(page, kState, header.state);
  put_field(page, kKind, header.info.kind);
  put_field(page, kDType, header.info.meta.dtype);
  put_field(page, kCodec, header.codec);
  put_field(page, kEncoding, header.info.encoding);
  const std::span<const std::int64_t> dims = header.info.meta.shape.dims();
  put_field(page, kRank, static_cast<std::uint8_t>(dims.size()));
  put_field(page, kKeyHigh, header.info.key.hi);
  put_field(page, kKeyLow, header.info.key.lo);
  put_field(page, kPayloadBytes, header.payload_bytes);
  put_field(page, kStoredBytes, header.stored_bytes);
  put_field(page, kPayloadCrc, header.payload_crc);
  for (std::size_t i = 0; i < dims.size(); ++i) put_field(page, kDims + i * sizeof dims[i], dims[i]);
  put_field(page, kPageCrcOffset, page_crc(page));
}

std::optional<RecordHeader> decode_record_header(std::span<const std::byte> page, std::uint64_t store_id,
                                                 std::uint64_t offset) {
  CACHEBENCH_CHECK(page.size() == kPage, "{}", page.size());
  if (!has_magic(page, kMagic) || get_field<std::uint32_t>(page, kVersionOffset) != kVersion ||
      get_field<std::uint64_t>(page, kStoreId) != store_id ||
      get_field<std::uint64_t>(page, kOffset) != offset ||
      get_field<std::uint32_t>(page, kPageCrcOffset) != page_crc(page)) {
    return std::nullopt;
  }
  const auto state = get_field<std::uint8_t>(page, kState);
  const auto kind = get_field<std::uint8_t>(page, kKind);
  const auto dtype = get_field<std::uint8_t>(page, kDType);
  const auto encoding = get_field<std::uint8_t>(page, kEncoding);
  if (encoding >= kEncodings) return std::nullopt;
  if (state < 1 || state > 2 || kind >= kArtefactKinds || dtype > static_cast<std::uint8_t>(DType::kF32)) {
    return std::nullopt;
  }
  const std::optional<Shape> shape = decode_shape(page);
  if (!shape) return std::nullopt;
  RecordHeader header{
      .store_id = store_id,
      .sequence = get_field<std::uint64_t>(page, kSequence),
      .offset = offset,
      .state = static_cast<RecordState>(state),
      .codec = get_field<std::uint8_t>(page, kCodec),
      .info = {.key = {get_field<std::uint64_t>(page, kKeyHigh), get_field<std::uint64_t>(page, kKeyLow)},
               .meta = {*shape, static_cast<DType>(dtype)},
               .kind = static_cast<ArtefactKind>(kind),
               .encoding = static_cast<Encoding>(encoding)},
      .payload_bytes = get_field<std::uint64_t>(page, kPayloadBytes),
      .stored_bytes = get_field<std::uint64_t>(page, kStoredBytes),
      .payload_crc = get_field<std::uint32_t>(page, kPayloadCrc),
  };
  if (!sizes_are_sound(header)) return std::nullopt;
  return header;
}

}  // namespace cachebench::tier
