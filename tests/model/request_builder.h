// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "core/hash.h"
#include "trace/request.h"

/// Requests in few words, for tests. Values only.
namespace cachebench::model::testing {

inline trace::Input text(const std::string& hash, std::uint64_t tokens) {
  trace::Input input;
  input.kind = trace::InputKind::kText;
  if (!hash.empty()) input.content = hash_key(hash);
  input.hash = hash;
  input.tokens = tokens;
  return input;
}

inline trace::Input image(const std::string& hash, std::uint32_t width, std::uint32_t height) {
  trace::Input input;
  input.kind = trace::InputKind::kImage;
  if (!hash.empty()) input.content = hash_key(hash);
  input.hash = hash;
  input.width = width;
  input.height = height;
  return input;
}

inline trace::Request request(std::vector<trace::Input> inputs, std::uint64_t sequence = 0) {
  trace::Request result;
  result.sequence = sequence;
  result.inputs = std::move(inputs);
  return result;
}

}  // namespace cachebench::model::testing
