// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/ids.h"

/// What answering by similarity got wrong, where the truth is known: similar hits whose content is other than
/// what was asked for (trace::meaning_of says which are the same), and how far the tensor served lies from
/// the one that would have been computed. A value; thread-compatible. Expected misfits (another shape, NaN)
/// are counted, nothing throws.
namespace cachebench::cache {

/// How far a served tensor lies from the true one.
struct TensorError {
  double relative_l2 = 0;  ///< length of the difference over that of the truth: about 1.41 for unrelated ones
  double cosine = 1;       ///< of the two, −1 to 1
  bool operator==(const TensorError&) const = default;
};

/// Nothing for tensors that cannot be compared: of different or no size, not finite, or a zero truth (but two
/// zeros are equal).
[[nodiscard]] std::optional<TensorError> error_between(std::span<const float> served,
                                                       std::span<const float> truth);

/// Errors of several hits.
class ErrorSummary {
 public:
  void add(const std::optional<TensorError>& error);
  [[nodiscard]] std::uint64_t compared() const { return compared_; }
  /// Hits whose tensors could not be compared.
  [[nodiscard]] std::uint64_t not_comparable() const { return not_comparable_; }
  /// Of those compared; 0 and 1 while there are none.
  [[nodiscard]] double mean_relative_l2() const;
  [[nodiscard]] double max_relative_l2() const { return max_relative_l2_; }
  [[nodiscard]] double mean_cosine() const;
  [[nodiscard]] double min_cosine() const { return min_cosine_; }

 private:
  std::uint64_t compared_ = 0;
  std::uint64_t not_comparable_ = 0;
  double sum_relative_l2_ = 0;
  double max_relative_l2_ = 0;
  double sum_cosine_ = 0;
  double min_cosine_ = 1;
};

class AcceptAudit {
 public:
  enum class Verdict : std::uint8_t { kRight, kFalseAccept, kUnknown };

  /// A similar hit: what the request means and what the entry served means; without both the truth is
  /// unknown. Counts and returns which it was.
  Verdict judge(const std::optional<Key>& asked, const std::optional<Key>& served);
  /// The same hit's tensors, where the true one is at hand.
  void measure(Verdict verdict, std::span<const float> served, std::span<const float> truth);

  [[nodiscard]] std::uint64_t right() const { return right_; }
  [[nodiscard]] std::uint64_t false_accepts() const { return false_accepts_; }
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }
  /// False accepts among the hits whose truth is known; nothing while there are none.
  [[nodiscard]] std::optional<double> false_accept_ratio() const;
  [[nodiscard]] const ErrorSummary& errors_of_right() const { return errors_of_right_; }
  [[nodiscard]] const ErrorSummary& errors_of_false() const { return errors_of_false_; }

 private:
  std::uint64_t right_ = 0;
  std::uint64_t false_accepts_ = 0;
  std::uint64_t unknown_ = 0;
  ErrorSummary errors_of_right_;
  ErrorSummary errors_of_false_;
};

}  // namespace cachebench::cache
