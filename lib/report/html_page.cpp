// SPDX-License-Identifier: Apache-2.0
#include "report/html_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/html_parts.h"
#include "report/markup.h"
#include "result/findings.h"
#include "result/guards.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;
using result::RunResult;

// The first of `paths` that the document has, after `before`; nothing where it has none.
std::string fact(const Json& document, std::initializer_list<const char*> paths, std::string_view before) {
  for (const char* path : paths) {
    const Json* value = value_at(document, path);
    if (value != nullptr && !value->is_structured() && !shown_value(*value).empty()) {
      return fmt::format("{}{}", before, text_figure("b", path, shown_value(*value)));
    }
  }
  return "";
}

std::string what_ran(const RunResult& result, const Json& document) {
  std::string text = result.mode == "real" ? "A real run: bytes moved, times from the clock"
                     : result.mode == "simulate"
                         ? "A simulated run: no bytes moved, times from the cost model"
                         : "A run in mode " + escape_html(result.mode);
  text += ". Trace " + text_figure("b", "/trace/name", result.trace.name);
  text += fmt::format(", {} requests", count_figure("/totals/requests", result.totals.requests));
  text += fact(document, {"/config/model/geometry"}, ", geometry ");
  text += fact(document, {"/config/profile", "/manifest/profile/name", "/manifest/profile"},
               ", hardware profile ");
  text += fact(document, {"/manifest/machine/cpu/model", "/manifest/machine/cpu", "/manifest/cpu"}, ", on ");
  return text + ".";
}

Headline latency_headline(const RunResult& result) {
  for (const char* name : {"request", "request_service"}) {
    const auto found = result.latency.find(name);
    if (found == result.latency.end() || found->second.count == 0) continue;
    const std::string path = pointer("/latency", name);
    return {"Request latency, median", time_figure(path + "/p50_ns", found->second.p50_ns),
            fmt::format("p99 {} {}", time_figure(path + "/p99_ns", found->second.p99_ns),
                        basis_mark(result::name_of(found->second.basis)))};
  }
  return {"Accesses a second",
          rate_figure("/totals/accesses_per_second", result.totals.accesses_per_second()),
          basis_mark("measured")};
}

std::string headlines(const RunResult& result) {
  const result::Totals& totals = result.totals;
  return headline_list(
      {{"Hit ratio", share_figure("/totals/hit_ratio", totals.hit_ratio()),
        fmt::format("{} hits, {} misses", count_figure("/totals/hits", totals.hits),
                    count_figure("/totals/misses", totals.misses))},
       {"Served without computing", share_figure("/totals/served_ratio", totals.served_ratio()),
        fmt::format("of {} accesses", count_figure("/totals/accesses", totals.accesses))},
       {"Time saved", time_figure("/totals/saved_ns", totals.saved_ns),
        fmt::format("{} of service remain {}", time_figure("/totals/service_ns", totals.service_ns),
                    basis_mark("modelled"))},
       latency_headline(result)});
}

std::string warnings(const RunResult& result) {
  std::string html;
  if (result.status != result::Status::kComplete) {
    html += fmt::format("<div class=\"panel bad\" role=\"note\"><p>{}</p>{}</div>\n",
                        result.status == result::Status::kPartial
                            ? "The run was interrupted: every figure is of what was finished until then."
                            : "The run broke a rule of validity: do not quote its figures.",
                        text_list(result.reasons, "/reasons"));
  }
  if (const std::vector<std::string> list = result::guards(result); !list.empty()) {
    html += fmt::format("<div class=\"panel bad\" role=\"note\"><p>Mind</p>{}</div>\n",
                        text_list(list, "/warnings"));
  }
  if (!result.notes.empty()) {
    html += fmt::format("<div class=\"panel\" role=\"note\"><p>Worth knowing</p>{}</div>\n",
                        text_list(result.notes, "/notes"));
  }
  return html;
}

std::string findings_list(const RunResult& result) {
  const std::vector<std::string> lines = result::findings(result);
  std::string html = "<ol class=\"findings\" aria-label=\"Findings\">\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    html += fmt::format("<li>{}</li>\n", text_figure("span", pointer("/findings", i), lines[i]));
  }
  return html + "</ol>\n";
}

}  // namespace

std::string first_screen(const RunResult& result, const Json& document) {
  const char* status = result::name_of(result.status);
  std::string html = "<header class=\"top wide\">\n<p class=\"eyebrow\">cachebench report</p>\n";
  html += fmt::format("<div class=\"title\">{}<span class=\"status status-{}\">{}</span></div>\n",
                      result.name.empty() ? "<h1>run</h1>" : text_figure("h1", "/name", result.name), status,
                      status);
  html += fmt::format("<p class=\"what\">{}</p>\n", what_ran(result, document));
  return html + headlines(result) + warnings(result) + findings_list(result) + repeat_command(document) +
         "</header>\n";
}

std::string settings_section(const Json& document) {
  return fmt::format(
      "<section id=\"configuration\" aria-labelledby=\"h-configuration\"><h2 "
      "id=\"h-configuration\">Configuration</h2>\n"
      "<p class=\"lead\">As resolved: every default filled in.</p>\n<div class=\"card\">{}</div></section>\n"
      "<section id=\"manifest\" aria-labelledby=\"h-manifest\"><h2 id=\"h-manifest\">Manifest</h2>\n"
      "<p class=\"lead\">What is needed to repeat the run, and the machine it ran on.</p>\n"
      "<div class=\"card\">{}</div></section>\n",
      settings_table(document, "config", "Resolved configuration"),
      settings_table(document, "manifest", "Manifest"));
}

}  // namespace cachebench::report
