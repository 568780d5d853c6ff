// SPDX-License-Identifier: Apache-2.0
// One self-contained page: tables that stand by themselves, charts drawn from the document it carries. Its
// policy forbids it to load anything.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/html_page.h"
#include "report/markup.h"
#include "report/report.h"
#include "report/web_assets.h"
#include "result/json.h"

namespace cachebench::report {
namespace {

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

constexpr const char* kNavigation =
    "<nav aria-label=\"Sections\"><ul class=\"wide\"><li><a href=\"#tiers\">Tiers</a></li><li><a "
    "href=\"#kinds\">Kinds</a></li>"
    "<li><a href=\"#misses\">Misses</a></li><li><a href=\"#latency\">Latency</a></li><li><a "
    "href=\"#time\">Over time</a></li>"
    "<li><a href=\"#model\">Model</a></li><li><a href=\"#configuration\">Configuration</a></li>"
    "<li><a href=\"#manifest\">Manifest</a></li></ul></nav>\n";

std::string footer(const result::RunResult& result) {
  return fmt::format(
      "<footer class=\"wide\"><p>Decision log {}</p><p>Trace file SHA-256 {}</p><p>Every figure here is in "
      "the result "
      "document, which this page carries whole. Counts are exact; times say where they come "
      "from.</p></footer>\n",
      text_figure("code", "/decision_log_hash", result.decision_log_hash),
      text_figure("code", "/trace/sha256", result.trace.sha256));
}

std::string render_html(const result::RunResult& result) {
  const nlohmann::ordered_json document = result::to_json(result);
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", kPolicy);
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"generator\" content=\"cachebench\">\n<link rel=\"icon\" href=\"data:,\">\n";
  html += fmt::format("<title>{} – cachebench</title>\n<style>{}</style>\n</head>\n<body>\n",
                      escape_html(result.name), report_style());
  html += "<a class=\"skip\" href=\"#content\">Skip to the figures</a>\n";
  html += first_screen(result, document) + kNavigation;
  html +=
      "<main id=\"content\" class=\"wide\">\n<noscript><p class=\"noscript\">Charts need scripts; every "
      "figure is in the "
      "tables.</p></noscript>\n";
  html += tiers_section(result) + kinds_section(result) + misses_section(result) + latency_section(result);
  html += series_section(result) + model_section(result) + settings_section(document);
  html += "</main>\n" + footer(result);
  html += "<script type=\"application/json\" id=\"result\">" + script_json(document) + "</script>\n";
  html += fmt::format("<script>{}</script>\n</body>\n</html>\n", report_script());
  return html;
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "html",
                                       .extension = "html",
                                       .doc = "one self-contained page with charts",
                                       .render = render_html});

}  // namespace
}  // namespace cachebench::report
