// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/text_decoder.h"

#include <doctest/doctest.h>

#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
using cachebench::torch_model::testing::difference;
using cachebench::torch_model::testing::random_tensor;
using cachebench::torch_model::testing::tiny_config;
using cachebench::torch_model::testing::tiny_weights;

namespace {

constexpr std::int64_t kTokens = 21;

at::Tensor text_positions(std::int64_t from, std::int64_t count) {
  return at::arange(from, from + count, at::kLong).unsqueeze(0).expand({3, count});
}

struct Fixture {
  model::CheckpointConfig config = tiny_config();
  TextDecoder decoder{tiny_weights(), config, at::kFloat};
  KvPool pool{config.text, at::kFloat, {.pages = 40, .page_tokens = 4}};
  at::Tensor hidden = random_tensor({kTokens, config.text.hidden}, 3);

  at::Tensor run(KvSequence& sequence, std::int64_t from, std::int64_t count) {
    return decoder({.hidden = hidden.narrow(0, from, count),
                    .positions = text_positions(from, count),
                    .image_rows = {},
                    .deepstack = {}},
                   sequence, {});
  }
};

}  // namespace

TEST_CASE("a prompt in pieces gives what it gives whole") {
  Fixture f;
  KvSequence whole(f.pool);
  const at::Tensor expected = f.run(whole, 0, kTokens);
  for (const std::int64_t piece : {1, 4, 7, 20}) {
    CAPTURE(piece);
    KvSequence sequence(f.pool);
    std::vector<at::Tensor> parts;
    for (std::int64_t at = 0; at < kTokens; at += piece) {
      parts.push_back(f.run(sequence, at, std::min(piece, kTokens - at)));
    }
    CHECK(difference(at::cat(parts, 0), expected) < 1e-5);
    for (std::int64_t layer = 0; layer < std::int64_t{f.config.text.layers}; ++layer) {
      CHECK(difference(sequence.gather(layer).keys, whole.gather(layer).keys) < 1e-5);
    }
  }
}

TEST_CASE("a token does not see what comes after it") {
  Fixture f;
  KvSequence a(f.pool);
  const at::Tensor first = f.run(a, 0, kTokens).narrow(0, 0, 10).clone();
  f.hidden = at::cat({f.hidden.narrow(0, 0, 10), random_tensor({kTokens - 10, f.config.text.hidden}, 9)}, 0);
  KvSequence b(f.pool);
  CHECK(difference(f.run(b, 0, kTokens).narrow(0, 0, 10), first) < 1e-6);
}

TEST_CASE("each DeepStack feature is added after its own layer, at the image's rows alone") {
  Fixture f;
  const at::Tensor rows = at::tensor(std::vector<std::int64_t>{2, 3}, at::kLong);
  const std::vector<at::Tensor> features{random_tensor({2, f.config.text.hidden}, 4),
                                         random_tensor({2, f.config.text.hidden}, 5)};
  std::vector<std::string> names;
  at::Tensor before;
  KvSequence sequence(f.pool);
  static_cast<void>(f.decoder({.hidden = f.hidden,
                               .positions = text_positions(0, kTokens),
                               .image_rows = rows,
                               .deepstack = features},
                              sequence, [&](const std::string& name, const at::Tensor& value) {
                                names.push_back(name);
                                if (name == "text.layer.1") before = value;
                                if (name == "text.layer.1.deepstack") {
                                  const at::Tensor added = value - before;
                                  CHECK(difference(added.index_select(0, rows), features[1]) < 1e-5);
                                  CHECK(added.abs().sum(1).count_nonzero().item<std::int64_t>() == 2);
                                }
                              }));
  CHECK(names == std::vector<std::string>{"text.layer.0", "text.layer.0.deepstack", "text.layer.1",
                                          "text.layer.1.deepstack", "text.layer.2", "text.layer.3",
                                          "text.layer.4", "text.final_norm"});
}

TEST_CASE("the three axes of position are told apart") {
  Fixture f;
  const auto run = [&](std::int64_t axis) {
    at::Tensor positions = text_positions(0, kTokens).clone();
    if (axis >= 0) positions[axis] += at::arange(kTokens, at::kLong);
    KvSequence sequence(f.pool);
    return f.decoder({.hidden = f.hidden, .positions = positions, .image_rows = {}, .deepstack = {}},
                     sequence, {});
  };
  const at::Tensor plain = run(-1);
  for (const std::int64_t axis : {0, 1, 2}) CHECK(difference(run(axis), plain) > 1e-4);
  CHECK(difference(run(1), run(2)) > 1e-4);
}
