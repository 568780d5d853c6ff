// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/servegen.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "trace/byte_source.h"
#include "trace/fields.h"
#include "trace/line_reader.h"

namespace cachebench::trace {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using Weights = std::vector<std::pair<std::uint64_t, double>>;

constexpr double kUsualWindow = 600;
constexpr std::size_t kColumns = 6;

// A window as its line gives it; `end_s` is known once the next line is.
std::optional<ArrivalWindow> parse_window(std::string_view line, double window_s) {
  std::array<std::string_view, kColumns> fields;
  const std::size_t count = split_fields(line, fields);
  if (count != kColumns)
    throw Error(ErrorKind::kInput, fmt::format("{} fields, expected {}", count, kColumns));
  ArrivalWindow window;
  window.start_s = parse_real(fields[0], "window start");
  window.end_s = window.start_s + window_s;
  const double requests = parse_real(fields[1], "rate") * window_s;
  if (requests > 1e9) throw Error(ErrorKind::kInput, "rate is too large");
  window.requests = static_cast<std::uint64_t>(std::floor(requests + 0.5));
  if (window.requests == 0 || fields[3].empty()) return std::nullopt;
  if (fields[3] != "Gamma" && fields[3] != "Weibull") {
    throw Error(ErrorKind::kInput, fmt::format("family '{}' is neither Gamma nor Weibull", fields[3]));
  }
  window.gaps.family = fields[3] == "Gamma" ? GapFamily::kGamma : GapFamily::kWeibull;
  window.gaps.shape = parse_real(fields[4], "shape");
  window.gaps.scale_s = parse_real(fields[5], "scale");
  if (!(window.gaps.shape > 0 && window.gaps.scale_s > 0))
    throw Error(ErrorKind::kInput, "shape or scale is 0");
  return window;
}

// The distance of the first two lines; all windows of a table have it.
double window_length(const std::string& path) {
  const auto source = open_source(path);
  LineReader lines(*source);
  std::string_view line;
  std::array<double, 2> starts{};
  for (double& start : starts) {
    std::array<std::string_view, 1> field;
    if (!lines.next(line)) return kUsualWindow;
    split_fields(line, field);
    try {
      start = parse_real(field[0], "window start");
    } catch (const Error& error) {
      throw Error(ErrorKind::kInput, fmt::format("{}:{}: {}", path, lines.number(), error.what()));
    }
  }
  if (starts[1] <= starts[0]) throw Error(ErrorKind::kInput, path + ":2: windows are out of order");
  return starts[1] - starts[0];
}

Arrival read_windows(const std::string& path) {
  const double window_s = window_length(path);
  const auto source = open_source(path);
  LineReader lines(*source);
  Arrival arrival;
  std::string_view line;
  while (lines.next(line)) {
    try {
      const std::optional<ArrivalWindow> window = parse_window(line, window_s);
      if (!window) continue;
      if (!arrival.windows.empty() && window->start_s < arrival.windows.back().end_s) {
        throw Error(ErrorKind::kInput, "windows overlap or are out of order");
      }
      arrival.windows.push_back(*window);
    } catch (const Error& error) {
      throw Error(ErrorKind::kInput, fmt::format("{}:{}: {}", path, lines.number(), error.what()));
    }
  }
  return arrival;
}

// "{136: 0.25, 372: 0.75}"
Weights parse_histogram(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
    throw Error(ErrorKind::kInput, "is not {value: weight, …}");
  }
  text = text.substr(1, text.size() - 2);
  Weights weights;
  double sum = 0;
  while (!trimmed(text).empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) throw Error(ErrorKind::kInput, "is not {value: weight, …}");
    weights.emplace_back(parse_count(trimmed(item.substr(0, colon)), "value"),
                         parse_real(trimmed(item.substr(colon + 1)), "weight"));
    sum += weights.back().second;
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  if (!(sum > 0)) throw Error(ErrorKind::kInput, "has no weight");
  return weights;
}

Weights histogram_at(const ordered_json& window, const char* key, const std::string& where) {
  const auto found = window.find(key);
  if (found == window.end() || !found->is_string()) {
    throw Error(ErrorKind::kInput, fmt::format("{}.{}: is missing or not a string", where, key));
  }
  try {
    return parse_histogram(found->get_ref<const std::string&>());
  } catch (const Error& error) {
    throw Error(ErrorKind::kInput, fmt::format("{}.{}: {}", where, key, error.what()));
  }
}

