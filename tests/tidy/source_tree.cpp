// SPDX-License-Identifier: Apache-2.0
#include "tidy/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <regex>
#include <sstream>

#include "support/temp_dir.h"

namespace cachebench::tidy {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot(CACHEBENCH_SOURCE_DIR);

bool is_text(const fs::path& path) {
  static const std::set<std::string> kBinary{".png", ".jpg", ".zst", ".bin", ".gz"};
  return !kBinary.contains(path.extension().string()) && path.extension() != ".jsonl";
}

void add_file(std::vector<SourceFile>& files, const fs::path& path) {
  SourceFile file{
      .path = fs::relative(path, kRoot).generic_string(), .text = testing::read_text(path), .plain = {}};
  if (file.ends(".h") || file.ends(".cpp")) file.plain = without_comments_and_literals(file.text);
  files.push_back(std::move(file));
}

std::vector<SourceFile> load() {
  std::vector<SourceFile> files;
  for (const char* folder : {"lib", "apps", "tests", "configs", "docs", "scripts", "workloads", ".ci"}) {
    if (!fs::exists(kRoot / folder)) continue;
    for (auto at = fs::recursive_directory_iterator(kRoot / folder); at != fs::recursive_directory_iterator();
         ++at) {
      if (at->path().filename() == "node_modules") at.disable_recursion_pending();
      if (at->is_regular_file() && is_text(at->path())) add_file(files, at->path());
    }
  }
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    if (entry.is_regular_file() && is_text(entry.path())) add_file(files, entry.path());
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

// Walks C++ text and blanks what is not code; newlines stay, so places stay.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (starts("//")) {
        blank_to(std::min(text_.find('\n', at_), text_.size()));
      } else if (starts("/*")) {
        blank_past("*/", 2);
      } else if (starts("R\"")) {
        const std::size_t open = text_.find('(', at_);
        blank_past(")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"", 2);
      } else if (text_[at_] == '"' || (text_[at_] == '\'' && !is_separator())) {
        blank_quoted(text_[at_]);
      } else {
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool starts(std::string_view word) const { return text_.substr(at_, word.size()) == word; }
  // 1'000'000
  [[nodiscard]] bool is_separator() const {
    return at_ > 0 && std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0;
  }
  void blank_to(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') out_[at_] = ' ';
    }
  }
  void blank_past(const std::string& closing, std::size_t skip) {
    const std::size_t found = text_.find(closing, at_ + skip);
    blank_to(found == std::string_view::npos ? text_.size() : found + closing.size());
  }
  void blank_quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n')
      end += text_[end] == '\\' ? 2U : 1U;
    blank_to(std::min(end + 1, text_.size()));
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

std::size_t matching_brace(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return text.size() - 1;
}

char next_char(std::string_view text, std::size_t at) {
  const std::size_t found = text.find_first_not_of(" \n", at);
  return found == std::string_view::npos ? '\0' : text[found];
}

// Blanks what the preprocessor alone reads, continued lines included.
std::string without_directives(std::string text) {
  bool inside = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line(text.data() + begin, end - begin);
    const bool directive =
        inside || line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with('#');
    inside = directive && line.ends_with('\\');
    if (directive) std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(begin), end - begin, ' ');
    begin = end + 1;
  }
  return text;
}

}  // namespace

std::string SourceFile::folder() const {
  return fs::path(path).parent_path().generic_string();
}

const std::vector<SourceFile>& source_files() {
  static const std::vector<SourceFile> kFiles = load();
  return kFiles;
}

std::vector<const SourceFile*> product_files() {
  std::vector<const SourceFile*> files;
  for (const SourceFile& file : source_files()) {
    if ((file.in("lib/") || file.in("apps/")) && !file.plain.empty()) files.push_back(&file);
  }
  return files;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t line_count(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::size_t code_lines(const SourceFile& file) {
  const std::vector<std::string> lines = lines_of(file.plain);
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find_first_not_of(' ') != std::string::npos;
  }));
}

