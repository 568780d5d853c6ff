// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cache/similarity/similarity_index.h"
#include "cache/similarity/threshold.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hamming.h"
#include "core/hash.h"
#include "core/picture_structure.h"
#include "hash_study.h"
#include "image/decode.h"
#include "image/phash.h"
#include "model/geometry.h"

namespace cachebench::app {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string geometry = "2b";
  bool pairs = false;
  bool study = false;
  StudyOptions studied;
  bool json = false;
};

/// What the caches see of one picture.
struct Item {
  std::string file;
  std::string sha256;
  std::uint64_t phash = 0;
  FineCode fine{};
  image::Size size;
  std::uint64_t visual_tokens = 0;
  std::uint64_t bytes = 0;
};

struct Pair {
  std::size_t a = 0;
  std::size_t b = 0;
  int hamming = 0;
  int fine = 0;
  bool is_same_file = false;
  bool is_featureless = false;  ///< one of them, hence nothing to tell it by
};

// At which pairs count as alike by default.
constexpr double kThreshold = 0.9;

bool is_within_threshold(const Pair& pair) {
  return pair.hamming <= cache::max_distance_of(kThreshold);
}

/// Whether a cache that asks for a second look serves one of them for the other.
bool is_confirmed(const Pair& pair) {
  return is_within_threshold(pair) && pair.fine <= cache::kCopyFineDistance && !pair.is_featureless;
}

/// What a second look makes of a pair.
const char* look_of(const Pair& pair) {
  if (pair.is_same_file) return "same";
  if (!is_within_threshold(pair)) return "distinct";
  return is_confirmed(pair) ? "copy" : "unsure";
}

std::uint64_t visual_tokens(const model::Geometry& geometry, const std::string& file, image::Size size) {
  try {
    return geometry.grid_of(size.width, size.height).visual_tokens;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file, error.what()));
  }
}

Item hash_file(const model::Geometry& geometry, const std::string& path) {
  const MappedFile file(path);
  const image::Source source{.name = path, .bytes = file.bytes()};
  // Before anything is decoded: a shape that the model refuses needs no memory.
  const std::uint64_t tokens = visual_tokens(geometry, path, image::inspect(source).size);
  const image::Image picture = image::decode(source);
  Sha256 digest;
  digest.update(file.bytes());
  return {.file = path,
          .sha256 = digest.hex(),
          .phash = image::phash(picture),
          .fine = image::fine_phash(picture),
          .size = picture.size(),
          .visual_tokens = tokens,
          .bytes = file.bytes().size()};
}

std::vector<Pair> all_pairs(const std::vector<Item>& items) {
  std::vector<Pair> pairs;
  pairs.reserve(items.size() * (items.size() - 1) / 2);
  for (std::size_t a = 0; a < items.size(); ++a) {
    for (std::size_t b = a + 1; b < items.size(); ++b) {
      pairs.push_back({.a = a,
                       .b = b,
                       .hamming = hamming_distance(items[a].phash, items[b].phash),
                       .fine = hamming_distance(items[a].fine, items[b].fine),
                       .is_same_file = items[a].sha256 == items[b].sha256,
                       .is_featureless = !has_structure(items[a].fine) || !has_structure(items[b].fine)});
    }
  }
  return pairs;
}

