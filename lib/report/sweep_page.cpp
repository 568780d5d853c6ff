// SPDX-License-Identifier: Apache-2.0
#include "report/sweep_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/html_parts.h"
#include "report/markup.h"
#include "report/sweep_sections.h"
#include "result/guards.h"

namespace cachebench::report {
namespace {

using Json = nlohmann::ordered_json;
using result::SweepResult;

std::string verdict_of(const result::Recommendation& made) {
  if (made.runner_up.empty() || !made.margin) return "nothing to compare it with";
  if (!made.exceeds_spread) return "spread unknown: one seed, no slices";
  return *made.exceeds_spread ? "exceeds the spread over seeds and slices"
                              : "within the spread over seeds and slices: no difference shown";
}

Headline recommendation_headline(const SweepResult& sweep) {
  if (!sweep.recommendation) return {"Recommended", "–", "no point is complete"};
  const result::Recommendation& made = *sweep.recommendation;
  return {"Recommended", text_figure("span", "/recommendation/policy", made.policy),
          made.runner_up.empty()
              ? std::string("the only candidate")
              : "before " + text_figure("span", "/recommendation/runner_up", made.runner_up)};
}

Headline margin_headline(const SweepResult& sweep) {
  if (!sweep.recommendation) return {"Margin", "–", ""};
  const result::Recommendation& made = *sweep.recommendation;
  std::string under = verdict_of(made);
  if (made.spread) {
    under += fmt::format(" ({})", share_figure("/recommendation/spread", made.spread));
  }
  return {"Margin over the runner-up", share_figure("/recommendation/margin", made.margin), under};
}

bool several_traces(const SweepResult& sweep) {
  return std::any_of(sweep.axes.begin(), sweep.axes.end(), [](const result::SweepAxis& axis) {
    return axis.path.starts_with("trace") && axis.values.size() > 1;
  });
}

std::string headlines(const SweepResult& sweep, const Json& document) {
  const auto count = [&](const char* path) {
    return count_figure(path, document.at(Json::json_pointer(path)).get<std::uint64_t>());
  };
  return headline_list({recommendation_headline(sweep),
                        margin_headline(sweep),
                        {"Points", count("/counts/points"), count("/counts/complete") + " complete"},
                        {several_traces(sweep) ? "Accesses of the first trace" : "Accesses of the trace",
                         count_figure("/trace/accesses", sweep.trace.accesses),
                         fmt::format("{} distinct", count_figure("/trace/distinct", sweep.trace.distinct))}});
}

std::string panels(const SweepResult& sweep) {
  std::string html;
  if (sweep.recommendation) {
    html += fmt::format("<div class=\"panel\" role=\"note\"><p>{}</p></div>\n",
                        text_figure("span", "/recommendation/why", sweep.recommendation->why));
  }
  if (sweep.status != result::Status::kComplete) {
    html += fmt::format(
        "<div class=\"panel bad\" role=\"note\"><p>The sweep is {}: every figure is of the points that were "
        "finished.</p>{}</div>\n",
        result::name_of(sweep.status), text_list(sweep.reasons, "/reasons"));
  }
  if (const std::vector<std::string> list = result::guards(sweep); !list.empty()) {
    html += fmt::format("<div class=\"panel bad\" role=\"note\"><p>Mind</p>{}</div>\n",
                        text_list(list, "/warnings"));
  }
  if (!sweep.notes.empty()) {
    html += fmt::format("<div class=\"panel\" role=\"note\"><p>Worth knowing</p>{}</div>\n",
                        text_list(sweep.notes, "/notes"));
  }
  return html;
}

std::string sweep_first_screen(const SweepResult& sweep, const Json& document) {
  const char* status = result::name_of(sweep.status);
  std::string html = "<header class=\"top wide\">\n<p class=\"eyebrow\">cachebench sweep</p>\n";
  html += fmt::format("<div class=\"title\">{}<span class=\"status status-{}\">{}</span></div>\n",
                      sweep.name.empty() ? "<h1>sweep</h1>" : text_figure("h1", "/name", sweep.name), status,
                      status);
  html += fmt::format(
      "<p class=\"what\">Simulated points over trace {}{}; times come from the cost model {}.</p>\n",
      text_figure("b", "/trace/name", sweep.trace.name),
      several_traces(sweep) ? " and others, see the axes" : "", basis_mark("modelled"));
  return html + headlines(sweep, document) + panels(sweep) + repeat_command(document) + "</header>\n";
}

std::string axes_section(const Json& document) {
  return section("axes", "Axes and manifest", "What was varied, and what is needed to repeat it.",
                 card((document.contains("axes") ? settings_table(document, "axes", "Axes") : "") +
                      settings_table(document, "manifest", "Manifest")));
}

std::string sweep_footer(const SweepResult& sweep) {
  return fmt::format(
      "<footer class=\"wide\"><p>Trace file SHA-256 {}</p><p>Every figure here is in the document, which "
      "this "
      "page carries whole. Counts are exact; times say where they come from.</p></footer>\n",
      text_figure("code", "/trace/sha256", sweep.trace.sha256));
}

}  // namespace

std::string sweep_page(const SweepResult& sweep) {
  const Json document = result::to_json(sweep);
  struct Part {
    const char* id;
    const char* name;
    std::string html;
  };
  const Part parts[] = {
      {"ranking", "Ranking", ranking_section(sweep)}, {"pareto", "Pareto front", pareto_section(sweep)},
      {"curves", "Curves", curves_section(sweep)},    {"heat", "Heat map", heat_section(sweep)},
      {"regret", "Regret", regret_section(sweep)},    {"kinds", "Kinds", candidate_kinds_section(sweep)},
      {"points", "Points", points_section(sweep)},    {"axes", "Axes", axes_section(document)}};
  Page page{.plain_title = sweep.name,
            .header = sweep_first_screen(sweep, document),
            .navigation = {},
            .main = "",
            .footer = sweep_footer(sweep)};
  for (const Part& part : parts) {
    if (part.html.empty()) continue;
    page.navigation.emplace_back(part.id, part.name);
    page.main += part.html;
  }
  return html_page(page, document);
}

}  // namespace cachebench::report
