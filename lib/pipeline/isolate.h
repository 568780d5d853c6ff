// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/error.h"

/// Passes over several items that may throw as a whole, kept from harming any item but the one at fault.
/// Stateless.
namespace cachebench::pipeline {

/// What an exception in flight says; never throws. REQUIRES: called from a handler.
[[nodiscard]] inline Error error_in_flight() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return {ErrorKind::kInternal, error.what()};
  } catch (...) {
    return {ErrorKind::kInternal, "something that is no exception was thrown"};
  }
}

/// Runs `pass` over all items; where that throws, over each item alone, and what throws then becomes that
/// item's `error`. `again(i)` says whether item i is as it was before the pass, so that it may be tried
/// again. Outcome has a member std::optional<Error> error.
template <typename Outcome, typename Item, typename Pass, typename Again>
[[nodiscard]] std::vector<Outcome> isolate(std::span<const Item> items, const Pass& pass,
                                           const Again& again) {
  std::optional<Error> whole;
  try {
    std::vector<Outcome> outcomes = pass(items);
    CACHEBENCH_CHECK(outcomes.size() == items.size(), "{} outcomes for {} items", outcomes.size(),
                     items.size());
    return outcomes;
  } catch (...) {
    whole = error_in_flight();
  }
  std::vector<Outcome> outcomes(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items.size() == 1 || !again(i)) {
      outcomes[i].error = whole;
      continue;
    }
    try {
      outcomes[i] = std::move(pass(items.subspan(i, 1)).at(0));
    } catch (...) {
      outcomes[i].error = error_in_flight();
    }
  }
  return outcomes;
}

}  // namespace cachebench::pipeline
