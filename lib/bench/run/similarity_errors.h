// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cache/similarity/accept_audit.h"
#include "core/histogram.h"
#include "core/sync.h"
#include "core/tensor_view.h"
#include "result/multimodal.h"

/// What answering by similarity costs in accuracy: how far the tensors that similar hits served lie from
/// those that the requests' own contents would have given, apart for hits that the trace calls right, false,
/// or does not know. Thread-safe. Nothing throws: what cannot be compared is counted.
namespace cachebench::bench {

/// Elements of a tensor that are compared, from its first on: enough for a mean, few beside a transfer.
inline constexpr std::uint64_t kComparedElements = 16'384;
/// Bytes of the elements that are compared.
[[nodiscard]] Bytes compared_bytes(const TensorMeta& meta);

/// Numbers as numbers (bytes from the middle of their range, as pixels are), ids as if each were a direction
/// of its own: equal or unrelated. Nothing for parts of different size, and where error_between says nothing.
[[nodiscard]] std::optional<cache::TensorError> tensor_error(DType dtype, std::span<const std::byte> served,
                                                             std::span<const std::byte> truth);

class SimilarityErrors {
 public:
  using Verdict = cache::AcceptAudit::Verdict;
  enum class Basis : std::uint8_t {
    kServed,       ///< the bytes that were served, against those that the content would have given
    kSynthesised,  ///< both made up from the trace's codes
    kPixels,       ///< of both pictures' files
  };

  void add(Verdict verdict, Basis basis, const std::optional<cache::TensorError>& error);
  void reset();
  /// Those of which there are any; right ones first.
  [[nodiscard]] std::vector<result::SimilarityError> collect() const;

 private:
  struct Sum {
    cache::ErrorSummary summary;
    Histogram millionths;  ///< of relative_l2
    std::array<std::uint64_t, result::kErrorBins> bins{};
  };
  static constexpr std::size_t kVerdicts = 3;
  static constexpr std::size_t kBases = 3;
  mutable Mutex mutex_;
  std::array<std::array<Sum, kBases>, kVerdicts> sums_ CACHEBENCH_GUARDED_BY(mutex_);
};

}  // namespace cachebench::bench
