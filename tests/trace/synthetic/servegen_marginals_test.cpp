// SPDX-License-Identifier: Apache-2.0
// What comes out of the recorded client tables is distributed as they say: arrivals, tokens, images.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "trace/synthetic/generate.h"
#include "trace/synthetic/servegen.h"
#include "trace/synthetic/statistics.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

// Arrivals are whole microseconds: gaps of the burstiest clients are mostly shorter.
constexpr double kTick = 1e-6;
constexpr std::size_t kFewest = 200;  // samples below which a comparison says nothing

// The tables, read a second time without the code under test.
struct Window {
  double start = 0;
  double rate = 0;
  std::string family;
  double shape = 0;
  double scale = 0;
};

std::vector<Window> windows_of(const std::string& path) {
  std::vector<Window> windows;
  std::istringstream lines(read_text(path));
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::vector<std::string> words(6);
    for (std::string& word : words) std::getline(fields, word, ',');
    windows.push_back(
        {std::stod(words[0]), std::stod(words[1]), words[3], std::stod(words[4]), std::stod(words[5])});
  }
  return windows;
}

using Weights = std::map<std::uint64_t, double>;

Weights weights_of(const std::string& text) {
  Weights weights;
  std::istringstream in(text);
  char c = 0;
  in >> c;
  std::uint64_t value = 0;
  double weight = 0;
  while (in >> value >> c >> weight >> c) weights[value] = weight;
  return weights;
}

// One client's requests of the whole day.
struct Client {
  std::vector<Window> windows;
  std::map<std::uint64_t, std::map<std::string, Weights>> lengths;
  std::vector<Request> requests;

