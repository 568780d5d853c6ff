// SPDX-License-Identifier: Apache-2.0
//
// How far perceptual hashes move: under each labelled transform, between the two eyes of one scene, and
// between distinct pictures; and what each threshold accepts. Pictures are made up; PNG and JPEG files of a
// folder given as argument are taken beside them. Counts are exact, not measured times.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/hamming.h"
#include "image/decode.h"
#include "image/phash.h"
#include "image/scene.h"
#include "image/transform.h"

using namespace cachebench;
using namespace cachebench::image;

namespace {

constexpr std::uint64_t kScenes = 200;

struct Set {
  std::string name;
  std::vector<Image> pictures;
  std::vector<std::uint64_t> hashes;
  std::vector<FineCode> fine;
};

void add(Set& set, Image picture) {
  set.hashes.push_back(phash(picture));
  set.fine.push_back(fine_phash(picture));
  set.pictures.push_back(std::move(picture));
}

Set scenes() {
  Set set{.name = "made-up scenes", .pictures = {}, .hashes = {}, .fine = {}};
  for (std::uint64_t seed = 0; seed < kScenes; ++seed) add(set, draw_scene({.seed = seed}));
  return set;
}

Set photographs(const std::string& folder) {
  Set set{.name = "files of the folder", .pictures = {}, .hashes = {}, .fine = {}};
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".png" || extension == ".jpg") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) add(set, decode_file(path));
  return set;
}

std::string line_of(const std::string& name, std::vector<int> distances) {
  std::sort(distances.begin(), distances.end());
  const auto within = [&](int limit) {
    const auto count = std::upper_bound(distances.begin(), distances.end(), limit) - distances.begin();
    return 100.0 * static_cast<double>(count) / static_cast<double>(distances.size());
  };
  return fmt::format("{:16} {:>4} {:>4} {:>4} {:>4} {:>7.1f} {:>7.1f} {:>7.1f} {:>7.1f}\n", name,
                     distances.front(), distances[distances.size() / 2], distances[distances.size() * 9 / 10],
                     distances.back(), within(2), within(4), within(6), within(8));
}

// Of a picture and what became of it. The fine ones are of those that the coarse hash takes for alike.
struct Distances {
  std::vector<int> coarse;
  std::vector<int> fine;
};

void add(Distances& distances, const Set& set, std::size_t original, const Image& other) {
  constexpr int kAlike = 8;
  const int coarse = hamming_distance(set.hashes[original], phash(other));
  distances.coarse.push_back(coarse);
  if (coarse <= kAlike) distances.fine.push_back(hamming_distance(set.fine[original], fine_phash(other)));
}

std::string fine_of(Distances& distances) {
  std::vector<int>& fine = distances.fine;
  if (fine.empty()) return "";
  std::sort(fine.begin(), fine.end());
  const auto at = [&](std::size_t tenth) {
    return fine[std::min(fine.size() * tenth / 10, fine.size() - 1)];
  };
  return fmt::format("{:16} least {}, 10% {}, median {}, 90% {}, most {}\n", "  of 256, if <=8", fine.front(),
                     at(1), at(5), at(9), fine.back());
}

std::vector<int> distinct_distances(const Set& set) {
  std::vector<int> distances;
  for (std::size_t a = 0; a < set.hashes.size(); ++a) {
    for (std::size_t b = a + 1; b < set.hashes.size(); ++b) {
      distances.push_back(hamming_distance(set.hashes[a], set.hashes[b]));
    }
  }
  return distances;
}

std::string table_of(const Set& set) {
  std::string text = fmt::format("\n{}: {}\n{:16} {:>4} {:>4} {:>4} {:>4} {:>7} {:>7} {:>7} {:>7}\n",
                                 set.name, set.pictures.size(), "bits apart", "min", "p50", "p90", "max",
                                 "<=2 %", "<=4 %", "<=6 %", "<=8 %");
  for (const NamedTransform& transform : labelled_transforms()) {
    Distances distances;
    for (std::size_t i = 0; i < set.pictures.size(); ++i)
      add(distances, set, i, transform.apply(set.pictures[i]));
    text += line_of(transform.name, distances.coarse) + fine_of(distances);
  }
  return text + line_of("distinct", distinct_distances(set));
}

std::string stereo_table(const Set& set) {
  std::string text;
  for (const double share : {0.005, 0.01, 0.02, 0.04, 0.08}) {
    Distances distances;
    for (std::uint64_t seed = 0; seed < kScenes; ++seed)
      add(distances, set, seed, draw_scene({.seed = seed, .parallax_share = share}));
    text += line_of(fmt::format("stereo-{:.1f}%", 100 * share), distances.coarse) + fine_of(distances);
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const Set made_up = scenes();
  write_stdout(table_of(made_up) + stereo_table(made_up));
  if (argc > 1) write_stdout(table_of(photographs(argv[1])));
  return 0;
}
