// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/weights.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>
#include <torch/version.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "core/check.h"
#include "core/float_formats.h"
#include "core/hash.h"
#include "core/rng.h"
#include "torch_model/internal/spill_file.h"

namespace cachebench::torch_model {
namespace {

constexpr float kInitialScale = 0.02F;  // standard deviation of the published model's initialiser

Shape shape_of(std::initializer_list<std::int64_t> dims) {
  return dims;
}

bool contains(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

/// The weights of products of whole layers; that of the patch embedding stays as it is computed with.
bool is_linear(std::string_view name) {
  return name.ends_with(".weight") && (contains(name, "_proj.") || contains(name, "attn.qkv.") ||
                                       contains(name, "attn.proj.") || contains(name, "linear_fc"));
}

/// Those, and the two tables of the vocabulary.
bool is_large(std::string_view name) {
  return is_linear(name) || contains(name, "embed_tokens") || name.starts_with("lm_head");
}

at::ScalarType stored_type(std::string_view name, const Precision& precision) {
  return precision.linear == Precision::Linear::kHalf && is_large(name) ? at::kHalf : precision.compute;
}

#if TORCH_VERSION_MAJOR >= 2
/// Newer libraries announce that their quantised types will go; this only needs numbers and scales.
class Silence final : public c10::WarningHandler {
 public:
  void process(const c10::Warning& /*warning*/) override {}
};
#endif

/// By output channel, symmetrically, to the nearest.
at::Tensor quantised(const at::Tensor& weight) {
#if TORCH_VERSION_MAJOR >= 2
  Silence silence;
  const c10::WarningUtils::WarningHandlerGuard guard(&silence);
#endif
  constexpr double kLargest = 127;
  const at::Tensor wide = weight.to(at::kFloat);
  const at::Tensor scales = (wide.abs().amax(1) / kLargest).clamp_min(1e-30);
  return at::quantize_per_channel(wide, scales.to(at::kDouble), at::zeros_like(scales, at::kLong), 0,
                                  at::kQInt8);
}

at::Tensor finished(std::string_view name, const at::Tensor& weight, const Precision& precision) {
  return precision.linear == Precision::Linear::kInt8 && is_linear(name) ? quantised(weight) : weight;
}

/// Uniform with the variance asked for: a normal draw needs functions that differ between machines. One draw
/// makes two numbers of 32 bits.
template <typename Element, typename Convert>
void fill_uniform(at::Tensor& out, std::uint64_t seed, const Convert& convert) {
  constexpr float kRootOfTwelve = 3.46410161514F;
  constexpr float kStep = kRootOfTwelve * kInitialScale * 0x1p-32F;
  const auto centred = [](std::uint64_t bits) {
    return static_cast<float>(static_cast<std::int32_t>(static_cast<std::uint32_t>(bits))) * kStep;
  };
  Rng rng(seed);
  auto* to = static_cast<Element*>(out.data_ptr());
  const std::int64_t count = out.numel();
  for (std::int64_t i = 0; i < count; i += 2) {
    const std::uint64_t bits = rng.next();
    to[i] = convert(centred(bits));
    if (i + 1 < count) to[i + 1] = convert(centred(bits >> 32));
  }
}

/// As they are stored; `finished` may quantise them.
WeightSource unfinished_random_weights(std::uint64_t seed, const Precision& precision) {
  return [seed, precision](const std::string& name, std::initializer_list<std::int64_t> shape) {
    const at::IntArrayRef sizes(shape.begin(), shape.size());
    const at::ScalarType type = stored_type(name, precision);
    if (contains(name, "norm") && name.ends_with(".weight")) return at::ones(sizes, type);
    if (name.ends_with(".bias")) return at::zeros(sizes, type);
    at::Tensor values = at::empty(sizes, type);
    const std::uint64_t of_name = hash64(std::as_bytes(std::span(name))) ^ seed;
    if (type == at::kBFloat16) {
      fill_uniform<std::uint16_t>(values, of_name, bfloat16_from_float);
    } else if (type == at::kHalf) {
      fill_uniform<std::uint16_t>(values, of_name, half_from_float);
    } else {
      fill_uniform<float>(values, of_name, [](float x) { return x; });
    }
    return values;
  };
}

WeightSource finishing(WeightSource from, const Precision& precision) {
  return [from = std::move(from), precision](const std::string& name,
                                             std::initializer_list<std::int64_t> shape) {
    return finished(name, from(name, shape), precision);
  };
}

/// Lets go of mapped pages that were read; they come back from the file when they are touched again.
void give_up_pages(std::span<const std::byte> data) {
  constexpr std::uintptr_t kPage = 4096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data.data()) + kPage - 1) / kPage * kPage;
  const auto end = reinterpret_cast<std::uintptr_t>(data.data() + data.size()) / kPage * kPage;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace

at::ScalarType scalar_type_of(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return at::kByte;
    case DType::kI8:
      return at::kChar;
    case DType::kI64:
      return at::kLong;
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    case DType::kF32:
      return at::kFloat;
  }
  CACHEBENCH_CHECK(false, "dtype {}", static_cast<int>(dtype));
}

at::Tensor tensor_over(const TensorView& view) {
  const auto dims = view.meta.shape.dims();
  const at::IntArrayRef sizes(dims.data(), dims.size());
  const at::ScalarType type = scalar_type_of(view.meta.dtype);
  if (view.data.empty()) return at::empty(sizes, type);
  const bool aligned = reinterpret_cast<std::uintptr_t>(view.data.data()) % size_of(view.meta.dtype) == 0;
  // from_blob takes memory it may write to; nothing here does.
  auto* memory = const_cast<std::byte*>(view.data.data());
  if (aligned) return at::from_blob(memory, sizes, type);
  at::Tensor copy = at::empty(sizes, type);
  std::copy(view.data.begin(), view.data.end(), static_cast<std::byte*>(copy.data_ptr()));
  return copy;
}

WeightSource checkpoint_weights(const model::Checkpoint& checkpoint, const Precision& precision,
                                Reading reading) {
  return
      [&checkpoint, precision, reading](const std::string& name, std::initializer_list<std::int64_t> shape) {
        const TensorView& stored = checkpoint.weight(name, shape_of(shape));
        const bool copy = reading == Reading::kCopied;
        const at::Tensor weight = tensor_over(stored).to(stored_type(name, precision), false, copy);
        if (copy) give_up_pages(stored.data);
        return finished(name, weight, precision);
      };
}

WeightSource random_weights(std::uint64_t seed, const Precision& precision) {
  return finishing(unfinished_random_weights(seed, precision), precision);
}

WeightSource spilled_random_weights(std::uint64_t seed, const Precision& precision,
                                    const std::string& folder) {
  return finishing(spilled(unfinished_random_weights(seed, precision), folder), precision);
}

}  // namespace cachebench::torch_model
