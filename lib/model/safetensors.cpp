// SPDX-License-Identifier: Apache-2.0
#include "model/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json_file.h"

namespace cachebench::model {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "the format is little-endian, read where it lies");

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMostDimensions = 6;
// The reference implementation's own limit.
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;

std::optional<DType> dtype_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, DType>, 7> kNames{{{"F32", DType::kF32},
                                                                      {"F16", DType::kF16},
                                                                      {"BF16", DType::kBF16},
                                                                      {"I64", DType::kI64},
                                                                      {"U8", DType::kU8},
                                                                      {"BOOL", DType::kU8},
                                                                      {"I8", DType::kI8}}};
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.first == name; });
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

class Parser {
 public:
  Parser(const std::string& path, std::span<const std::byte> bytes) : path_(path), bytes_(bytes) {}

  std::map<std::string, TensorView, std::less<>> parse() {
    const std::span<const std::byte> header = read_header();
    const Json document =
        parse_json({reinterpret_cast<const char*>(header.data()), header.size()}, path_, ErrorKind::kInput);
    if (!document.is_object()) throw broken("its header is not a JSON object");
    data_ = bytes_.subspan(kLengthBytes + header.size());
    std::map<std::string, TensorView, std::less<>> tensors;
    for (const auto& [name, value] : document.items()) {
      if (name != "__metadata__") tensors.emplace(name, tensor_of(name, value));
    }
    check_overlaps();
    return tensors;
  }

 private:
  [[nodiscard]] Error broken(std::string_view reason) const {
    return Error(ErrorKind::kInput, fmt::format("{}: {}: not a whole safetensors file", path_, reason));
  }
  [[nodiscard]] Error broken_tensor(std::string_view tensor, std::string_view reason) const {
    return Error(ErrorKind::kInput, fmt::format("{}: tensor '{}': {}", path_, tensor, reason));
  }

  std::span<const std::byte> read_header() {
    if (bytes_.size() < kLengthBytes) throw broken("shorter than its header");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), kLengthBytes);
    if (length > kMostHeaderBytes || length > bytes_.size() - kLengthBytes) {
      throw broken(fmt::format("its header claims {} bytes", length));
    }
    return bytes_.subspan(kLengthBytes, length);
  }

  TensorView tensor_of(const std::string& name, const Json& value) {
    try {
      const auto dtype_name = value.at("dtype").get<std::string>();
      const std::optional<DType> dtype = dtype_named(dtype_name);
      if (!dtype)
        throw broken_tensor(name, fmt::format("has elements of type '{}', not known here", dtype_name));
      const TensorMeta meta{.shape = shape_of(name, value.at("shape")), .dtype = *dtype};
      const auto [begin, end] = value.at("data_offsets").get<std::pair<std::uint64_t, std::uint64_t>>();
      if (begin > end || end > data_.size()) {
        throw broken_tensor(name, fmt::format("lies at {} to {} of {} bytes: the file is cut short or wrong",
                                              begin, end, data_.size()));
      }
      if (end - begin != meta.bytes().value) {
        throw broken_tensor(
            name, fmt::format("takes {} bytes where its shape needs {}", end - begin, meta.bytes().value));
      }
      if (begin != end) extents_.emplace_back(begin, end);
      return {.meta = meta, .data = data_.subspan(begin, end - begin)};
    } catch (const nlohmann::json::exception& error) {
      throw broken_tensor(name, fmt::format("its entry is malformed ({})", error.what()));
    }
  }

  Shape shape_of(const std::string& name, const Json& dims) const {
    if (!dims.is_array() || dims.size() > kMostDimensions)
      throw broken_tensor(name, "its shape is malformed");
    std::array<std::int64_t, kMostDimensions> values{};
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (!dims[i].is_number_unsigned() ||
          dims[i].get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int32_t>::max()}) {
        throw broken_tensor(name, "its shape is malformed");
      }
      values[i] = dims[i].get<std::int64_t>();
    }
    const auto& v = values;
    switch (dims.size()) {
      case 0:
        return {};
      case 1:
        return {v[0]};
      case 2:
        return {v[0], v[1]};
      case 3:
        return {v[0], v[1], v[2]};
      case 4:
        return {v[0], v[1], v[2], v[3]};
      case 5:
        return {v[0], v[1], v[2], v[3], v[4]};
      default:
        return {v[0], v[1], v[2], v[3], v[4], v[5]};
    }
  }

  void check_overlaps() {
    std::sort(extents_.begin(), extents_.end());
    for (std::size_t i = 1; i < extents_.size(); ++i) {
      if (extents_[i].first < extents_[i - 1].second) throw broken("two tensors overlap");
    }
  }

  const std::string& path_;
  std::span<const std::byte> bytes_;
  std::span<const std::byte> data_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents_;
};

}  // namespace

SafeTensors::SafeTensors(const std::string& path) : path_(path), file_(std::make_unique<MappedFile>(path)) {
  tensors_ = Parser(path_, file_->bytes()).parse();
}

const TensorView* SafeTensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

const TensorView& SafeTensors::at(std::string_view name) const {
  if (const TensorView* found = find(name)) return *found;
  throw Error(ErrorKind::kInput, fmt::format("{}: has no tensor '{}'", path_, name));
}

}  // namespace cachebench::model
