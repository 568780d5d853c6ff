// SPDX-License-Identifier: Apache-2.0
#include "pipeline/variable_batch_processor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "trace/reader.h"

using namespace cachebench;
using namespace cachebench::pipeline;
namespace fs = std::filesystem;

namespace {

VariableBatchProcessor processor_of(const std::string& batcher, std::uint32_t size) {
  return VariableBatchProcessor(
      {.batcher = {.name = batcher, .values = {}}, .limits = {.max_requests = size}});
}

PaddingAccount padding_of(const std::string& batcher, const std::vector<BatchCandidate>& all) {
  VariableBatchProcessor processor = processor_of(batcher, 8);
  (void)processor.process(all);
  return processor.padding();
}

// Prompts of many lengths: mostly short turns, some long documents.
std::vector<BatchCandidate> heavy_tailed(std::size_t count) {
  Rng rng(2024);
  std::vector<BatchCandidate> all(count);
  for (BatchCandidate& candidate : all) {
    candidate.text_tokens = 20 + rng.below(std::uint64_t{16} << rng.below(12));
    candidate.visual_tokens = rng.below(4) == 0 ? 64 * (1 + rng.below(12)) : 0;
  }
  return all;
}

}  // namespace

TEST_CASE("padding is what the rectangle has beyond the tokens") {
  const std::vector<BatchCandidate> members{{.text_tokens = 10}, {.text_tokens = 2, .visual_tokens = 4}};
  const BatchFacts facts = facts_of(members, {.text_weight = 1, .image_weight = 3});
  CHECK(facts.requests == 2);
  CHECK(facts.real_tokens == 16);
  CHECK(facts.padded_tokens == 20);
  CHECK(facts.complexity == 24);
  PaddingAccount account;
  CHECK(account.waste_share() == 0);
  account.add(facts);
  account.add(facts);
  CHECK(account.batches == 2);
  CHECK(account.requests == 4);
  CHECK(account.wasted_tokens() == 8);
  CHECK(account.waste_share() == doctest::Approx(0.2));
}

TEST_CASE("without variable batches the order of arrival decides") {
  const std::vector<BatchCandidate> all{{.text_tokens = 10}, {.text_tokens = 90}, {.text_tokens = 10}};
  BatchingOptions options{.limits = {.max_requests = 2}};
  CHECK(VariableBatchProcessor(options).next_batch(all) == std::vector<std::size_t>{0, 2});
  options.variable_batch_size = false;
  CHECK(VariableBatchProcessor(options).next_batch(all) == std::vector<std::size_t>{0, 1});
}

TEST_CASE("a batch is full when no more fit or enough wait, else waiting may fill it") {
  const std::vector<BatchCandidate> all{{.text_tokens = 10}, {.text_tokens = 20}, {.text_tokens = 15}};
  const std::vector<std::size_t> two{0, 1};
  CHECK(processor_of("arrival", 2).is_full(all, two));
  CHECK(processor_of("arrival", 3).is_full(std::span(all).first(2), two) == false);
  CHECK(processor_of("type-grouped", 3).is_full(all, two));
  CHECK(processor_of("type-grouped", 4).is_full(all, two) == false);
  VariableBatchProcessor limited({.limits = {.max_requests = 8, .max_complexity = 30}});
  CHECK(limited.is_full(all, two));
}

TEST_CASE("limits of nothing and weights that are none are refused") {
  CHECK_THROWS_AS(VariableBatchProcessor({.limits = {.max_requests = 0}}), Error);
  CHECK_THROWS_AS(VariableBatchProcessor({.limits = {.weights = {.text_weight = -1}}}), Error);
  CHECK_THROWS_AS(VariableBatchProcessor({.batcher = {.name = "none", .values = {}}, .limits = {}}), Error);
}

TEST_CASE("grouping by size cuts the padding of a mixed workload by 70% and more") {
  const std::vector<BatchCandidate> all = heavy_tailed(4000);
  const PaddingAccount arrival = padding_of("arrival", all);
  const PaddingAccount grouped = padding_of("size-grouped", all);
  CHECK(grouped.real_tokens == arrival.real_tokens);
  CHECK(grouped.batches == arrival.batches);  // no smaller batches
  CHECK(static_cast<double>(grouped.wasted_tokens()) <= 0.3 * static_cast<double>(arrival.wasted_tokens()));
  const PaddingAccount adaptive = padding_of("adaptive", all);
  CHECK(static_cast<double>(adaptive.wasted_tokens()) <= 0.3 * static_cast<double>(arrival.wasted_tokens()));
}

TEST_CASE("a larger window pads less") {
  const std::vector<BatchCandidate> all = heavy_tailed(4000);
  std::uint64_t before = UINT64_MAX;
  for (const double window : {8.0, 32.0, 128.0, 512.0}) {
    VariableBatchProcessor processor(
        {.batcher = {.name = "size-grouped", .values = {{"window", window}}}, .limits = {.max_requests = 8}});
    (void)processor.process(all);
    CHECK(processor.padding().wasted_tokens() < before);
    before = processor.padding().wasted_tokens();
  }
}

TEST_CASE("grouping by size cuts the padding of recorded conversations by 70% and more") {
  const fs::path path = fs::path(CACHEBENCH_SOURCE_DIR) / ".." / "shared/traces/mooncake_conversation.jsonl";
  if (!fs::exists(path)) {
    MESSAGE("skipped: no recorded conversations at " << path.string());
    return;
  }
  std::vector<BatchCandidate> all;
  const auto reader = trace::open_trace(path.string());
  for (trace::Request request; reader->next(request);)
    all.push_back({.text_tokens = request.input_tokens.value_or(1)});
  REQUIRE(all.size() > 10000);
  const PaddingAccount arrival = padding_of("arrival", all);
  const PaddingAccount grouped = padding_of("size-grouped", all);
  const double cut =
      1 - static_cast<double>(grouped.wasted_tokens()) / static_cast<double>(arrival.wasted_tokens());
  MESSAGE("of " << all.size() << " prompts, batches of 8: wasted share " << arrival.waste_share()
                << " in order of arrival, " << grouped.waste_share() << " grouped; cut by " << cut);
  CHECK(cut >= 0.7);
  CHECK(grouped.batches == arrival.batches);
}
