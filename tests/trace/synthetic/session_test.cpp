// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/session.h"

#include <doctest/doctest.h>

#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "trace/trace_helpers.h"

using namespace cachebench;
using namespace cachebench::testing;
using namespace cachebench::trace;
using nlohmann::ordered_json;

namespace {

// One client's surroundings, to drive sessions of a kind by hand.
class Bench {
 public:
  Bench(const std::string& session, const Lengths& lengths, const ImageSpec& images = {})
      : lengths_(lengths), spec_(images), value_(ordered_json::parse(session)) {
    SpecObject object(value_, "session");
    kind_ = make_session_kind(object.text("kind"), object);
  }
  std::unique_ptr<Session> start() {
    Turn turn = next_turn(1);
    return kind_->start(turn);
  }
  Request ask(Session& session, std::uint32_t number) {
    Turn turn = next_turn(number);
    Request request;
    session.next(turn, request);
    return request;
  }

 private:
  Turn next_turn(std::uint32_t number) {
    return {.rng = rng_, .mint = mint_, .lengths = lengths_, .images = images_, .number = number};
  }
  Lengths lengths_;
  ImageSpec spec_;
  ordered_json value_;
  Rng rng_{3};
  ContentMint mint_{1, "client"};
  ImageSource images_{spec_, mint_};
  std::unique_ptr<SessionKind> kind_;
};

Lengths lengths_of(std::uint64_t text, std::uint64_t output, std::uint64_t images) {
  return {.start_s = 0,
          .text_tokens = Distribution(text),
          .output_tokens = Distribution(output),
          .image_count = Distribution(images),
          .image_tokens = {}};
}

bool starts_with(const std::vector<Input>& whole, const std::vector<Input>& part) {
  return whole.size() >= part.size() && std::equal(part.begin(), part.end(), whole.begin());
}

std::uint64_t text_tokens(const Request& request) {
  std::uint64_t sum = 0;
  for (const Input& input : request.inputs) sum += input.kind == InputKind::kText ? *input.tokens : 0;
  return sum;
}

std::string error_for(const std::string& session) {
  return error_of([&] { Bench(session, lengths_of(1, 1, 0)); });
}

}  // namespace

TEST_CASE("near-duplicates: pictures have codes for a second look where the spec asks for them") {
  Bench bench(R"({"kind": "near-duplicates",
    "pictures": {"objects": 2, "alpha": 0, "copies": {"share": 0.5, "count": 2, "bits": 2, "fine_bits": 6},
                 "look_alikes": {"share": 0.5, "count": 1, "bits": 4, "fine_bits": {"2": 40, "5": 7}}},
    "questions": {"objects": 1}})",
              lengths_of(10, 20, 0));
  const auto session = bench.start();
  std::map<std::string, Input> seen;
  for (std::uint32_t turn = 1; turn <= 200; ++turn) {
    const Request request = bench.ask(*session, turn);
    seen.emplace(request.inputs[0].hash, request.inputs[0]);
    CHECK(!request.inputs[1].phash_fine);
  }
  CHECK(seen.size() == 12);
  int look_alikes = 0;
  for (const auto& [hash, input] : seen) {
    REQUIRE(input.phash_fine.has_value());
    CHECK(hamming_distance(*input.phash_fine, FineCode{}) == 128);
    if (!input.copy_of.empty())
      CHECK(hamming_distance(*input.phash_fine, *seen.at(input.copy_of).phash_fine) == 6);
    for (const auto& [other_hash, other] : seen) {
      if (!input.copy_of.empty() || !other.copy_of.empty()) continue;
      if (hamming_distance(*input.phash_fine, *other.phash_fine) == 40) ++look_alikes;
    }
  }
  CHECK(look_alikes == 4);  // two pairs, each seen from both sides
}

