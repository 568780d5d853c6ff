// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "ingest/import_openai_chat.h"
#include "trace_command.h"

namespace cachebench::app {
namespace {

struct Options {
  ingest::ImportRequest request;
  std::string from;
  std::string interval;
  bool no_codes = false;
  bool json = false;
};

std::string text_of(const ingest::ImportRequest& request, const ingest::ImportSummary& summary) {
  const ingest::ContentCounts& content = summary.content;
  std::string text = fmt::format("{}: {} requests of {} sessions, {} with attached lengths\n", request.out,
                                 summary.requests, summary.sessions, summary.with_usage);
  text += fmt::format("texts: {}, about {} tokens at {} bytes each ({})\n", content.texts,
                      content.text_tokens, summary.bytes_per_token,
                      request.bytes_per_token ? "given"
                      : summary.calibrated    ? "from attached lengths"
                                              : "assumed");
  text += fmt::format("images: {}, {} distinct, {} visual tokens; videos: {}; audio: {}\n", content.images,
                      content.distinct_images, content.visual_tokens, content.videos, content.audios);
  if (content.remote > 0)
    text += fmt::format("{} images or videos are known by their URL alone: their size is assumed\n",
                        content.remote);
  if (content.unsized > 0)
    text += fmt::format("{} images are in a format whose size is not read: it is assumed\n", content.unsized);
  if (!summary.timed) text += "the log has no times: arrivals are made up, evenly spaced\n";
  if (summary.moved > 0)
    text +=
        fmt::format("{} requests were too far out of order and were moved to a later time\n", summary.moved);
  if (summary.skipped > 0) text += fmt::format("{} malformed lines skipped\n", summary.skipped);
  text += content.kept_files > 0
              ? fmt::format("{} contents kept in {}\n", content.kept_files, request.keep_content)
              : std::string("no content was kept\n");
  return text;
}

std::string json_of(const ingest::ImportRequest& request, const ingest::ImportSummary& summary) {
  const ingest::ContentCounts& content = summary.content;
  const nlohmann::ordered_json out{{"path", request.out},
                                   {"requests", summary.requests},
                                   {"sessions", summary.sessions},
                                   {"responses", summary.responses},
                                   {"requests_with_lengths", summary.with_usage},
                                   {"skipped", summary.skipped},
                                   {"moved", summary.moved},
                                   {"timed", summary.timed},
                                   {"bytes_per_token", summary.bytes_per_token},
                                   {"bytes_per_token_from", request.bytes_per_token ? "given"
                                                            : summary.calibrated    ? "attached lengths"
                                                                                    : "assumed"},
                                   {"texts", content.texts},
                                   {"text_tokens", content.text_tokens},
                                   {"images", content.images},
                                   {"distinct_images", content.distinct_images},
                                   {"visual_tokens", content.visual_tokens},
                                   {"videos", content.videos},
                                   {"audios", content.audios},
                                   {"remote", content.remote},
                                   {"images_without_size", content.unsized},
                                   {"kept_files", content.kept_files}};
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int run(Options& options) {
  options.request.codes = !options.no_codes;
  if (!options.interval.empty()) options.request.interval = parse_duration(options.interval);
  const ingest::ImportSummary summary = ingest::import_openai_chat(options.request);
  if (options.json) write_stdout(json_of(options.request, summary));
  std::fputs(text_of(options.request, summary).c_str(), stderr);
  return kExitOk;
}

}  // namespace

void add_trace_import(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("import", "Turn a log of real requests into a trace without content");
  const auto options = std::make_shared<Options>();
  ingest::ImportRequest& request = options->request;
  command->add_option("--from", options->from, "Shape of the log: openai-chat (chat bodies, Batch lines)")
      ->required()
      ->check(CLI::IsMember({"openai-chat"}));
  command->add_option("in", request.in, "Log, JSON Lines, may be compressed with zstd")->required();
  command->add_option("out", request.out, "Trace to write; a name ending in .zst is compressed")->required();
  command->add_option("--responses", request.responses, "Log of the responses, where it is another file");
  command->add_option("--content", request.content, "Folder of the files that the log names")
      ->type_name("DIR");
  command
      ->add_option("--keep-content", request.keep_content, "Keep every content in this folder, by its hash")
      ->type_name("DIR");
  command->add_option("--geometry", request.geometry, "Model that counts visual tokens: 2b (default), tiny");
  command->add_option("--bytes-per-token", request.bytes_per_token,
                      "Of text (default: from attached counts, else 4)");
  command->add_option("--interval", options->interval,
                      "Between requests of a log without times (default: 1s)");
  command->add_flag("--no-codes", options->no_codes, "Leave SimHash and pHash out; pictures are not decoded");
  command->add_option("--skip-bad", request.skip_bad, "Malformed lines to skip before it is an error");
  command->add_option("--limit", request.limit, "Requests to take (default: all)");
  command->add_flag("--json", options->json, "Print the summary as JSON on standard output");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace cachebench::app
