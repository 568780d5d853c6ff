// SPDX-License-Identifier: Apache-2.0
#include "bench/run/similarity_errors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "bench/run/content.h"
#include "core/hash.h"
#include "core/rng.h"

using namespace cachebench;
using namespace cachebench::bench;

namespace {

using Basis = SimilarityErrors::Basis;
using Verdict = SimilarityErrors::Verdict;

std::vector<std::byte> made_up(std::uint64_t number, std::uint64_t code, std::uint64_t meaning, DType dtype) {
  model::Artefact artefact;
  artefact.key = Key{7, number};
  artefact.kind = ArtefactKind::kVisionEncoderOutput;
  artefact.meta = {.shape = {65 * 8, 32}, .dtype = dtype};
  artefact.likeness = model::Likeness{.code = code, .meaning = Key{1, meaning}};
  std::vector<std::byte> bytes(artefact.meta.bytes().value);
  ContentSource().fill(artefact, bytes);
  return bytes;
}

}  // namespace

TEST_CASE("tensors of one content are as like as their codes, those of different contents are not alike") {
  constexpr std::uint64_t kCode = 0x0123'4567'89AB'CDEF;
  for (const DType dtype : {DType::kF16, DType::kBF16, DType::kF32, DType::kU8}) {
    const auto original = made_up(1, kCode, 1, dtype);
    for (const std::uint64_t mask : {0x0ULL, 0x1ULL, 0x8000'0001ULL, 0x3FULL, 0xFFFFULL}) {
      const auto error = tensor_error(dtype, made_up(2, kCode ^ mask, 1, dtype), original);
      REQUIRE(error);
      const double changed = (hamming_distance(mask, std::uint64_t{0}) + 1) / 65.0;
      CHECK(error->cosine == doctest::Approx(1 - changed).epsilon(0.06));
      CHECK(error->relative_l2 == doctest::Approx(std::sqrt(2 * changed)).epsilon(0.1));
    }
    const auto other = tensor_error(dtype, made_up(3, kCode, 2, dtype), original);
    REQUIRE(other);
    CHECK(std::abs(other->cosine) < 0.06);
    CHECK(other->relative_l2 == doctest::Approx(std::sqrt(2.0)).epsilon(0.06));
  }
}

TEST_CASE("ids are equal or unrelated") {
  std::vector<std::int64_t> truth{1, 2, 3, 4};
  std::vector<std::int64_t> served{1, 2, 9, 4};
  const auto error =
      tensor_error(DType::kI64, std::as_bytes(std::span(served)), std::as_bytes(std::span(truth)));
  CHECK(error->cosine == 0.75);
  CHECK(error->relative_l2 == doctest::Approx(std::sqrt(0.5)));
  CHECK_FALSE(tensor_error(DType::kI64, {}, {}));
  CHECK_FALSE(
      tensor_error(DType::kI64, std::as_bytes(std::span(served)).first(16), std::as_bytes(std::span(truth))));
}

TEST_CASE("only so many elements are compared") {
  CHECK(compared_bytes({.shape = {10, 3}, .dtype = DType::kF16}) == Bytes{60});
  CHECK(compared_bytes({.shape = {1 << 20}, .dtype = DType::kF32}) == Bytes{4 * kComparedElements});
  CHECK(compared_bytes({.shape = {0}, .dtype = DType::kF32}) == Bytes{0});
}

TEST_CASE("errors are told apart by verdict and basis, and all of them are in a bin") {
  SimilarityErrors errors;
  CHECK(errors.collect().empty());
  Rng rng(4);
  double largest = 0;
  double sum = 0;
  for (int i = 0; i < 500; ++i) {
    const double relative = 2 * rng.uniform();
    largest = std::max(largest, relative);
    sum += relative;
    errors.add(Verdict::kFalseAccept, Basis::kSynthesised,
               cache::TensorError{.relative_l2 = relative, .cosine = 1 - relative});
  }
  errors.add(Verdict::kRight, Basis::kServed, cache::TensorError{.relative_l2 = 0, .cosine = 1});
  errors.add(Verdict::kRight, Basis::kServed, std::nullopt);
  errors.add(Verdict::kUnknown, Basis::kPixels, cache::TensorError{.relative_l2 = 1e300, .cosine = 0});
  const auto all = errors.collect();
  REQUIRE(all.size() == 3);
  CHECK(all[0].verdict == "right");
  CHECK(all[0].basis == "served");
  CHECK(all[0].compared == 1);
  CHECK(all[0].not_comparable == 1);
  CHECK(all[0].max_relative_l2 == 0);
  CHECK(all[1].verdict == "false");
  CHECK(all[1].basis == "synthesised");
  CHECK(all[1].mean_relative_l2 == doctest::Approx(sum / 500));
  CHECK(all[1].max_relative_l2 == largest);
  CHECK(all[1].p50_relative_l2 == doctest::Approx(1).epsilon(0.1));
  CHECK(all[1].p90_relative_l2 <= largest);
  CHECK(all[2].basis == "pixels");
  CHECK(all[2].histogram.back() == 1);
  for (const result::SimilarityError& error : all) {
    std::uint64_t binned = 0;
    for (const std::uint64_t count : error.histogram) binned += count;
    CHECK(binned == error.compared);
  }
  errors.reset();
  CHECK(errors.collect().empty());
}
