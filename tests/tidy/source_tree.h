// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// The project's own text files, and what can be read off them without a compiler: lines, includes,
/// functions, folders. A lexer, not a parser: it knows comments, strings and braces.
namespace cachebench::tidy {

struct SourceFile {
  std::string path;  ///< from the root of the project, '/' between folders
  std::string text;
  std::string plain;  ///< C++ only: `text` with comments and literals blanked, of the same length
  [[nodiscard]] bool in(std::string_view folder) const { return path.starts_with(folder); }
  [[nodiscard]] bool ends(std::string_view suffix) const { return path.ends_with(suffix); }
  [[nodiscard]] std::string folder() const;
};

struct Function {
  std::string head;  ///< its first line
  std::size_t line;
  std::size_t lines;
};

struct Include {
  std::string target;
  std::size_t line;
  bool quoted;
};

/// Every text file below the project's source folders; build output and fetched packages are not there.
[[nodiscard]] const std::vector<SourceFile>& source_files();
/// lib/ and apps/, C++ only.
[[nodiscard]] std::vector<const SourceFile*> product_files();

[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);
[[nodiscard]] std::size_t line_count(std::string_view text);
/// Lines that hold more than blanks and comments.
[[nodiscard]] std::size_t code_lines(const SourceFile& file);
[[nodiscard]] std::string without_comments_and_literals(std::string_view text);
[[nodiscard]] std::vector<Function> functions_of(const SourceFile& file);
[[nodiscard]] std::vector<Include> includes_of(const SourceFile& file);

/// Layer name to the layers it may include besides itself, as CMake linked them.
[[nodiscard]] std::map<std::string, std::set<std::string>> layer_table();

using FolderGraph = std::map<std::string, std::set<std::string>>;
/// Which folder of lib/ includes which, sub-folders apart.
[[nodiscard]] FolderGraph folder_graph();
/// Groups of two or more folders that reach one another.
[[nodiscard]] std::vector<std::vector<std::string>> cycles_of(const FolderGraph& graph);

}  // namespace cachebench::tidy