std::string document(const std::vector<Item>& items, const std::vector<Pair>* pairs) {
  nlohmann::ordered_json out{{"items", nlohmann::ordered_json::array()}};
  for (const Item& item : items) {
    out["items"].push_back({{"file", item.file},
                            {"sha256", item.sha256},
                            {"phash", to_hex(item.phash)},
                            {"has_structure", has_structure(item.fine)},
                            {"width", item.size.width},
                            {"height", item.size.height},
                            {"visual_tokens", item.visual_tokens},
                            {"bytes", item.bytes}});
  }
  if (pairs != nullptr) {
    out["default_threshold"] = {{"similarity", kThreshold},
                                {"bits", cache::max_distance_of(kThreshold)},
                                {"fine_bits", cache::kCopyFineDistance}};
    auto& list = out["pairs"] = nlohmann::ordered_json::array();
    for (const Pair& pair : *pairs) {
      list.push_back({{"a", items[pair.a].file},
                      {"b", items[pair.b].file},
                      {"hamming", pair.hamming},
                      {"similarity", cache::similarity_of(pair.hamming)},
                      {"fine_hamming", pair.fine},
                      {"look", look_of(pair)},
                      {"within_default_threshold", is_within_threshold(pair)},
                      {"second_look_accepts", is_confirmed(pair)}});
    }
  }
  // A path may hold any byte; a document may not.
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

// One line for each pair that a cache with the default threshold serves for one another.
std::string within_threshold(const std::vector<Item>& items, const std::vector<Pair>& pairs) {
  constexpr std::size_t kMost = 20;
  std::string text;
  std::size_t named = 0;
  for (const Pair& pair : pairs) {
    if (!is_within_threshold(pair) || pair.is_same_file) continue;
    if (++named > kMost) continue;
    text += fmt::format("  {} and {}: {} bits; a second look ({} of 256) {}\n", items[pair.a].file,
                        items[pair.b].file, pair.hamming, pair.fine,
                        is_confirmed(pair) ? "accepts them too" : "refuses");
  }
  if (named > kMost) text += fmt::format("  and {} pairs more\n", named - kMost);
  if (text.empty()) return "\nNo two different files lie within the default threshold.\n";
  return fmt::format(
             "\nWithin the default threshold ({}, {} bits) a similar hit answers one with what was computed "
             "for "
             "the\nother. A second look (multimodal.similarity.confirm) allows at most {} of 256 finer "
             "bits:\n",
             kThreshold, cache::max_distance_of(kThreshold), cache::kCopyFineDistance) +
         text;
}

// Pairs so near are where a threshold decides; what it cannot decide is said beside them.
std::string advice_on(const std::vector<Item>& items, const std::vector<Pair>& pairs) {
  constexpr int kNear = 8;
  const bool any_near =
      std::any_of(pairs.begin(), pairs.end(), [](const Pair& p) { return p.hamming <= kNear; });
  if (!any_near) return {};
  std::string text = within_threshold(items, pairs);
  text += fmt::format(
      "\nUp to {} bits of 64 count as alike at a threshold of {}. Copies lie there, and so do two views of "
      "one\n"
      "scene (a stereo pair, neighbouring frames): no threshold tells these apart, see docs/similarity.md.\n",
      cache::max_distance_of(kThreshold), kThreshold);
  const auto unsure = std::count_if(pairs.begin(), pairs.end(),
                                    [](const Pair& p) { return look_of(p) == std::string_view("unsure"); });
  if (unsure == 0) return text;
  return text +
         fmt::format(
             "{} {} unsure: more than {} of 256 finer bits differ, or there is too little structure to "
             "tell.\n"
             "It may be a cropped, turned or marked copy, or other content, and a similar hit would answer\n"
             "one with what was computed for the other.\n",
             unsure, unsure == 1 ? "is" : "are", cache::kCopyFineDistance);
}

std::string table(const std::vector<Item>& items, std::vector<Pair> pairs) {
  std::string text = fmt::format("{:16}  {:>11}  {:>13}  {:>10}  {:16}  {}\n", "phash", "pixels",
                                 "visual tokens", "bytes", "sha256", "file");
  for (const Item& item : items) {
    text += fmt::format("{}  {:>11}  {:>13}  {:>10}  {}  {}\n", to_hex(item.phash),
                        fmt::format("{}x{}", item.size.width, item.size.height), item.visual_tokens,
                        item.bytes, item.sha256.substr(0, 16), item.file);
  }
  if (pairs.empty()) return text;
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& x, const Pair& y) { return x.hamming < y.hamming; });
  text += "\nbits apart, of 64  of 256  look\n";
  for (const Pair& pair : pairs) {
    text += fmt::format("{:>17}  {:>6}  {:8}  {}  {}\n", pair.hamming, pair.fine, look_of(pair),
                        items[pair.a].file, items[pair.b].file);
  }
  return text + advice_on(items, pairs);
}

int run(const Options& options) {
  if (options.study) {
    if (options.pairs) throw Error(ErrorKind::kUsage, "--pairs and --study are two questions: ask one");
    StudyOptions study = options.studied;
    study.files = options.files;
    study.json = options.json;
    return run_study(study);
  }
  if (options.files.empty()) throw Error(ErrorKind::kUsage, "hash: which pictures? Name PNG or JPEG files");
  const model::Geometry geometry = model::geometry_named(options.geometry);
  std::vector<Item> items;
  for (const std::string& file : options.files) items.push_back(hash_file(geometry, file));
  std::vector<Pair> pairs;
  if (options.pairs) pairs = all_pairs(items);
  write_stdout(options.json ? document(items, options.pairs ? &pairs : nullptr)
                            : table(items, std::move(pairs)));
  return kExitOk;
}

void add(CLI::App& parent, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand(
      "hash", "What the caches see of a picture: digest, perceptual hash, visual tokens");
  command->add_option("file", options->files, "Pictures, PNG or JPEG")->type_name("FILE");
  command->add_flag("--pairs", options->pairs, "Also how many bits each two of them are apart");
  CLI::Option* study = command->add_flag(
      "--study", options->study,
      "How well similarity tells altered copies of these pictures (or of made-up scenes) from other content");
  command->add_option("--html", options->studied.html, "Also a page with the precision-recall curve")
      ->type_name("FILE")
      ->needs(study);
  command
      ->add_option("--precision", options->studied.least_precision,
                   "Least precision of the threshold it names")
      ->capture_default_str()
      ->needs(study);
  command
      ->add_option("--confirm", options->studied.fine_distance,
                   "Bits of 256 that may differ in its second look")
      ->capture_default_str()
      ->needs(study);
  command->add_option("--scenes", options->studied.scenes, "Made-up scenes, where no file is given")
      ->capture_default_str()
      ->needs(study);
  command->add_option("--geometry", options->geometry, "Model whose tokens are counted")
      ->capture_default_str();
  command->add_flag("--json", options->json, "One JSON document on standard output");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

CACHEBENCH_REGISTER(CommandDescriptor, {.name = "hash", .order = 66, .add = add});

}  // namespace
}  // namespace cachebench::app
