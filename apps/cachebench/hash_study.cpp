// SPDX-License-Identifier: Apache-2.0
#include "hash_study.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cache/similarity/threshold.h"
#include "command.h"
#include "core/error.h"
#include "core/file.h"
#include "image/decode.h"
#include "image/scene.h"
#include "image/similarity_study.h"
#include "report/similarity_page.h"

namespace cachebench::app {
namespace {

using Json = nlohmann::ordered_json;
using image::SecondLook;
using image::StudyCurve;

// The other eye of a stereo pair: near things moved by this share of the width.
constexpr double kParallaxes[] = {0.005, 0.01, 0.02, 0.04};

void check(const StudyOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error(ErrorKind::kUsage, what); };
  if (!(options.least_precision > 0 && options.least_precision <= 1))
    refuse(fmt::format("--precision {}: above 0, up to 1", options.least_precision));
  if (options.fine_distance < 0 || options.fine_distance > kFineCodeBits)
    refuse(fmt::format("--confirm {}: from 0 to {} bits", options.fine_distance, kFineCodeBits));
  if (options.files.empty() && (options.scenes < 2 || options.scenes > 10'000))
    refuse(fmt::format("--scenes {}: from 2 to 10000", options.scenes));
  if (options.files.size() == 1)
    refuse("--study of one picture: give at least two, or none for made-up scenes");
}

image::SimilarityStudy studied(const StudyOptions& options) {
  image::SimilarityStudy study(options.fine_distance);
  for (const std::string& file : options.files) study.add(image::decode_file(file));
  for (std::uint64_t seed = 0; options.files.empty() && seed < options.scenes; ++seed) {
    std::vector<image::SimilarityStudy::View> views;
    for (const double share : kParallaxes) {
      views.push_back({.name = fmt::format("view-{}%", 100 * share),
                       .picture = image::draw_scene({.seed = seed, .parallax_share = share})});
    }
    study.add(image::draw_scene({.seed = seed}), views);
  }
  return study;
}

Json ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return nullptr;
  return static_cast<double>(part) / static_cast<double>(whole);
}

Json to_json(const image::Accepted& accepted, const StudyCurve& curve) {
  const std::optional<double> precision = accepted.precision();
  return {{"right", accepted.right},
          {"wrong", accepted.wrong},
          {"precision", precision ? Json(*precision) : Json(nullptr)},
          {"recall", ratio(accepted.right, curve.with_original)}};
}

Json point_json(const StudyCurve& curve, int distance) {
  const image::StudyPoint& point = curve.points[static_cast<std::size_t>(distance)];
  return {{"max_distance", distance},
          {"threshold", cache::similarity_of(distance)},
          {"plain", to_json(point.plain, curve)},
          {"confirmed", to_json(point.confirmed, curve)}};
}

Json to_json(const StudyCurve& curve) {
  Json points = Json::array();
  for (int distance = 0; distance <= image::kMostStudied; ++distance)
    points.push_back(point_json(curve, distance));
  return {{"name", curve.name},
          {"sort", image::name_of(curve.sort)},
          {"queries_with_original", curve.with_original},
          {"queries_without_original", curve.without_original},
          {"points", std::move(points)}};
}

Json chosen_json(const StudyCurve& curve, double least, SecondLook look) {
  const std::optional<int> distance = image::largest_distance(curve, least, look);
  if (!distance) return nullptr;
  const image::StudyPoint& point = curve.points[static_cast<std::size_t>(*distance)];
  Json json = to_json(look == SecondLook::kYes ? point.confirmed : point.plain, curve);
  json["max_distance"] = *distance;
  json["threshold"] = cache::similarity_of(*distance);
  return json;
}

Json document_of(const StudyOptions& options, const std::vector<StudyCurve>& curves, std::size_t pictures) {
  Json document{{"schema", "cachebench/similarity-study"},
                {"schema_version", "1.0"},
                {"source", options.files.empty() ? "made-up scenes" : "files"},
                {"pictures", pictures},
                {"files", options.files},
                {"least_precision", options.least_precision},
                {"fine_distance", options.fine_distance},
                {"fine_bits", kFineCodeBits},
                {"chosen", Json::array()},
                {"curves", Json::array()}};
  for (const StudyCurve& curve : curves) {
    document["curves"].push_back(to_json(curve));
    if (curve.sort != image::QuerySort::kPooled) continue;
    document["chosen"].push_back(
        {{"over", curve.name},
         {"plain", chosen_json(curve, options.least_precision, SecondLook::kNo)},
         {"confirmed", chosen_json(curve, options.least_precision, SecondLook::kYes)}});
  }
  return document;
}

std::string percent(const Json& value) {
  return value.is_null() ? "–" : fmt::format("{:.1f}", 100 * value.get<double>());
}

std::string chosen_line(const Json& chosen, const char* look, const std::string& over) {
  if (chosen.is_null()) return fmt::format("{:22} {:18} none reaches it\n", over, look);
  return fmt::format(
      "{:22} {:18} {:>2} bits, threshold {:.5f}: precision {}%, recall {}%, false accepts {}\n", over, look,
      chosen["max_distance"].get<int>(), chosen["threshold"].get<double>(), percent(chosen["precision"]),
      percent(chosen["recall"]), chosen["wrong"].get<std::uint64_t>());
}

// Right and wrong answers at a few distances, then the threshold.
std::string table_of(const Json& document) {
  constexpr int kShown[] = {0, 2, 4, 6, 8};
  std::string text = fmt::format("{} {}, each altered in every way and looked up among all\n\n{:22}",
                                 document["pictures"].get<std::uint64_t>(),
                                 document["source"].get<std::string>(), "recall % / false accepts");
  for (const int distance : kShown) text += fmt::format(" {:>11}", fmt::format("<={} bits", distance));
  text += fmt::format(" {:>14}\n", "<=8, 2nd look");
  for (const Json& curve : document["curves"]) {
    text += fmt::format("{:24}", curve["name"].get<std::string>());
    const auto cell = [](const Json& accepted) {
      return fmt::format("{:>5} /{:>4}", percent(accepted["recall"]), accepted["wrong"].get<std::uint64_t>());
    };
    for (const int distance : kShown)
      text += " " + cell(curve["points"][static_cast<std::size_t>(distance)]["plain"]);
    text += "    " + cell(curve["points"][8]["confirmed"]) + "\n";
  }
  text += fmt::format("\nlargest distance with a precision of {}%\n",
                      100 * document["least_precision"].get<double>());
  for (const Json& chosen : document["chosen"]) {
    const std::string over = chosen["over"].get<std::string>();
    text += chosen_line(chosen["plain"], "by phash alone", over);
    text += chosen_line(chosen["confirmed"], "with a second look", over);
  }
  return text;
}

}  // namespace

int run_study(const StudyOptions& options) {
  check(options);
  const image::SimilarityStudy study = studied(options);
  const Json document = document_of(options, study.curves(), study.pictures());
  if (!options.html.empty()) write_file(options.html, report::similarity_page(document));
  // A path may hold any byte; a document may not.
  write_stdout(options.json ? document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                            : table_of(document));
  return kExitOk;
}

}  // namespace cachebench::app