TEST_CASE("near-duplicates: copies name their original and look-alikes do not, each so many bits away") {
  Bench bench(R"({"kind": "near-duplicates", "system_tokens": 7,
    "pictures": {"objects": 3, "alpha": 0, "copies": {"share": 0.5, "count": 2, "bits": 2},
                 "look_alikes": {"share": 0.5, "count": 1, "bits": 10}},
    "questions": {"objects": 2, "copies": {"share": 0.5, "count": 2, "bits": {"uniform": [1, 3]}}}})",
              lengths_of(10, 20, 0));
  const auto session = bench.start();
  std::map<std::string, Input> seen[2];
  for (std::uint32_t turn = 1; turn <= 400; ++turn) {
    const Request request = bench.ask(*session, turn);
    REQUIRE(request.inputs.size() == 3);
    CHECK(request.inputs[0].tokens == 7U);
    CHECK(request.inputs[1].kind == InputKind::kImage);
    CHECK(request.inputs[2].kind == InputKind::kText);
    CHECK(request.output_tokens == 20U);
    for (std::size_t i = 0; i < 2; ++i) {
      const Input& input = request.inputs[i + 1];
      // The same content is the same input whenever it comes.
      CHECK(seen[i].emplace(input.hash, input).first->second == input);
    }
  }
  // Three objects with a look-alike each, and two copies of every one of the six; two texts with two copies.
  CHECK(seen[0].size() == 18);
  CHECK(seen[1].size() == 6);
  std::set<std::optional<Key>> meanings;
  for (const auto& [hash, input] : seen[0]) {
    meanings.insert(meaning_of(input));
    if (input.copy_of.empty()) continue;
    const Input& original = seen[0].at(input.copy_of);
    CHECK(original.copy_of.empty());
    CHECK(std::popcount(*input.phash ^ *original.phash) == 2);
    CHECK(meaning_of(input) == original.content);
  }
  CHECK(meanings.size() == 6);
  int look_alikes = 0;
  for (const auto& [a, x] : seen[0]) {
    for (const auto& [b, y] : seen[0]) {
      if (x.copy_of.empty() && y.copy_of.empty() && std::popcount(*x.phash ^ *y.phash) == 10) ++look_alikes;
    }
  }
  CHECK(look_alikes == 6);  // three pairs, both ways
}

TEST_CASE("near-duplicates need both catalogues and know their keys") {
  CHECK(contains(error_for(R"({"kind": "near-duplicates", "pictures": {"objects": 1}})"), "questions"));
  const std::string text = R"(, "questions": {"objects": 1}})";
  CHECK(contains(error_for(R"({"kind": "near-duplicates", "pictures": {"objects": 0})" + text), "objects"));
  CHECK(contains(error_for(R"({"kind": "near-duplicates", "pictures": {"objects": 1, "copy": 1})" + text),
                 "unknown key"));
  CHECK(contains(error_for(R"({"kind": "near-duplicates",
                   "pictures": {"objects": 1, "copies": {"share": 2, "count": 1, "bits": 1}})" +
                           text),
                 "copies.share"));
}

TEST_CASE("chat sends the whole conversation again, answers included") {
  Bench bench(R"({"kind": "chat", "system_tokens": 50})", lengths_of(10, 20, 1));
  const auto session = bench.start();
  const Request first = bench.ask(*session, 1);
  const Request second = bench.ask(*session, 2);
  REQUIRE(first.inputs.size() == 3);  // system, image, text
  CHECK(first.output_tokens == 20U);
  REQUIRE(second.inputs.size() == 6);
  CHECK(starts_with(second.inputs, first.inputs));
  CHECK(second.inputs[3].tokens == 20U);
  CHECK(second.inputs[4].kind == InputKind::kImage);
  const auto other = bench.start();
  const Request stranger = bench.ask(*other, 1);
  CHECK(stranger.inputs[0] == first.inputs[0]);
  CHECK(stranger.inputs[2].hash != first.inputs[2].hash);
}

TEST_CASE("chat drops the oldest turns beyond its context") {
  Bench bench(R"({"kind": "chat", "system_tokens": 10, "context_tokens": 100})", lengths_of(10, 20, 0));
  const auto session = bench.start();
  for (std::uint32_t turn = 1; turn <= 20; ++turn) {
    const Request request = bench.ask(*session, turn);
    CHECK(text_tokens(request) + *request.output_tokens <= 100);
    CHECK(text_tokens(request) == std::min<std::uint64_t>(10 + 10 + 30 * (turn - 1), 80));
    CHECK(request.inputs[0].tokens == 10U);
  }
}

