// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tidy/source_tree.h"

/// Prints the health of the tree: the figures that tests/tidy holds within limits, as they are today.
int main() {
  using namespace cachebench::tidy;
  std::vector<std::size_t> lengths;
  std::string largest;
  std::size_t functions = 0;
  std::size_t long_functions = 0;
  std::size_t longest = 0;
  std::size_t product = 0;
  std::size_t tests = 0;
  for (const SourceFile* file : product_files()) {
    lengths.push_back(line_count(file->text));
    if (lengths.back() == *std::max_element(lengths.begin(), lengths.end())) largest = file->path;
    product += code_lines(*file);
    for (const Function& function : functions_of(*file)) {
      ++functions;
      longest = std::max(longest, function.lines);
      long_functions += function.lines > 70 ? 1 : 0;
    }
  }
  for (const SourceFile& file : source_files()) {
    if (file.in("tests/") && !file.plain.empty()) tests += code_lines(file);
  }
  std::sort(lengths.begin(), lengths.end());
  if (lengths.empty()) return 1;
  std::printf("files                %zu of C++ in lib/ and apps/, %zu lines of code\n", lengths.size(),
              product);
  std::printf("functions > 70 lines %zu of %zu (longest %zu)\n", long_functions, functions, longest);
  std::printf("file length          median %zu, p90 %zu, largest %zu (%s)\n", lengths[lengths.size() / 2],
              lengths[lengths.size() * 9 / 10], lengths.back(), largest.c_str());
  std::printf("folder cycles        %zu\n", cycles_of(folder_graph()).size());
  std::printf("test / code          %.2f\n", static_cast<double>(tests) / static_cast<double>(product));
  return 0;
}
