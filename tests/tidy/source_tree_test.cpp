// SPDX-License-Identifier: Apache-2.0
#include "tidy/source_tree.h"

#include <doctest/doctest.h>

#include <string>

using namespace cachebench::tidy;

namespace {

SourceFile cpp(const std::string& text) {
  return {.path = "lib/x/x.cpp", .text = text, .plain = without_comments_and_literals(text)};
}

}  // namespace

TEST_CASE("the rules have something to look at") {
  CHECK(product_files().size() > 30);
  CHECK(layer_table().at("core").empty());
  CHECK(layer_table().at("cache").contains("policy"));
  CHECK(folder_graph().at("lib/cache").contains("lib/core"));
}

TEST_CASE("comments and literals are blanked and places stay") {
  const std::string text = "a; // {\n\"{ \\\" {\" '{' /* {\n{ */ R\"x({)x\" 1'000 }";
  const std::string plain = without_comments_and_literals(text);
  CHECK(plain.size() == text.size());
  CHECK(plain.find('{') == std::string::npos);
  CHECK(plain.find("1'000 }") != std::string::npos);
  CHECK(line_count(plain) == line_count(text));
}

TEST_CASE("functions are found with their lengths, whatever stands around them") {
  const SourceFile file = cpp(R"(
#define X(y) \
  do {       \
  } while (0)
namespace a {
class MACRO("x") B {
  B(int x) : y_{x}, z_(x) {
    if (x) { f(); }
  }
  int y_ = 0;
};
int table[] = {1, 2};
enum class E : int { kA, kB };
template <typename T>
auto f(
    T x) -> int {
  const auto g = [&] { return 1; };
  return g();
}
}  // namespace a
)");
  const auto functions = functions_of(file);
  REQUIRE(functions.size() == 2);
  CHECK(functions[0].line == 7);
  CHECK(functions[0].lines == 3);
  CHECK(functions[1].line == 14);
  CHECK(functions[1].lines == 6);
}

TEST_CASE("includes keep their form and line") {
  const auto includes = includes_of(cpp("#include \"core/a.h\"\n\n#  include <map>\n// #include <no>\n"));
  REQUIRE(includes.size() == 2);
  CHECK(includes[0].target == "core/a.h");
  CHECK(includes[0].quoted);
  CHECK(includes[1].line == 3);
}

TEST_CASE("cycles of folders are found, chains are not") {
  CHECK(cycles_of({{"a", {"b"}}, {"b", {"c"}}}).empty());
  const auto cycles = cycles_of({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}, {"d", {"a"}}});
  REQUIRE(cycles.size() == 1);
  CHECK(cycles[0] == std::vector<std::string>{"a", "b", "c"});
}