  [[nodiscard]] std::uint64_t phase_of(const Request& request) const {
    const auto second = static_cast<std::uint64_t>(request.arrival.count() / 1'000'000'000);
    return std::prev(lengths.upper_bound(second))->first;
  }
};

Client load(const std::string& folder, int number, const GeneratorSpec& all) {
  Client client;
  const std::string base = folder + "/chunk-" + std::to_string(number);
  client.windows = windows_of(base + "-trace.csv");
  const auto document = nlohmann::json::parse(read_text(base + "-dataset.json"));
  for (const auto& [start, tables] : document.items()) {
    for (const char* name : {"text_tokens", "output_tokens", "image_count", "image_tokens"}) {
      client.lengths[std::stoull(start)][name] = weights_of(tables[name].get<std::string>());
    }
  }
  GeneratorSpec spec = all;
  std::erase_if(spec.clients,
                [&](const ClientSpec& c) { return c.name != "chunk-" + std::to_string(number); });
  if (spec.clients.empty()) return client;
  Generator generator(std::move(spec));
  Request request;
  while (generator.next(request)) client.requests.push_back(request);
  return client;
}

double seconds(const Request& request) {
  return static_cast<double>(request.arrival.count()) * 1e-9;
}

struct Compared {
  int samples = 0;
  int beyond = 0;  ///< farther from the table than one in 10,000 would be
  void add(double distance, double effective, const std::string& what) {
    ++samples;
    if (distance <= ks_limit(effective)) return;
    ++beyond;
    MESSAGE(what << ": distance " << distance << ", limit " << ks_limit(effective));
  }
};

// `stretch` other than 1 spoils the comparison on purpose.
void compare_gaps(const Client& client, double stretch, Compared& out) {
  for (const Window& window : client.windows) {
    std::vector<double> gaps;
    for (std::size_t i = 1; i < client.requests.size(); ++i) {
      const double before = seconds(client.requests[i - 1]);
      if (before >= window.start && seconds(client.requests[i]) < window.start + 600) {
        gaps.push_back((seconds(client.requests[i]) - before) * stretch);
      }
    }
    if (gaps.size() < kFewest) continue;
    const bool gamma = window.family == "Gamma";
    const double mean = window.scale * (gamma ? window.shape : std::tgamma(1 + 1 / window.shape));
    // Gaps too long for their window were scaled so that the rate holds.
    const double scale = window.scale * std::min(1.0, 1 / (window.rate * mean));
    const double distance = ks_distance_rounded(gaps, kTick, [&](double x) {
      return gamma ? gamma_cdf(window.shape, x / scale) : weibull_cdf(window.shape, x / scale);
    });
    out.add(distance, static_cast<double>(gaps.size()), "gaps from " + std::to_string(window.start));
  }
}

struct Samples {
  std::vector<std::uint64_t> text;
  std::vector<std::uint64_t> output;
  std::vector<std::uint64_t> images;
  std::vector<std::uint64_t> image_tokens;
  std::map<std::string, int> distinct_images;
};

void compare_lengths(const Client& client, std::uint64_t shift, Compared& out) {
  std::map<std::uint64_t, Samples> phases;
  for (const Request& request : client.requests) {
    Samples& samples = phases[client.phase_of(request)];
    std::uint64_t text = 0;
    std::uint64_t images = 0;
    for (const Input& input : request.inputs) {
      if (input.kind == InputKind::kText) text += *input.tokens;
      if (input.kind != InputKind::kImage) continue;
      ++images;
      samples.image_tokens.push_back(*input.tokens + shift);
      ++samples.distinct_images[input.hash];
    }
    samples.text.push_back(text + shift);
    samples.images.push_back(images + shift);
    samples.output.push_back(*request.output_tokens + shift);
  }
  for (const auto& [phase, samples] : phases) {
    const auto& tables = client.lengths.at(phase);
    const auto size = static_cast<double>(samples.text.size());
    if (samples.text.size() < kFewest) continue;
    const std::string at = " from " + std::to_string(phase);
    out.add(ks_distance(samples.text, tables.at("text_tokens")), size, "text tokens" + at);
    out.add(ks_distance(samples.output, tables.at("output_tokens")), size, "output tokens" + at);
    out.add(ks_distance(samples.images, tables.at("image_count")), size, "image count" + at);
    if (samples.distinct_images.size() < kFewest) continue;
    // An image that is sent several times is one draw: Kish's effective size of such a sample.
    double sum = 0;
    double squares = 0;
    for (const auto& [hash, count] : samples.distinct_images) {
      sum += count;
      squares += static_cast<double>(count) * count;
    }
    out.add(ks_distance(samples.image_tokens, tables.at("image_tokens")), sum * sum / squares,
            "image tokens" + at);
  }
}

}  // namespace

TEST_CASE("generated marginals match the client tables, by Kolmogorov and Smirnov's measure") {
  const std::string folder = recording("servegen-mm-image");
  if (folder.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  const GeneratorSpec spec = servegen_spec(folder, {}, 1);
  Compared gaps;
  Compared lengths;
  for (int number = 0; number < 35; number += 2) {
    const Client client = load(folder, number, spec);
    compare_gaps(client, 1, gaps);
    compare_lengths(client, 0, lengths);
    double expected = 0;
    for (const Window& window : client.windows) expected += std::round(window.rate * 600);
    CHECK(static_cast<double>(client.requests.size()) == expected);
  }
  CHECK(gaps.samples > 300);
  CHECK(lengths.samples > 50);
  // One in 10,000 by chance: among some hundreds, one may be.
  CHECK(gaps.beyond <= 1);
  CHECK(lengths.beyond <= 1);
}

TEST_CASE("the comparison fails for gaps twice too long and lengths 40 off") {
  const std::string folder = recording("servegen-mm-image");
  if (folder.empty()) {
    MESSAGE("skipped: no recorded traces beside the project");
    return;
  }
  const Client client = load(folder, 12, servegen_spec(folder, {}, 1));
  Compared gaps;
  Compared lengths;
  compare_gaps(client, 2, gaps);
  compare_lengths(client, 40, lengths);
  CHECK(gaps.beyond * 3 > gaps.samples);
  CHECK(lengths.beyond * 2 > lengths.samples);
}
