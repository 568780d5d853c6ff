// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

/// A headless browser for tests, run as a process per page. Throws nothing; absent where none is installed.
namespace cachebench::test {

struct BrowserRun {
  std::string page;  ///< path of the HTML file
  int width = 1280;
  bool dark = false;
  std::string screenshot;  ///< path of a PNG to write, or ""
};

struct BrowserOutcome {
  int exit_status = 0;
  std::string dom;      ///< serialised after scripts ran; empty with a screenshot
  std::string console;  ///< console lines, errors included
  std::string net_log;  ///< JSON text of every network event
};

/// The path of chromium-headless-shell, or nothing.
[[nodiscard]] std::optional<std::string> find_browser();

/// Opens the page and waits for it. Scratch files lie beside the page.
[[nodiscard]] BrowserOutcome open_page(const std::string& browser, const BrowserRun& run);

[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace cachebench::test
