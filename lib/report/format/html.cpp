// SPDX-License-Identifier: Apache-2.0
// One self-contained page: tables that stand by themselves, charts drawn from the document it carries. Its
// policy forbids it to load anything.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/compression_section.h"
#include "report/html_page.h"
#include "report/html_parts.h"
#include "report/markup.h"
#include "report/multimodal_section.h"
#include "report/pipeline_section.h"
#include "report/policy_sections.h"
#include "report/report.h"
#include "report/sweep_page.h"
#include "report/visual_section.h"
#include "result/json.h"

namespace cachebench::report {
namespace {

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
  struct Part {
    const char* id;
    const char* name;
    std::string html;
  };
  const Part parts[] = {{"tiers", "Tiers", tiers_section(result)},
                        {"kinds", "Kinds", kinds_section(result)},
                        {"misses", "Misses", misses_section(result)},
                        {"bounds", "Optimum", bounds_section(result)},
                        {"latency", "Latency", latency_section(result)},
                        {"time", "Over time", series_section(result)},
                        {"model", "Model", model_section(result)},
                        {"prefetch", "Prefetching", prefetch_section(result)},
                        {"compression", "Compression", compression_section(result)},
                        {"multimodal", "Multimodal", multimodal_section(result)},
                        {"visual", "Visual", visual_section(result)},
                        {"pipeline", "Pipeline", pipeline_section(result)},
                        {"facts", "Policies", facts_section(result)}};
  Page page{.plain_title = result.name,
            .header = first_screen(result, document),
            .navigation = {},
            .main = "",
            .footer = footer(result)};
  for (const Part& part : parts) {
    if (part.html.empty()) continue;
    page.navigation.emplace_back(part.id, part.name);
    page.main += part.html;
  }
  page.navigation.insert(page.navigation.end(),
                         {{"configuration", "Configuration"}, {"manifest", "Manifest"}});
  page.main += settings_section(document);
  return html_page(page, document);
}

CACHEBENCH_REGISTER(ReportDescriptor, {.name = "html",
                                       .extension = "html",
                                       .doc = "one self-contained page with charts",
                                       .render = render_html,
                                       .render_sweep = sweep_page});

}  // namespace
}  // namespace cachebench::report