std::vector<Lengths> read_lengths(const std::string& path) {
  const ordered_json document = read_json_file(path, ErrorKind::kInput);
  if (!document.is_object() || document.empty()) throw Error(ErrorKind::kInput, path + ": holds no windows");
  std::vector<Lengths> result;
  for (const auto& [start, window] : document.items()) {
    const std::string where = path + ": " + start;
    Lengths lengths;
    try {
      lengths.start_s = static_cast<double>(parse_count(start, "window start"));
    } catch (const Error& error) {
      throw Error(ErrorKind::kInput, where + ": " + error.what());
    }
    if (!window.is_object()) throw Error(ErrorKind::kInput, where + ": is not an object");
    lengths.text_tokens = Distribution::histogram(histogram_at(window, "text_tokens", where));
    lengths.output_tokens = Distribution::histogram(histogram_at(window, "output_tokens", where));
    lengths.image_count = Distribution::histogram(histogram_at(window, "image_count", where));
    lengths.image_tokens = Distribution::histogram(histogram_at(window, "image_tokens", where));
    result.push_back(std::move(lengths));
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  // What comes before the first window has its lengths.
  result.front().start_s = 0;
  return result;
}

// Client numbers of a folder, in order.
std::vector<std::uint64_t> clients_in(const std::string& folder) {
  constexpr std::string_view kPrefix = "chunk-";
  constexpr std::string_view kSuffix = "-trace.csv";
  std::error_code failed;
  std::vector<std::uint64_t> numbers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const std::string_view digits =
        std::string_view(name).substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
    try {
      numbers.push_back(parse_count(digits, "client number"));
    } catch (const Error& error) {
      throw Error(ErrorKind::kInput, entry.path().string() + ": " + error.what());
    }
  }
  if (failed) throw system_error(ErrorKind::kInput, folder, failed.value());
  if (numbers.empty()) throw Error(ErrorKind::kInput, folder + ": holds no client table chunk-N-trace.csv");
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

std::string describe(const ReuseModel& reuse) {
  return fmt::format(
      "Reuse model (assumed, the tables hold no identities): a client keeps {} sessions open, of {} turns on "
      "average (geometric); {:.0f}% of later turns send the session's earlier content again within their "
      "total; of "
      "new images {:.0f}% come from a catalogue of {} per client and size (Zipf {}), {:.0f}% are "
      "near-duplicates "
      "of the one before (perceptual hash up to {} bits away), the rest are new.",
      reuse.open_sessions, reuse.mean_turns, reuse.resend_share * 100, reuse.shared_share * 100,
      reuse.shared_objects, reuse.shared_alpha, reuse.near_share * 100, reuse.near_max_bits);
}

GeneratorSpec servegen_spec(const std::string& folder, const ReuseModel& reuse, std::uint64_t seed) {
  GeneratorSpec spec;
  fs::path named = fs::path(folder).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();  // "tables/"
  const std::string name = named.filename().string();
  spec.name = name.starts_with("servegen") ? name : "servegen-" + name;
  spec.source = "ServeGen client tables (alibaba/ServeGen): times and lengths; content is modelled";
  spec.license = "Apache-2.0";
  spec.notes = describe(reuse);
  spec.seed = seed;
  const ordered_json session{{"kind", "budgeted"}, {"resend_share", reuse.resend_share}};
  const ordered_json turns{{"geometric", {{"mean", reuse.mean_turns}}}};
  for (const std::uint64_t number : clients_in(folder)) {
    const std::string base = (fs::path(folder) / fmt::format("chunk-{}", number)).string();
    ClientSpec client;
    client.name = fmt::format("chunk-{}", number);
    client.arrival = read_windows(base + "-trace.csv");
    client.lengths = read_lengths(base + "-dataset.json");
    client.open_sessions = reuse.open_sessions;
    client.turns = Distribution::parse(turns, "turns");
    client.images.shared_share = reuse.shared_share;
    client.images.shared_objects = reuse.shared_objects;
    client.images.shared_alpha = reuse.shared_alpha;
    client.images.near_share = reuse.near_share;
    client.images.near_max_bits = reuse.near_max_bits;
    client.session_kind = "budgeted";
    client.session_text = session.dump();
    if (!client.arrival.windows.empty()) spec.clients.push_back(std::move(client));
  }
  if (spec.clients.empty()) throw Error(ErrorKind::kInput, folder + ": no client has a window with requests");
  return spec;
}

}  // namespace cachebench::trace
