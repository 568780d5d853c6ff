// SPDX-License-Identifier: Apache-2.0
#include "hardware/affinity.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "core/error.h"
#include "hardware/live_machine.h"

namespace cachebench::hardware {
namespace {

constexpr int kMostProcessors = 1 << 16;

// Of the calling thread.
bool hold_to(std::span<const int> processors) {
  const int highest = processors.empty() ? -1 : *std::max_element(processors.begin(), processors.end());
  const int lowest = processors.empty() ? -1 : *std::min_element(processors.begin(), processors.end());
  if (lowest < 0 || highest >= kMostProcessors) return false;
  std::vector<cpu_set_t> set(static_cast<std::size_t>(highest / CPU_SETSIZE + 1));
  const std::size_t bytes = set.size() * sizeof(cpu_set_t);
  CPU_ZERO_S(bytes, set.data());
  for (const int processor : processors) CPU_SET_S(static_cast<std::size_t>(processor), bytes, set.data());
  return ::sched_setaffinity(0, bytes, set.data()) == 0;
}

// Nothing where the text is no such number.
int parse_processor(std::string_view text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool reads = error == std::errc() && end == text.data() + text.size();
  return reads && number < kMostProcessors ? number : -1;
}

}  // namespace

std::vector<int> parse_processors(std::string_view text) {
  std::vector<int> processors;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t dash = part.find('-');
    const int first = parse_processor(part.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : parse_processor(part.substr(dash + 1));
    if (first < 0 || last < first || comma == rest.size() - 1) {
      throw Error(ErrorKind::kUsage, fmt::format("'{}' is no list of processors such as '0-2,5'", text));
    }
    for (int processor = first; processor <= last; ++processor) processors.push_back(processor);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  std::sort(processors.begin(), processors.end());
  processors.erase(std::unique(processors.begin(), processors.end()), processors.end());
  return processors;
}

std::string processors_text(std::span<const int> processors) {
  std::string text;
  for (std::size_t i = 0; i < processors.size();) {
    std::size_t last = i;
    while (last + 1 < processors.size() && processors[last + 1] == processors[last] + 1) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", processors[i]);
    if (last > i) text += fmt::format("-{}", processors[last]);
    i = last + 1;
  }
  return text;
}

AffinityScope::AffinityScope(std::span<const int> processors) : before_(allowed_processors()) {
  if (!hold_to(processors)) before_.clear();
}

AffinityScope::~AffinityScope() {
  if (!before_.empty()) static_cast<void>(hold_to(before_));
}

}  // namespace cachebench::hardware
