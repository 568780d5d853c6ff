// SPDX-License-Identifier: Apache-2.0
#include "report/junit.h"

#include <doctest/doctest.h>

#include <string>

#include "support/xml_check.h"

namespace {

using namespace cachebench;
using report::JunitOutcome;

TEST_CASE("suites count their cases, failures and skips, and the whole is XML") {
  const std::string xml = report::junit_xml(
      "n", {{.name = "one",
             .cases = {{.classname = "c", .name = "a"},
                       {.classname = "c", .name = "b", .outcome = JunitOutcome::kFailed, .message = "worse"},
                       {.classname = "c", .name = "d", .outcome = JunitOutcome::kSkipped, .message = "few"}},
             .properties = {{"p", "1"}}},
            {.name = "two", .cases = {}}});
  CHECK(test::xml_fault(xml) == "");
  CHECK(xml.find("<testsuites name=\"n\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"") !=
        std::string::npos);
  CHECK(xml.find("<failure type=\"failed\" message=\"worse\">worse</failure>") != std::string::npos);
  CHECK(xml.find("<skipped message=\"few\"/>") != std::string::npos);
  CHECK(xml.find("<property name=\"p\" value=\"1\"/>") != std::string::npos);
  CHECK(test::xml_fault(report::junit_xml("", {})) == "");
}

TEST_CASE("hostile names stay text, and what XML cannot hold is replaced") {
  const std::string evil = "</testcase><x a=\"'&\n\t\x01\xFF\xC0\xAF\xED\xA0\x80 ü €";
  const std::string xml =
      report::junit_xml(evil, {{.name = evil, .cases = {{.classname = evil, .name = evil}}}});
  CHECK(test::xml_fault(xml) == "");
  CHECK(xml.find("<x a") == std::string::npos);
  CHECK(report::escape_xml("ü €") == "ü €");
  CHECK(report::escape_xml("a\x02z") == "a\xEF\xBF\xBDz");
  CHECK(report::escape_xml("\xC3") == "\xEF\xBF\xBD");
  CHECK(report::escape_xml("\xEF\xBF\xBF").find("\xEF\xBF\xBF") == std::string::npos);
}

TEST_CASE("the check of XML sees what is wrong") {
  CHECK(test::xml_fault("<a><b></a></b>") != "");
  CHECK(test::xml_fault("<a>") != "");
  CHECK(test::xml_fault("<a x=\"></a>") != "");
  CHECK(test::xml_fault("<a>&nbsp;</a>") != "");
  CHECK(test::xml_fault("<a/><b/>") != "");
  CHECK(test::xml_fault("<a>\x01</a>") != "");
  CHECK(test::xml_fault("<a><b/>x</a>") == "");
}

}  // namespace