TEST_CASE("document questions open with the same pages whoever asks") {
  Bench bench(
      R"({"kind": "document-qa", "documents": 1, "pages": 3, "page_text_tokens": 40, "system_tokens": 5})",
      lengths_of(7, 9, 0));
  const auto first = bench.start();
  const auto second = bench.start();
  const Request a = bench.ask(*first, 1);
  const Request b = bench.ask(*second, 1);
  REQUIRE(a.inputs.size() == 8);  // system, three pages of image and text, question
  CHECK(std::equal(a.inputs.begin(), a.inputs.end() - 1, b.inputs.begin()));
  CHECK(a.inputs.back().hash != b.inputs.back().hash);
  const Request again = bench.ask(*first, 2);
  CHECK(starts_with(again.inputs, a.inputs));
  CHECK(again.inputs.size() == 10);
  Bench forgetful(R"({"kind": "document-qa", "documents": 5, "pages": 1, "history": 0})",
                  lengths_of(7, 9, 0));
  const auto session = forgetful.start();
  CHECK(forgetful.ask(*session, 1).inputs.size() == 2);
  CHECK(forgetful.ask(*session, 2).inputs.size() == 2);
}

TEST_CASE("an agent's screens are the same, slightly changed, or new") {
  ImageSpec images;
  images.near_share = 1;
  images.near_max_bits = 3;
  Bench bench(R"({"kind": "agent-loop", "task_tokens": 30, "keep_steps": 2, "unchanged_share": 0.5})",
              lengths_of(0, 8, 0), images);
  const auto session = bench.start();
  std::set<std::string> screens;
  const Input* before = nullptr;
  std::vector<Request> steps;
  for (std::uint32_t turn = 1; turn <= 40; ++turn) {
    steps.push_back(bench.ask(*session, turn));
    CHECK(steps.back().inputs.size() == 1 + 2 * std::min(turn - 1, 2U) + 1);
    CHECK(steps.back().inputs[0] == steps.front().inputs[0]);
  }
  for (const Request& step : steps) {
    const Input& screen = step.inputs.back();
    screens.insert(screen.hash);
    if (before != nullptr) CHECK(std::popcount(*screen.phash ^ *before->phash) <= 3);
    before = &screen;
  }
  CHECK(screens.size() > 10);
  CHECK(screens.size() < 35);
}

TEST_CASE("independent requests share the system prompt alone") {
  Bench bench(R"({"kind": "independent", "system_tokens": 5})", lengths_of(7, 9, 2));
  const auto session = bench.start();
  const Request a = bench.ask(*session, 1);
  const Request b = bench.ask(*session, 2);
  REQUIRE(a.inputs.size() == 4);
  CHECK(a.inputs[0] == b.inputs[0]);
  for (std::size_t i = 1; i < 4; ++i) CHECK(a.inputs[i].hash != b.inputs[i].hash);
}

TEST_CASE("budgeted requests keep their totals and repeat what fits") {
  Lengths lengths = lengths_of(0, 9, 0);
  lengths.text_tokens = Distribution::histogram({{100, 1}, {150, 1}, {400, 1}});
  lengths.image_count = Distribution::histogram({{0, 1}, {1, 1}, {3, 1}});
  Bench bench(R"({"kind": "budgeted", "resend_share": 1, "system_tokens": 20})", lengths);
  const auto session = bench.start();
  std::set<std::string> seen;
  int repeated = 0;
  for (std::uint32_t turn = 1; turn <= 60; ++turn) {
    const Request request = bench.ask(*session, turn);
    const std::uint64_t total = text_tokens(request);
    CHECK((total == 100 || total == 150 || total == 400));
    const auto images = std::count_if(request.inputs.begin(), request.inputs.end(),
                                      [](const Input& input) { return input.kind == InputKind::kImage; });
    CHECK((images == 0 || images == 1 || images == 3));
    for (const Input& input : request.inputs) repeated += seen.insert(input.hash).second ? 0 : 1;
  }
  CHECK(repeated > 60);
  Bench fresh(R"({"kind": "budgeted", "resend_share": 0})", lengths_of(100, 9, 1));
  const auto single = fresh.start();
  CHECK(fresh.ask(*single, 1).inputs[0].hash != fresh.ask(*single, 2).inputs[0].hash);
}

TEST_CASE("unknown kinds and keys are named with the nearest") {
  CHECK(contains(error_for(R"({"kind": "caht"})"), "did you mean 'chat'"));
  CHECK(contains(error_for(R"({"kind": "chat", "sytem_tokens": 5})"), "did you mean 'system_tokens'"));
  CHECK(contains(error_for(R"({"kind": "document-qa", "pages": 1})"), "documents: is missing"));
  CHECK(contains(error_for(R"({"kind": "agent-loop"})"), "task_tokens: is missing"));
  CHECK(contains(error_for(R"({"kind": "budgeted", "resend_share": 2})"), "resend_share"));
}
