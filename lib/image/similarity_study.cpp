// SPDX-License-Identifier: Apache-2.0
#include "image/similarity_study.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "image/phash.h"
#include "image/resize.h"
#include "image/transform.h"

namespace cachebench::image {
namespace {

constexpr std::uint64_t kMostPixels = 1'000'000;

// Halved until small enough: a whole number of pixels under each.
Image shrunk(const Image& picture) {
  Size size = picture.size();
  while (size.pixels() > kMostPixels) {
    size = {std::max(size.width / 2, 1U), std::max(size.height / 2, 1U)};
  }
  return size == picture.size() ? picture : resize_area(picture, size);
}

void add(Accepted& into, const Accepted& more) {
  into.right += more.right;
  into.wrong += more.wrong;
}

void pool(StudyCurve& into, const StudyCurve& curve) {
  into.with_original += curve.with_original;
  into.without_original += curve.without_original;
  for (std::size_t i = 0; i < into.points.size(); ++i) {
    add(into.points[i].plain, curve.points[i].plain);
    add(into.points[i].confirmed, curve.points[i].confirmed);
  }
}

}  // namespace

const char* name_of(QuerySort sort) {
  switch (sort) {
    case QuerySort::kCopy:
      return "copy";
    case QuerySort::kOtherView:
      return "other view";
    case QuerySort::kPooled:
      return "pooled";
  }
  return "unknown";
}

std::optional<double> Accepted::precision() const {
  if (right + wrong == 0) return std::nullopt;
  return static_cast<double>(right) / static_cast<double>(right + wrong);
}

std::optional<int> largest_distance(const StudyCurve& curve, double least, SecondLook look) {
  std::optional<int> largest;
  for (int distance = 0; distance <= kMostStudied; ++distance) {
    const StudyPoint& point = curve.points[static_cast<std::size_t>(distance)];
    const std::optional<double> precision =
        (look == SecondLook::kYes ? point.confirmed : point.plain).precision();
    if (precision && *precision < least) break;
    if (precision) largest = distance;
  }
  return largest;
}

SimilarityStudy::SimilarityStudy(int fine_distance) : fine_distance_(fine_distance) {
  CACHEBENCH_CHECK(fine_distance >= 0 && fine_distance <= kFineCodeBits, "fine distance {}", fine_distance);
}

SimilarityStudy::Codes SimilarityStudy::codes_of(const Image& picture) {
  return {.coarse = phash(picture), .fine = fine_phash(picture)};
}

void SimilarityStudy::add(const Image& picture, const std::vector<View>& other_views) {
  const Image original = shrunk(picture);
  originals_.push_back(codes_of(original));
  for (const NamedTransform& transform : labelled_transforms()) {
    add_query(transform.name, QuerySort::kCopy, transform.apply(original));
  }
  for (const View& view : other_views) add_query(view.name, QuerySort::kOtherView, shrunk(view.picture));
}

void SimilarityStudy::add_query(const std::string& name, QuerySort sort, const Image& picture) {
  const auto found = std::find_if(empty_curves_.begin(), empty_curves_.end(),
                                  [&](const StudyCurve& curve) { return curve.name == name; });
  const auto curve = static_cast<std::size_t>(found - empty_curves_.begin());
  if (found == empty_curves_.end()) {
    empty_curves_.push_back({});
    empty_curves_.back().name = name;
    empty_curves_.back().sort = sort;
  }
  queries_.push_back({.curve = curve, .original = originals_.size() - 1, .codes = codes_of(picture)});
}

SimilarityStudy::Nearest SimilarityStudy::nearest(const Query& query, Own own, int fine_distance) const {
  Nearest best;
  for (std::size_t i = 0; i < originals_.size(); ++i) {
    if (own == Own::kLeftOut && i == query.original) continue;
    const int fine = hamming_distance(originals_[i].fine, query.codes.fine);
    if (fine > fine_distance) continue;
    const int distance = hamming_distance(originals_[i].coarse, query.codes.coarse);
    best = std::min(best, Nearest{.distance = distance, .fine = fine, .original = i});
  }
  return best;
}

// A view has no right answer, whether the picture it is another view of is there or not.
void SimilarityStudy::count(const Query& query, StudyCurve& curve) const {
  const bool is_copy = curve.sort == QuerySort::kCopy;
  const auto look_up = [&](Own own) {
    const bool has_answer = is_copy && own == Own::kThere;
    ++(has_answer ? curve.with_original : curve.without_original);
    const Nearest plain = nearest(query, own, kFineCodeBits);
    const Nearest confirmed = nearest(query, own, fine_distance_);
    const auto enter = [&](const Nearest& found, Accepted& accepted, int distance) {
      if (found.distance > distance) return;
      ++(has_answer && found.original == query.original ? accepted.right : accepted.wrong);
    };
    for (int distance = 0; distance <= kMostStudied; ++distance) {
      StudyPoint& point = curve.points[static_cast<std::size_t>(distance)];
      enter(plain, point.plain, distance);
      enter(confirmed, point.confirmed, distance);
    }
  };
  look_up(Own::kThere);
  if (is_copy) look_up(Own::kLeftOut);
}

std::vector<StudyCurve> SimilarityStudy::curves() const {
  std::vector<StudyCurve> curves = empty_curves_;
  for (const Query& query : queries_) count(query, curves[query.curve]);
  StudyCurve copies{.name = "all copies",
                    .sort = QuerySort::kPooled,
                    .with_original = 0,
                    .without_original = 0,
                    .points = {}};
  StudyCurve all = copies;
  all.name = "all copies and views";
  bool any_view = false;
  for (const StudyCurve& curve : curves) {
    if (curve.sort == QuerySort::kCopy) pool(copies, curve);
    any_view = any_view || curve.sort == QuerySort::kOtherView;
    pool(all, curve);
  }
  curves.push_back(std::move(copies));
  if (any_view) curves.push_back(std::move(all));
  return curves;
}

}  // namespace cachebench::image
