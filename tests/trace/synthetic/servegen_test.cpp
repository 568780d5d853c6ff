// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/servegen.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "trace/synthetic/generate.h"
#include "trace/synthetic/statistics.h"
#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;

namespace {

// A folder of one client: two windows, lengths of two parts of the day.
void write_tables(const TempDir& folder) {
  write_text(
      folder / "chunk-3-trace.csv",
      "0,2.0,0.5,Gamma,4.0,0.12\n600,0,0,,0,0\n1200,1.5,1.1,Weibull,0.9,0.63\n1800,3.0,1.0,Gamma,1.0,0.1\n");
  const auto window = [](const char* text, const char* images, const char* tokens) {
    return nlohmann::ordered_json{{"text_tokens", text},
                                  {"output_tokens", "{5: 1.0}"},
                                  {"image_count", images},
                                  {"image_tokens", tokens},
                                  {"audio_tokens", "{0: 1.0}"}};
  };
  nlohmann::ordered_json document;
  document["0"] = window("{136: 0.25, 372: 0.75}", "{1: 0.5, 2: 0.5}", "{525: 0.2, 1196: 0.8}");
  document["1200"] = window("{10: 0.5, 20: 0.5}", "{0: 1.0}", "{0: 1.0}");
  write_text(folder / "chunk-3-dataset.json", document.dump());
}

std::string error_with(const std::string& file, const std::string& text) {
  const TempDir folder;
  write_tables(folder);
  write_text(folder / file, text);
  return error_of([&] { static_cast<void>(servegen_spec(folder.path().string(), {}, 1)); });
}

}  // namespace

TEST_CASE("tables become windows and histograms; the reuse model is in the spec") {
  const TempDir folder;
  write_tables(folder);
  const ReuseModel reuse{.open_sessions = 7, .near_share = 0.25};
  const GeneratorSpec spec = servegen_spec(folder.path().string(), reuse, 5);
  REQUIRE(spec.clients.size() == 1);
  const ClientSpec& client = spec.clients[0];
  CHECK(client.name == "chunk-3");
  REQUIRE(client.arrival.windows.size() == 3);
  CHECK(client.arrival.windows[0] ==
        ArrivalWindow{.start_s = 0, .end_s = 600, .requests = 1200, .gaps = {GapFamily::kGamma, 4.0, 0.12}});
  CHECK(client.arrival.windows[1].gaps.family == GapFamily::kWeibull);
  CHECK(client.arrival.windows[1].requests == 900);
  CHECK(client.open_sessions == 7);
  CHECK(client.images.near_share == 0.25);
  CHECK(client.session_kind == "budgeted");
  CHECK(client.lengths[1].start_s == 1200);
  CHECK(spec.seed == 5);
  CHECK(contains(spec.notes, "assumed"));
  CHECK(contains(describe(reuse), "7 sessions"));
  // The spec is complete: printing and reading it makes the same trace.
  CHECK(to_json(parse_spec(to_json(spec), "printed")) == to_json(spec));
}

TEST_CASE("requests of the tables have their lengths") {
  const TempDir folder;
  write_tables(folder);
  Generator generator(servegen_spec(folder.path().string(), {}, 5));
  Request request;
  std::uint64_t made = 0;
  while (generator.next(request)) {
    ++made;
    std::uint64_t tokens = 0;
    for (const Input& input : request.inputs) tokens += input.kind == InputKind::kText ? *input.tokens : 0;
    const bool later = request.arrival >= std::chrono::seconds(1200);
    REQUIRE((later ? tokens == 10 || tokens == 20 : tokens == 136 || tokens == 372));
  }
  CHECK(made == 1200 + 900 + 1800);
}

TEST_CASE("mistakes in the tables are named with file and line") {
  CHECK(contains(error_with("chunk-3-trace.csv", "0,1,1,Gamma,1,1\n600,1,1,Gama,1,1\n"),
                 "chunk-3-trace.csv:2: family"));
  CHECK(contains(error_with("chunk-3-trace.csv", "0,1,1\n600,1,1\n"), "chunk-3-trace.csv:1: 3 fields"));
  CHECK(contains(error_with("chunk-3-trace.csv", "0,nan,1,Gamma,1,1\n600,1,1,Gamma,1,1\n"), "rate 'nan'"));
  CHECK(contains(error_with("chunk-3-trace.csv", "0,1,1,Gamma,0,1\n600,1,1,Gamma,1,1\n"),
                 "shape or scale is 0"));
  CHECK(contains(error_with("chunk-3-trace.csv", "600,1,1,Gamma,1,1\n0,1,1,Gamma,1,1\n"), "out of order"));
  CHECK(contains(error_with("chunk-3-trace.csv", "0,0,0,,0,0\n600,0,0,,0,0\n"), "no client has a window"));
  CHECK(contains(error_with("chunk-3-dataset.json", "{"), "chunk-3-dataset.json:1"));
  CHECK(contains(error_with("chunk-3-dataset.json", "{\"0\": {}}"), "0.text_tokens: is missing"));
  CHECK(contains(error_with("chunk-3-dataset.json", "{\"0\": {\"text_tokens\": \"{1: x}\"}}"), "weight 'x'"));
  CHECK(contains(error_with("chunk-3-dataset.json", "{\"0\": {\"text_tokens\": \"1: 1\"}}"),
                 "is not {value: weight"));
  CHECK(contains(error_with("chunk-x-trace.csv", ""), "client number 'x'"));
  const TempDir empty;
  CHECK(contains(error_of([&] { static_cast<void>(servegen_spec(empty.path().string(), {}, 1)); }),
                 "no client table"));
  CHECK(contains(error_of([&] { static_cast<void>(servegen_spec(empty / "absent", {}, 1)); }), "absent"));
}
