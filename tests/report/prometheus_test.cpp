// SPDX-License-Identifier: Apache-2.0
// The metrics text against the parser and the rules of Prometheus itself.
#include <doctest/doctest.h>

#include "core/file.h"
#include "report/report.h"
#include "support/command.h"
#include "support/sample_result.h"
#include "support/sample_sweep.h"
#include "support/temp_dir.h"

namespace cachebench::report {
namespace {

using testing::run_command;

bool has_promtool() {
  return run_command({"sh", "-c", "command -v promtool"}).exit_code == 0;
}

void check_with_promtool(const std::string& text) {
  if (!has_promtool()) {
    MESSAGE("promtool is not installed (Debian: prometheus): skipped");
    return;
  }
  const testing::TempDir folder;
  const std::string file = (folder.path() / "metrics.prom").string();
  write_file(file, text);
  const testing::CommandResult checked = run_command({"sh", "-c", "promtool check metrics < \"$0\"", file});
  CHECK(checked.err == "");  // its warnings too
  CHECK(checked.out == "");
  CHECK(checked.exit_code == 0);
}

TEST_CASE("promtool has nothing to say about a run with everything in it") {
  result::RunResult sample = test::sample_result();
  sample.trace.name = "a\"b\\c\nd";
  check_with_promtool(render("prometheus", sample));
}

TEST_CASE("nor about an empty one, nor about a sweep") {
  check_with_promtool(render("prometheus", result::RunResult{}));
  check_with_promtool(render("prometheus", test::sample_sweep()));
}

TEST_CASE("the visual registry's gauges have the source's names, with counters beside them") {
  const std::string text = render("prometheus", test::sample_result());
  for (const char* line :
       {"\n# TYPE visual_cache_hits gauge\nvisual_cache_hits 2100\n",
        "\n# TYPE visual_cache_hits_total counter\nvisual_cache_hits_total 2100\n",
        "\n# TYPE visual_cache_misses gauge\nvisual_cache_misses 900\n",
        "\n# TYPE visual_cache_misses_total counter\nvisual_cache_misses_total 900\n",
        "\n# TYPE visual_cache_hit_rate gauge\nvisual_cache_hit_rate 0.7\n",
        "\n# TYPE visual_vram_saved_bytes gauge\nvisual_vram_saved_bytes 8808038400\n",
        "\nvisual_vram_saved_bytes_total 8808038400\n",
        "\n# TYPE visual_cache_entries gauge\nvisual_cache_entries 100\n",
        "\n# TYPE dp_mode_recommendations gauge\ndp_mode_recommendations 1450\n",
        "\n# TYPE dp_mode_recommendations_total counter\ndp_mode_recommendations_total 1450\n",
        "\ndp_mode_refusals_total 150\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

}  // namespace
}  // namespace cachebench::report
