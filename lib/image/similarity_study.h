// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/hamming.h"
#include "image/image.h"

/// How well perceptual hashes tell copies of a picture from other content, on pictures whose truth is known:
/// each one given is content of its own, each is altered in every way of image/transform.h, and every altered
/// copy is looked up among the originals twice, with its own among them and without. Taking the nearest
/// within a distance is right in the first case alone, and only when that is its own. Other views of a scene
/// (a stereo pair) are other content. Keeps hashes, not pictures; one thread. Counts are exact and the same
/// on every machine with the same decoders.
namespace cachebench::image {

inline constexpr int kMostStudied = 32;  ///< bits: beyond that distinct pictures are as near as copies

/// What accepting up to a distance gives, over the queries of a curve.
struct Accepted {
  std::uint64_t right = 0;  ///< answered by the picture's own original
  std::uint64_t wrong = 0;  ///< answered by other content: false accepts
  /// right / (right + wrong); nothing where nothing was accepted.
  [[nodiscard]] std::optional<double> precision() const;
};

struct StudyPoint {
  Accepted plain;
  Accepted confirmed;  ///< where a second look by the fine hash agrees
};

enum class QuerySort : std::uint8_t { kCopy, kOtherView, kPooled };
[[nodiscard]] const char* name_of(QuerySort sort);

struct StudyCurve {
  std::string name;
  QuerySort sort = QuerySort::kCopy;
  std::uint64_t with_original = 0;                  ///< queries that have a right answer
  std::uint64_t without_original = 0;               ///< queries that have none
  std::array<StudyPoint, kMostStudied + 1> points;  ///< by largest distance accepted
};

/// The largest distance up to which, for every lower one too, precision is at least `least`.
enum class SecondLook : std::uint8_t { kNo, kYes };
[[nodiscard]] std::optional<int> largest_distance(const StudyCurve& curve, double least, SecondLook look);

class SimilarityStudy {
 public:
  /// At most so many of the 256 bits of the fine hash may differ in a second look.
  explicit SimilarityStudy(int fine_distance);

  struct View {
    std::string name;
    Image picture;
  };
  /// A picture above a megapixel is shrunk to that first, as it would be before a model sees it.
  void add(const Image& picture, const std::vector<View>& other_views = {});
  [[nodiscard]] std::size_t pictures() const { return originals_.size(); }

  /// A curve for each alteration and view, then "all copies", and with views "all copies and views".
  [[nodiscard]] std::vector<StudyCurve> curves() const;

 private:
  struct Codes {
    std::uint64_t coarse = 0;
    FineCode fine{};
  };
  struct Query {
    std::size_t curve = 0;
    std::size_t original = 0;
    Codes codes;
  };
  /// Nearest original by (distance, fine distance, number); `distance` above kCodeBits when there is none.
  struct Nearest {
    int distance = kCodeBits + 1;
    int fine = 0;
    std::size_t original = 0;
    auto operator<=>(const Nearest&) const = default;
  };
  enum class Own : std::uint8_t { kThere, kLeftOut };

  [[nodiscard]] static Codes codes_of(const Image& picture);
  void add_query(const std::string& name, QuerySort sort, const Image& picture);
  [[nodiscard]] Nearest nearest(const Query& query, Own own, int fine_distance) const;
  void count(const Query& query, StudyCurve& curve) const;

  int fine_distance_;
  std::vector<Codes> originals_;
  std::vector<Query> queries_;
  std::vector<StudyCurve> empty_curves_;  ///< names and sorts, in the order met
};

}  // namespace cachebench::image
