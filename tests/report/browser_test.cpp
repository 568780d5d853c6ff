// SPDX-License-Identifier: Apache-2.0
// The HTML report in a real browser: charts drawn, nothing on the console, nothing asked of the network, and
// readable at every width, light and dark. Skipped, and said so, where no headless browser is installed.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "report/compare_page.h"
#include "report/report.h"
#include "report/similarity_page.h"
#include "result/json.h"
#include "support/sample_result.h"
#include "support/sample_study.h"
#include "support/sample_sweep.h"

namespace {

using namespace cachebench;

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

[[nodiscard]] std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::string> find_browser() {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "/usr/bin" : path;
  folders += ':';
  std::size_t start = 0;
  for (std::size_t end = folders.find(':'); end != std::string::npos; end = folders.find(':', start)) {
    const std::string candidate = folders.substr(start, end - start) + "/chromium-headless-shell";
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  return std::nullopt;
}

BrowserOutcome open_page(const std::string& browser, const BrowserRun& run) {
  const std::string dom = run.page + ".dom";
  const std::string log = run.page + ".log";
  const std::string net = run.page + ".net";
  std::string command = "HOME='" + run.page + ".home' timeout 60 '" + browser +
                        "' --headless --no-sandbox --disable-gpu --hide-scrollbars --force-color-profile=srgb"
                        " --disable-dev-shm-usage --enable-logging=stderr --log-net-log='" +
                        net + "' --window-size=" + std::to_string(run.width) + ",2400";
  if (run.dark) command += " --blink-settings=preferredColorScheme=0";
  command += run.screenshot.empty() ? std::string(" --dump-dom") : " --screenshot='" + run.screenshot + "'";
  command += " 'file://" + run.page + "' >'" + dom + "' 2>'" + log + "'";
  BrowserOutcome outcome;
  outcome.exit_status = std::system(command.c_str());
  outcome.dom = read_text(dom);
  const std::string lines = read_text(log);
  for (std::size_t at = lines.find("CONSOLE"); at != std::string::npos; at = lines.find("CONSOLE", at + 1)) {
    outcome.console += lines.substr(at, lines.find('\n', at) - at) + "\n";
  }
  outcome.net_log = read_text(net);
  return outcome;
}

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cachebench-page-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

/// Every URL a request was made for, the page itself apart.
std::size_t requests_in(const std::string& net_log, const std::string& page) {
  // A browser that is killed may leave the list of events open.
  std::string text = net_log;
  nlohmann::json log = nlohmann::json::parse(text, nullptr, false);
  if (log.is_discarded())
    log = nlohmann::json::parse(text.substr(0, text.rfind('}') + 1) + "]}", nullptr, false);
  REQUIRE(!log.is_discarded());
  std::size_t count = 0;
  for (const auto& event : log.at("events")) {
    if (!event.contains("params") || !event["params"].is_object() || !event["params"].contains("url"))
      continue;
    const std::string url = event["params"]["url"].get<std::string>();
    if (url != "file://" + page && !url.starts_with("data:")) ++count;
  }
  return count;
}

std::optional<std::string> browser_or_say_so() {
  std::optional<std::string> browser = find_browser();
  if (!browser) MESSAGE("skipped: chromium-headless-shell is not installed");
  return browser;
}

// Measures the page from inside, as its policy allows: does anything reach beyond the window?
const std::string kRuler =
    "<script>document.documentElement.dataset.overflow ="
    " String(document.documentElement.scrollWidth > window.innerWidth);"
    "document.documentElement.dataset.shapes = [...document.querySelectorAll('[data-chart]')].map((c) =>"
    " c.querySelectorAll('svg path, svg text').length).join(' ');</script></html>";

struct Drawn {
  const char* what;
  std::string html;
  int charts;
};

std::string compared_page() {
  const auto a = result::to_json(test::sample_result());
  auto b = a;
  std::int64_t step = 0;
  for (auto& tier : b["tiers"]) tier["evictions"] = tier["evictions"].get<std::int64_t>() + 900 * ++step;
  b["latency"]["L2"]["p50_ns"] = 500'000;
  b["latency"]["L3"]["p90_ns"] = 9'000'000;
  return report::compare_page(result::compare(
      {{.name = "a", .documents = {&a}}, {.name = "b", .documents = {&b}}}, result::OnDifference::kTell));
}

void check_drawn(const std::string& browser, const Folder& folder, const Drawn& drawn) {
  const std::string page = folder.write("report.html", drawn.html + kRuler);
  const std::string charts = std::to_string(drawn.charts);
  for (const int width : {400, 1600}) {
    for (const bool dark : {false, true}) {
      CAPTURE(drawn.what);
      CAPTURE(width);
      CAPTURE(dark);
      const auto seen = open_page(browser, {.page = page, .width = width, .dark = dark, .screenshot = ""});
      CHECK(seen.exit_status == 0);
      CHECK(seen.console == "");
      CHECK(requests_in(seen.net_log, page) == 0);
      CHECK(seen.dom.find("data-charts=\"" + charts + "\"") != std::string::npos);
      CHECK(seen.dom.find("data-failed") == std::string::npos);
      CHECK(occurrences(seen.dom, "<svg") == static_cast<std::size_t>(drawn.charts));
      CHECK(seen.dom.find("data-overflow=\"false\"") != std::string::npos);
      const std::size_t at = seen.dom.find("data-shapes=\"");
      REQUIRE(at != std::string::npos);
      std::istringstream shapes(seen.dom.substr(at + 13, seen.dom.find('"', at + 13) - at - 13));
      int seen_charts = 0;
      for (int count = 0; shapes >> count; ++seen_charts) CHECK(count > 8);
      CHECK(seen_charts == drawn.charts);
    }
  }
}

TEST_CASE("every chart is drawn, at every width, light and dark, without a word on the console") {
  const auto browser = browser_or_say_so();
  if (!browser) return;
  const Folder folder;
  const Drawn pages[] = {{"run", report::render("html", test::sample_result()), 10},
                         {"sweep", report::render("html", test::sample_sweep()), 6},
                         {"short sweep", report::render("html", test::sample_short_sweep()), 4},
                         {"comparison", compared_page(), 1},
                         {"similar pictures", report::similarity_page(test::sample_study()), 2}};
  for (const Drawn& drawn : pages) check_drawn(*browser, folder, drawn);
}

TEST_CASE("the pictures of light and dark, narrow and wide are not blank and not the same") {
  const auto browser = browser_or_say_so();
  if (!browser) return;
  const Folder folder;
  const std::string page = folder.write("report.html", report::render("html", test::sample_result()));
  std::vector<std::string> pictures;
  for (const int width : {400, 1600}) {
    for (const bool dark : {false, true}) {
      const std::string png = folder.file(std::to_string(width) + (dark ? "d.png" : "l.png"));
      CHECK(
          open_page(*browser, {.page = page, .width = width, .dark = dark, .screenshot = png}).exit_status ==
          0);
      pictures.push_back(read_text(png));
      CHECK(pictures.back().size() >
            50'000);  // an empty page of this size compresses to a few thousand bytes
    }
  }
  CHECK(pictures[0] != pictures[1]);
  CHECK(pictures[2] != pictures[3]);
}

TEST_CASE("the test would see a request, and an error on the console") {
  const auto browser = browser_or_say_so();
  if (!browser) return;
  const Folder folder;
  const std::string page = folder.write(
      "bad.html",
      "<!doctype html><img src=\"http://127.0.0.1:9/x.png\"><script>throw new Error('seen')</script>");
  const auto seen = open_page(*browser, {.page = page, .width = 800, .dark = false, .screenshot = ""});
  CHECK(requests_in(seen.net_log, page) > 0);
  CHECK(seen.console.find("seen") != std::string::npos);
}

TEST_CASE("hostile names run nothing, and a result with nothing in it is still a page") {
  const auto browser = browser_or_say_so();
  if (!browser) return;
  const Folder folder;
  result::RunResult hostile = test::sample_result();
  const std::string evil = "</script><img src=x onerror=\"document.title='taken'\"><b>";
  hostile.name = hostile.trace.name = hostile.tiers[0].name = evil;
  hostile.kinds[evil] = {};
  hostile.latency[evil] = hostile.latency["L1"];
  hostile.model_check[0].kind = evil;
  hostile.notes = {evil};
  for (const result::RunResult& result : {hostile, result::RunResult{}}) {
    const std::string page = folder.write("report.html", report::render("html", result));
    const auto seen = open_page(*browser, {.page = page, .width = 1280, .dark = false, .screenshot = ""});
    CHECK(seen.console == "");
    CHECK(requests_in(seen.net_log, page) == 0);
    CHECK(seen.dom.find("data-charts=") != std::string::npos);
    CHECK(seen.dom.find("data-failed") == std::string::npos);
    CHECK(seen.dom.find("<img") == std::string::npos);
    CHECK(seen.dom.find("<title>taken") == std::string::npos);
  }
}

}  // namespace
