// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/accept_audit.h"

#include <algorithm>
#include <cmath>

namespace cachebench::cache {

std::optional<TensorError> error_between(std::span<const float> served, std::span<const float> truth) {
  if (served.size() != truth.size() || truth.empty()) return std::nullopt;
  double dot = 0;
  double served_square = 0;
  double truth_square = 0;
  double difference_square = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double x = static_cast<double>(served[i]);
    const double y = static_cast<double>(truth[i]);
    dot += x * y;
    served_square += x * x;
    truth_square += y * y;
    difference_square += (x - y) * (x - y);
  }
  // Squares of floats do not overflow a double, so only what is not finite itself gets here.
  if (!std::isfinite(served_square) || !std::isfinite(truth_square)) return std::nullopt;
  if (difference_square == 0) return TensorError{.relative_l2 = 0, .cosine = 1};
  if (truth_square == 0) return std::nullopt;
  const double lengths = std::sqrt(served_square) * std::sqrt(truth_square);
  return TensorError{.relative_l2 = std::sqrt(difference_square / truth_square),
                     .cosine = lengths == 0 ? 0 : std::clamp(dot / lengths, -1.0, 1.0)};
}

void ErrorSummary::add(const std::optional<TensorError>& error) {
  if (!error) {
    ++not_comparable_;
    return;
  }
  ++compared_;
  sum_relative_l2_ += error->relative_l2;
  max_relative_l2_ = std::max(max_relative_l2_, error->relative_l2);
  sum_cosine_ += error->cosine;
  min_cosine_ = std::min(min_cosine_, error->cosine);
}

double ErrorSummary::mean_relative_l2() const {
  return compared_ == 0 ? 0 : sum_relative_l2_ / static_cast<double>(compared_);
}

double ErrorSummary::mean_cosine() const {
  return compared_ == 0 ? 1 : sum_cosine_ / static_cast<double>(compared_);
}

AcceptAudit::Verdict AcceptAudit::judge(const std::optional<Key>& asked, const std::optional<Key>& served) {
  if (!asked || !served) {
    ++unknown_;
    return Verdict::kUnknown;
  }
  if (*asked == *served) {
    ++right_;
    return Verdict::kRight;
  }
  ++false_accepts_;
  return Verdict::kFalseAccept;
}

void AcceptAudit::measure(Verdict verdict, std::span<const float> served, std::span<const float> truth) {
  if (verdict == Verdict::kUnknown) return;
  (verdict == Verdict::kRight ? errors_of_right_ : errors_of_false_).add(error_between(served, truth));
}

std::optional<double> AcceptAudit::false_accept_ratio() const {
  const std::uint64_t known = right_ + false_accepts_;
  if (known == 0) return std::nullopt;
  return static_cast<double>(false_accepts_) / static_cast<double>(known);
}

}  // namespace cachebench::cache
