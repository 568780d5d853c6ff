// SPDX-License-Identifier: Apache-2.0
#include "trace/content_facts.h"

#include "core/hash.h"
#include "core/rng.h"

namespace cachebench::trace {
namespace {

std::uint64_t digest_of(const Input& input) {
  std::uint64_t digest = static_cast<std::uint64_t>(input.kind);
  const auto add = [&](std::uint64_t word) { digest = splitmix64(digest ^ word); };
  const auto add_code = [&](const std::optional<std::uint64_t>& code) {
    add(code ? 1 : 0);
    add(code.value_or(0));
  };
  add_code(input.simhash);
  add_code(input.phash);
  add(input.phash_fine ? 1 : 0);
  if (input.phash_fine) {
    for (const std::uint64_t word : *input.phash_fine) add(word);
  }
  const Key copy_of = hash_key(input.copy_of);
  add(copy_of.hi);
  add(copy_of.lo);
  return digest;
}

}  // namespace

bool ContentFacts::agrees(const Input& input) {
  if (!input.content) return true;
  const std::uint64_t digest = digest_of(input);
  const auto found = known_.find(*input.content);
  if (found != known_.end()) {
    if (found->second == digest) return true;
    ++contradictions_;
    return false;
  }
  if (known_.size() < kMostRemembered) known_.emplace(*input.content, digest);
  return true;
}

}  // namespace cachebench::trace
