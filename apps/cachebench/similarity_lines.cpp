// SPDX-License-Identifier: Apache-2.0
#include "similarity_lines.h"

#include <fmt/format.h>

namespace cachebench::app {

std::string similarity_lines(const result::RunResult& result) {
  if (!result.multimodal || result.totals.similar_hits == 0) return "";
  const result::SimilarityOutcome& outcome = result.multimodal->similarity;
  std::string text =
      fmt::format("  similar hits {}: of {} that the trace can judge, {} served other content\n",
                  result.totals.similar_hits, outcome.judged, outcome.false_accepts);
  for (const result::SimilarityError& error : outcome.errors) {
    if (error.compared == 0) continue;
    text += fmt::format(
        "    {} ones ({}): error mean {:.3f}, median {:.3f}, 90% below {:.3f}, largest {:.3f}; mean cosine "
        "{:.3f}, {} compared\n",
        error.verdict, error.basis, error.mean_relative_l2, error.p50_relative_l2, error.p90_relative_l2,
        error.max_relative_l2, error.mean_cosine, error.compared);
  }
  return text;
}

}  // namespace cachebench::app
