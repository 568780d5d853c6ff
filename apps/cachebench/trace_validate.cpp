// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "trace/content_facts.h"
#include "trace/reader.h"
#include "trace_command.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string path;
  trace::ReadOptions read;
  bool json = false;
};

struct Counts {
  std::uint64_t records = 0;
  std::uint64_t beyond_end = 0;  ///< records whose next access lies behind the last one
  std::uint64_t contradicting_inputs = 0;
};

Counts read_all(trace::Reader& reader) {
  Counts counts;
  if (reader.trace_class() == trace::TraceClass::kRequests) {
    trace::Request request;
    trace::ContentFacts facts;
    while (reader.next(request)) {
      ++counts.records;
      for (const trace::Input& input : request.inputs) facts.agrees(input);
    }
    counts.contradicting_inputs = facts.contradictions();
    return counts;
  }
  std::array<trace::ObjectAccess, 1024> batch;
  std::int64_t furthest = -1;
  while (const std::size_t count = reader.next(std::span(batch))) {
    for (std::size_t i = 0; i < count; ++i) furthest = std::max(furthest, batch[i].next);
    counts.records += count;
  }
  if (furthest > 0 && static_cast<std::uint64_t>(furthest) > counts.records) {
    counts.beyond_end = static_cast<std::uint64_t>(furthest) - counts.records;
  }
  return counts;
}

int run(const Options& options) {
  const auto reader = trace::open_trace(options.path, options.read);
  const Counts counts = read_all(*reader);
  const bool cut = counts.beyond_end > 0 && options.read.limit == UINT64_MAX;
  if (cut) {
    std::fprintf(
        stderr,
        "warning: %s: next accesses point up to %llu records behind the end: a part of a longer trace?\n",
        options.path.c_str(), static_cast<unsigned long long>(counts.beyond_end));
  }
  if (counts.contradicting_inputs > 0) {
    std::fprintf(
        stderr,
        "warning: %s: %llu inputs give other similarity codes, or another copy_of, than the same hash did "
        "before: what runs make up for them is not one content\n",
        options.path.c_str(), static_cast<unsigned long long>(counts.contradicting_inputs));
  }
  if (options.json) {
    const nlohmann::ordered_json out{{"path", options.path},
                                     {"ok", true},
                                     {"format", reader->header().format},
                                     {"records", counts.records},
                                     {"skipped", reader->skipped()},
                                     {"next_access_beyond_end", cut},
                                     {"contradicting_inputs", counts.contradicting_inputs}};
    write_stdout(out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    return kExitOk;
  }
  const std::string skipped =
      reader->skipped() == 0 ? "" : fmt::format(", {} malformed ones skipped", reader->skipped());
  write_stdout(fmt::format("{}: ok, {} records, format {}{}\n", options.path, counts.records,
                           reader->header().format, skipped));
  return kExitOk;
}

}  // namespace

void add_trace_validate(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("validate", "Read a trace whole; the first malformed record is an error");
  const auto options = std::make_shared<Options>();
  command->add_option("file", options->path, "Trace")->required();
  command->add_flag("--json", options->json, "Print JSON");
  add_read_options(*command, options->read);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace cachebench::app
