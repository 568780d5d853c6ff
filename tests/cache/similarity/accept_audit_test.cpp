// SPDX-License-Identifier: Apache-2.0
#include "cache/similarity/accept_audit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::cache;

namespace {

using Tensor = std::vector<float>;
using Verdict = AcceptAudit::Verdict;

}  // namespace

TEST_CASE("the error of a tensor is its distance over the truth's length, and the angle") {
  CHECK(error_between(Tensor{3, 4}, Tensor{3, 4}) == TensorError{.relative_l2 = 0, .cosine = 1});
  const auto turned = error_between(Tensor{4, -3}, Tensor{3, 4});
  REQUIRE(turned);
  CHECK(turned->cosine == doctest::Approx(0));
  CHECK(turned->relative_l2 == doctest::Approx(1.41421356));
  const auto doubled = error_between(Tensor{6, 8}, Tensor{3, 4});
  REQUIRE(doubled);
  CHECK(doubled->cosine == doctest::Approx(1));
  CHECK(doubled->relative_l2 == doctest::Approx(1));
  CHECK(error_between(Tensor{-3, -4}, Tensor{3, 4})->cosine == -1);
  CHECK(error_between(Tensor{0, 0}, Tensor{3, 4}) == TensorError{.relative_l2 = 1, .cosine = 0});
  CHECK(error_between(Tensor{0, 0}, Tensor{0, 0}) == TensorError{.relative_l2 = 0, .cosine = 1});
}

TEST_CASE("what cannot be compared says so: shapes, no size, zero truth, NaN, infinity; denormals can") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float huge = std::numeric_limits<float>::max();
  CHECK(!error_between(Tensor{1}, Tensor{1, 2}));
  CHECK(!error_between(Tensor{}, Tensor{}));
  CHECK(!error_between(Tensor{1}, Tensor{0}));
  CHECK(!error_between(Tensor{nan}, Tensor{1}));
  CHECK(!error_between(Tensor{1}, Tensor{inf}));
  CHECK(error_between(Tensor{2 * tiny, 0}, Tensor{tiny, 0})->relative_l2 == doctest::Approx(1));
  CHECK(error_between(Tensor{-huge, huge}, Tensor{huge, huge})->cosine == doctest::Approx(0));
}

TEST_CASE("hits are judged by what they mean, and their errors kept apart") {
  AcceptAudit audit;
  CHECK(!audit.false_accept_ratio());
  const Key a{1, 2};
  const Key b{1, 3};
  CHECK(audit.judge(a, a) == Verdict::kRight);
  audit.measure(Verdict::kRight, Tensor{1, 0}, Tensor{1, 0.1F});
  CHECK(audit.judge(a, b) == Verdict::kFalseAccept);
  audit.measure(Verdict::kFalseAccept, Tensor{0, 1}, Tensor{1, 0});
  CHECK(audit.judge(b, a) == Verdict::kFalseAccept);
  audit.measure(Verdict::kFalseAccept, Tensor{0, 1}, Tensor{1, 0, 0});
  CHECK(audit.judge(std::nullopt, a) == Verdict::kUnknown);
  CHECK(audit.judge(a, std::nullopt) == Verdict::kUnknown);
  audit.measure(Verdict::kUnknown, Tensor{1}, Tensor{5});
  CHECK(audit.right() == 1);
  CHECK(audit.false_accepts() == 2);
  CHECK(audit.unknown() == 2);
  CHECK(*audit.false_accept_ratio() == doctest::Approx(2.0 / 3));
  CHECK(audit.errors_of_right().compared() == 1);
  CHECK(audit.errors_of_right().max_relative_l2() < 0.2);
  CHECK(audit.errors_of_false().compared() == 1);
  CHECK(audit.errors_of_false().not_comparable() == 1);
  CHECK(audit.errors_of_false().mean_relative_l2() == doctest::Approx(1.41421356));
  CHECK(audit.errors_of_false().min_cosine() == 0);
}

TEST_CASE("unrelated random tensors are about the square root of two apart, and the means are means") {
  Rng rng(3);
  ErrorSummary summary;
  double sum = 0;
  double most = 0;
  for (int i = 0; i < 20; ++i) {
    Tensor served(4096);
    Tensor truth(4096);
    for (float& x : served) x = static_cast<float>(rng.uniform() - 0.5);
    for (float& x : truth) x = static_cast<float>(rng.uniform() - 0.5);
    const auto error = error_between(served, truth);
    REQUIRE(error);
    CHECK(error->relative_l2 == doctest::Approx(1.41).epsilon(0.05));
    summary.add(error);
    sum += error->relative_l2;
    most = std::max(most, error->relative_l2);
  }
  CHECK(summary.mean_relative_l2() == doctest::Approx(sum / 20));
  CHECK(summary.max_relative_l2() == most);
  CHECK(summary.mean_cosine() == doctest::Approx(0).epsilon(0.1));
  CHECK(ErrorSummary().mean_cosine() == 1);
}
