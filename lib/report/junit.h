// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// JUnit XML, the part of it that every reader takes: suites of cases that passed, failed or were skipped,
/// with numbers as properties. Pure functions of values, thread-safe; nothing throws. Text is escaped, and
/// characters that XML cannot hold are replaced.
namespace cachebench::report {

enum class JunitOutcome : std::uint8_t { kPassed, kFailed, kSkipped };

struct JunitCase {
  std::string classname;
  std::string name;
  JunitOutcome outcome = JunitOutcome::kPassed;
  std::string message{};  ///< why it failed or was skipped
  std::vector<std::pair<std::string, std::string>> properties{};
};

struct JunitSuite {
  std::string name;
  std::vector<JunitCase> cases;
  std::vector<std::pair<std::string, std::string>> properties{};
};

[[nodiscard]] std::string junit_xml(std::string_view name, const std::vector<JunitSuite>& suites);

/// For element content and quoted attributes of XML 1.0.
[[nodiscard]] std::string escape_xml(std::string_view text);

}  // namespace cachebench::report
