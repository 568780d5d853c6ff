// SPDX-License-Identifier: Apache-2.0
#include "model/lookup_walk.h"

#include <doctest.h>

#include <set>
#include <string>

#include "core/rng.h"
#include "model/lowering.h"
#include "model/request_builder.h"

using namespace cachebench;
using namespace cachebench::model;
using testing::image;
using testing::request;
using testing::text;

namespace {

Plan lowered(const trace::Request& request) {
  Lowerer lowerer(geometry_named("tiny"), Lowering::kGraph, trace::Header{});
  Plan plan;
  lowerer.lower(request, plan);
  return plan;
}

// One letter per artefact: Hit, Covered, Miss that was asked for, Broken (a miss that was not).
std::string walked(const Plan& plan, const std::set<std::size_t>& resident) {
  std::string result(plan.artefacts.size(), '?');
  std::size_t last = 0;
  const auto report = [&](std::size_t i, char outcome) {
    CHECK(result[i] == '?');
    CHECK(i >= last);
    last = i;
    result[i] = outcome;
  };
  walk(
      plan,
      [&](std::size_t i) {
        const bool hit = resident.count(i) != 0;
        report(i, hit ? 'H' : 'M');
        return hit;
      },
      [&](std::size_t i, Outcome outcome) { report(i, outcome == Outcome::kCovered ? 'C' : 'B'); });
  return result;
}

// The rule, token by token: a leading run serves a set of tokens; every later artefact asks whether something
// above it that hit makes it unnecessary.
std::string slow_walk(const Plan& plan, const std::set<std::size_t>& resident) {
  const auto& artefacts = plan.artefacts;
  std::string result;
  std::set<std::uint64_t> served;
  for (std::size_t i = 0; i < plan.chain; ++i) {
    if (result.find('M') != std::string::npos) {
      result += 'B';
    } else if (resident.count(i) != 0) {
      for (std::uint64_t t = artefacts[i].span.begin; t < artefacts[i].span.end; ++t) served.insert(t);
      result += 'H';
    } else {
      result += 'M';
    }
  }
  for (std::size_t i = plan.chain; i < artefacts.size(); ++i) {
    bool covered = true;
    for (std::uint64_t t = artefacts[i].span.begin; t < artefacts[i].span.end; ++t)
      covered &= served.count(t) != 0;
    for (std::size_t above = plan.chain; above < i; ++above) {
      if (result[above] != 'H') continue;
      const ArtefactKind by = artefacts[above].kind;
      const ArtefactKind kind = artefacts[i].kind;
      covered |= by == ArtefactKind::kFusionOutput || by == ArtefactKind::kTextImagePair;
      covered |= by == ArtefactKind::kLanguageEncoderOutput && kind == ArtefactKind::kText;
      covered |= by == ArtefactKind::kVisionEncoderOutput && kind == ArtefactKind::kImage &&
                 artefacts[above].image == artefacts[i].image;
    }
    result += covered ? 'C' : resident.count(i) != 0 ? 'H' : 'M';
  }
  return result;
}

}  // namespace

TEST_CASE("nothing resident: everything is asked for, but blocks behind the gap") {
  const Plan plan = lowered(request({text("a", 40), image("i", 64, 64)}));
  // 44 tokens: two blocks; fusion, pair, vision, image, text.
  CHECK(walked(plan, {}) == "MBMMMMM");
}

TEST_CASE("a leading run covers what lies wholly inside it") {
  const Plan plan = lowered(request({text("a", 20), image("i", 64, 64), text("b", 20)}));
  // Blocks [0,16) [16,32); tokens a [0,20) i [20,24) b [24,44).
  // order: 2 blocks, fusion, pair, vision, image, text a, text b
  CHECK(walked(plan, {0, 1}) == "HHMMCCCM");
  CHECK(walked(plan, {0}) == "HMMMMMMM");
  CHECK(walked(plan, {1}) == "MBMMMMMM");  // resident behind the gap is still a miss
  const Plan exact = lowered(request({text("a", 20), image("i", 64, 64), text("b", 8)}));
  CHECK(walked(exact, {0, 1}) == "HHCCCCCC");  // its blocks span every token
}

TEST_CASE("content that occurs twice is covered only when both places are") {
  const Plan plan = lowered(request({image("i", 64, 64), text("a", 40), image("i", 64, 64), text("b", 40)}));
  // 88 tokens, 5 blocks; i at [0,4) and [44,48).
  CHECK(walked(plan, {0, 1}) == "HHMBBMMMMMM");
  CHECK(walked(plan, {0, 1, 2}) == "HHHMBMMCCCM");
}

TEST_CASE("fusion output and pair cover everything below them") {
  const Plan plan = lowered(request({text("a", 5), image("i", 64, 64), text("b", 5)}));
  CHECK(walked(plan, {0}) == "HCCCCC");
  CHECK(walked(plan, {1}) == "MHCCCC");
}

TEST_CASE("a vision output covers its own image, a language output the texts") {
  const Plan plan = lowered(request({image("i", 64, 64), image("j", 64, 64), text("a", 3)}));
  // fusion, pair, vision i, image i, vision j, image j, text
  CHECK(walked(plan, {2}) == "MMHCMMM");
  CHECK(walked(plan, {4, 5}) == "MMMMHCM");
  CHECK(walked(plan, {3, 6}) == "MMMHMMH");
  const Plan words = lowered(request({text("a", 3), text("b", 4)}));
  CHECK(walked(words, {0}) == "HCC");
  CHECK(walked(words, {2}) == "MMH");
}

TEST_CASE("independent accesses know neither gaps nor coverage") {
  Plan plan;
  plan.independent = true;
  plan.artefacts.resize(4);
  CHECK(walked(plan, {1, 3}) == "MHMH");
}

TEST_CASE("random plans and hit sets, against the rule spelt out") {
  Rng rng(17);
  for (int round = 0; round < 3'000; ++round) {
    std::vector<trace::Input> inputs;
    for (std::uint64_t part = 1 + rng.below(6); part > 0; --part) {
      const std::string name(1, static_cast<char>('a' + rng.below(4)));
      inputs.push_back(rng.below(3) == 0 ? image(name, 64, 64) : text(name, 1 + rng.below(40)));
    }
    trace::Request r = request(inputs);
    if (rng.below(3) == 0) {
      r.has_blocks = true;
      for (std::uint64_t i = rng.below(8); i > 0; --i) {
        r.prefix_blocks.push_back({Key{0, rng.below(12)}, static_cast<std::uint32_t>(1 + rng.below(30))});
      }
    }
    const Plan plan = lowered(r);
    std::set<std::size_t> resident;
    const std::uint64_t density = 1 + rng.below(4);
    for (std::size_t i = 0; i < plan.artefacts.size(); ++i) {
      if (rng.below(density) == 0) resident.insert(i);
    }
    CHECK(walked(plan, resident) == slow_walk(plan, resident));
  }
}
