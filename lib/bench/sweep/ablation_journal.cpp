// SPDX-License-Identifier: Apache-2.0
#include "bench/sweep/ablation_journal.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/json_file.h"
#include "result/json_reader.h"
#include "result/pipeline_json.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string identity_of(const std::vector<AblationVariant>& variants) {
  Hasher128 hasher;
  for (const AblationVariant& variant : variants) {
    const std::string text = variant.name + to_json(variant.config).dump();
    hasher.update(std::as_bytes(std::span(text)));
  }
  return hasher.hex();
}

AblationRound round_of(const result::JsonReader& line) {
  AblationRound round;
  line.each("results",
            [&](const result::JsonReader& item) { round.push_back(result::pipeline_from_json(item)); });
  return round;
}

/// Lines of a file with a line end, without it; what follows the last one was cut short.
std::vector<std::string> whole_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw Error(ErrorKind::kInput, path + ": cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line) && !file.eof();) lines.push_back(line);
  return lines;
}

}  // namespace

AblationJournal::AblationJournal(std::string path, const std::vector<AblationVariant>& variants)
    : path_(std::move(path)), identity_(identity_of(variants)) {
  if (path_.empty() || !std::filesystem::exists(path_)) return;
  std::uintmax_t whole = 0;
  for (const std::string& text : whole_lines(path_)) {
    const std::string where = fmt::format("{}:{}", path_, rounds_.size() + 1);
    const Json json = parse_json(text, where, ErrorKind::kInput);
    const result::JsonReader line(json, where);
    if (line.text("experiments") != identity_)
      throw Error(ErrorKind::kUsage, where + ": a round of other experiments; name another file");
    AblationRound round = round_of(line);
    if (round.size() != variants.size())
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: {} results of {}", where, round.size(), variants.size()));
    rounds_.push_back(std::move(round));
    whole += text.size() + 1;
  }
  std::error_code failed;
  if (whole < std::filesystem::file_size(path_)) std::filesystem::resize_file(path_, whole, failed);
  if (failed) throw Error(ErrorKind::kEnvironment, fmt::format("{}: {}", path_, failed.message()));
}

void AblationJournal::add(const AblationRound& round) const {
  if (path_.empty()) return;
  Json line{{"experiments", identity_}, {"results", Json::array()}};
  for (const result::Pipeline& one : round) line["results"].push_back(result::pipeline_to_json(one));
  std::ofstream file(path_, std::ios::app | std::ios::binary);
  file << line.dump() << '\n';
  file.flush();
  if (!file) throw Error(ErrorKind::kEnvironment, path_ + ": cannot be written");
}

}  // namespace cachebench::bench
