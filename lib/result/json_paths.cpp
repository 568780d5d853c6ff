// SPDX-License-Identifier: Apache-2.0
#include "result/json_paths.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

namespace cachebench::result {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kAnySteps = "**";

class Walk {
 public:
  explicit Walk(const std::vector<std::string_view>& skipped) : skipped_(skipped) {}

  void visit(const Json& node) {
    if (node.is_object()) {
      for (const auto& [key, value] : node.items()) {
        if (std::find(skipped_.begin(), skipped_.end(), key) != skipped_.end()) continue;
        descend({.key = key, .name = ""}, value);
      }
    } else if (node.is_array()) {
      for (std::size_t i = 0; i < node.size(); ++i) {
        const Json& value = node[i];
        const bool named = value.is_object() && value.contains("name") && value["name"].is_string();
        descend({.key = std::to_string(i), .name = named ? value["name"].get<std::string>() : ""}, value);
      }
    } else {
      leaves_.push_back({.steps = steps_, .value = &node});
    }
  }
  [[nodiscard]] std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  void descend(PathStep step, const Json& value) {
    steps_.push_back(std::move(step));
    visit(value);
    steps_.pop_back();
  }

  const std::vector<std::string_view>& skipped_;
  std::vector<PathStep> steps_;
  std::vector<Leaf> leaves_;
};

bool step_matches(const std::string& pattern, const PathStep& step) {
  return glob_matches(pattern, step.key) || (!step.name.empty() && glob_matches(pattern, step.name));
}

bool steps_match(std::span<const std::string> pattern, std::span<const PathStep> steps) {
  if (pattern.empty()) return steps.empty();
  if (pattern.front() == kAnySteps) {
    for (std::size_t taken = 0; taken <= steps.size(); ++taken) {
      if (steps_match(pattern.subspan(1), steps.subspan(taken))) return true;
    }
    return false;
  }
  return !steps.empty() && step_matches(pattern.front(), steps.front()) &&
         steps_match(pattern.subspan(1), steps.subspan(1));
}

}  // namespace

std::string Leaf::path() const {
  std::string text;
  for (const PathStep& step : steps) text += (text.empty() ? "" : ".") + step.key;
  return text;
}

std::vector<Leaf> leaves_of(const Json& document, const std::vector<std::string_view>& skipped) {
  Walk walk(skipped);
  walk.visit(document);
  return walk.take();
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last `*`, and where its text began
  std::size_t held = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      held = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++held;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

PathPattern::PathPattern(std::string_view text) {
  std::string step;
  const auto finish = [&] {
    if (!step.empty()) steps_.push_back(std::move(step));
    step.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      finish();
    } else if (text[i] == '[') {
      finish();
      const std::size_t end = std::min(text.find(']', i), text.size());
      step = std::string(text.substr(i + 1, end - i - 1));
      if (step.empty()) step = "*";
      i = end;
      finish();
    } else {
      step += text[i];
    }
  }
  finish();
}

bool PathPattern::matches(const std::vector<PathStep>& steps) const {
  return steps_match(steps_, steps);
}

bool PathPattern::is_plain() const {
  return std::none_of(steps_.begin(), steps_.end(),
                      [](const std::string& step) { return step.find_first_of("*?") != std::string::npos; });
}

}  // namespace cachebench::result