std::string without_comments_and_literals(std::string_view text) {
  return Blanker(text).run();
}

std::vector<Function> functions_of(const SourceFile& file) {
  static const std::regex kTransparent(R"(\b(namespace|extern)\b)");
  static const std::regex kType(R"(\b(class|struct|union|enum)\b[^()]*$)");
  static const std::regex kAnnotatedType(R"(^\s*(template\s*<.*>\s*)?(class|struct)\s)");
  std::vector<Function> functions;
  const std::string text = without_directives(file.plain);
  std::size_t begin = 0;  // of what stands before the next brace
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ';' || text[at] == '}') begin = at + 1;
    if (text[at] != '{') continue;
    const std::size_t first = std::min(text.find_first_not_of(" \n", begin), at);
    const std::string head = text.substr(first, at - first);
    const bool is_type = std::regex_search(head, kType) || std::regex_search(head, kAnnotatedType);
    if (head.find('(') == std::string::npos || std::regex_search(head, kTransparent) || is_type) {
      begin = at + 1;
      continue;
    }
    std::size_t end = matching_brace(text, at);
    // Brace initialisers of a constructor's members come before its body.
    while (next_char(text, end + 1) == ',' || next_char(text, end + 1) == '{') {
      end = matching_brace(text, std::min(text.find('{', end + 1), text.size() - 1));
    }
    functions.push_back({.head = head.substr(0, head.find('\n')),
                         .line = line_count(text.substr(0, first)) + 1,
                         .lines = line_count(text.substr(first, end - first)) + 1});
    at = end;
    begin = end + 1;
  }
  return functions;
}

std::vector<Include> includes_of(const SourceFile& file) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  const std::vector<std::string> lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(lines[i], match, kInclude)) includes.push_back({match[2], i + 1, match[1] == "\""});
  }
  return includes;
}

std::map<std::string, std::set<std::string>> layer_table() {
  std::map<std::string, std::set<std::string>> table;
  for (const std::string& line :
       lines_of(testing::read_text(fs::path(CACHEBENCH_BINARY_DIR) / "layers.txt"))) {
    const std::size_t colon = line.find(':');
    std::istringstream used(line.substr(colon + 1));
    auto& layers = table[line.substr(0, colon)];
    for (std::string name; used >> name;) layers.insert(name);
  }
  return table;
}

FolderGraph folder_graph() {
  FolderGraph graph;
  for (const SourceFile* file : product_files()) {
    if (!file->in("lib/")) continue;
    for (const Include& include : includes_of(*file)) {
      if (!include.quoted || !fs::exists(kRoot / "lib" / include.target)) continue;
      const std::string to = fs::path("lib/" + include.target).parent_path().generic_string();
      if (to != file->folder()) graph[file->folder()].insert(to);
    }
  }
  return graph;
}

std::vector<std::vector<std::string>> cycles_of(const FolderGraph& graph) {
  const auto reached_from = [&](const std::string& start) {
    std::set<std::string> seen;
    const std::function<void(const std::string&)> visit = [&](const std::string& folder) {
      const auto found = graph.find(folder);
      if (found == graph.end()) return;
      for (const std::string& next : found->second) {
        if (seen.insert(next).second) visit(next);
      }
    };
    visit(start);
    return seen;
  };
  std::map<std::string, std::set<std::string>> reach;
  for (const auto& [folder, targets] : graph) reach[folder] = reached_from(folder);
  std::vector<std::vector<std::string>> cycles;
  std::set<std::string> placed;
  for (const auto& [folder, targets] : reach) {
    if (!targets.contains(folder) || placed.contains(folder)) continue;
    std::vector<std::string> group;
    for (const auto& [other, others] : reach) {
      if (targets.contains(other) && others.contains(folder)) group.push_back(other);
    }
    placed.insert(group.begin(), group.end());
    cycles.push_back(std::move(group));
  }
  return cycles;
}

}  // namespace cachebench::tidy
