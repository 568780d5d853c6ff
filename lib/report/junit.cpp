// SPDX-License-Identifier: Apache-2.0
#include "report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cachebench::report {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the UTF-8 sequence at `at`, 0 where there is none that XML may hold.
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool outside = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  const bool no_character = lead == 0xEF && second == 0xBF && byte(at + 2) >= 0xBE;
  return overlong || outside || no_character ? 0 : length;
}

std::string properties_xml(const Properties& properties, std::string_view indent) {
  if (properties.empty()) return "";
  std::string xml = fmt::format("{}<properties>\n", indent);
  for (const auto& [name, value] : properties) {
    xml += fmt::format("{}  <property name=\"{}\" value=\"{}\"/>\n", indent, escape_xml(name),
                       escape_xml(value));
  }
  return xml + fmt::format("{}</properties>\n", indent);
}

std::string case_xml(const JunitCase& item) {
  std::string xml = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\">\n",
                                escape_xml(item.classname), escape_xml(item.name));
  xml += properties_xml(item.properties, "      ");
  if (item.outcome == JunitOutcome::kFailed) {
    xml += fmt::format("      <failure type=\"failed\" message=\"{0}\">{0}</failure>\n",
                       escape_xml(item.message));
  } else if (item.outcome == JunitOutcome::kSkipped) {
    xml += fmt::format("      <skipped message=\"{}\"/>\n", escape_xml(item.message));
  }
  return xml + "    </testcase>\n";
}

std::ptrdiff_t count_of(const std::vector<JunitCase>& cases, JunitOutcome outcome) {
  return std::count_if(cases.begin(), cases.end(),
                       [outcome](const JunitCase& item) { return item.outcome == outcome; });
}

std::string suite_xml(const JunitSuite& suite) {
  std::string xml = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"0\">\n",
      escape_xml(suite.name), suite.cases.size(), count_of(suite.cases, JunitOutcome::kFailed),
      count_of(suite.cases, JunitOutcome::kSkipped));
  xml += properties_xml(suite.properties, "    ");
  for (const JunitCase& item : suite.cases) xml += case_xml(item);
  return xml + "  </testsuite>\n";
}

}  // namespace

std::string escape_xml(std::string_view text) {
  constexpr std::array<std::pair<char, std::string_view>, 8> kEscapes{{{'&', "&amp;"},
                                                                       {'<', "&lt;"},
                                                                       {'>', "&gt;"},
                                                                       {'"', "&quot;"},
                                                                       {'\'', "&apos;"},
                                                                       {'\n', "&#10;"},
                                                                       {'\r', "&#13;"},
                                                                       {'\t', "&#9;"}}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_at(text, at);
    const auto* escape = std::find_if(kEscapes.begin(), kEscapes.end(),
                                      [&](const auto& item) { return item.first == text[at]; });
    if (length == 0) {
      out += kReplacement;
    } else if (escape != kEscapes.end()) {
      out += escape->second;
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string junit_xml(std::string_view name, const std::vector<JunitSuite>& suites) {
  std::size_t tests = 0;
  std::ptrdiff_t failures = 0;
  std::ptrdiff_t skipped = 0;
  std::string body;
  for (const JunitSuite& suite : suites) {
    tests += suite.cases.size();
    failures += count_of(suite.cases, JunitOutcome::kFailed);
    skipped += count_of(suite.cases, JunitOutcome::kSkipped);
    body += suite_xml(suite);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" "
      "errors=\"0\" skipped=\"{}\" time=\"0\">\n{}</testsuites>\n",
      escape_xml(name), tests, failures, skipped, body);
}

}  // namespace cachebench::report
