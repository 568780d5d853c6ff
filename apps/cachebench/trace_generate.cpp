// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "trace/fields.h"
#include "trace/synthetic/generate.h"
#include "trace/synthetic/servegen.h"
#include "trace/synthetic/spec.h"
#include "trace/synthetic/zipf.h"
#include "trace/writer.h"
#include "trace_command.h"

namespace cachebench::app {
namespace {

struct Options {
  std::string spec;
  std::string zipf;
  std::string servegen;
  std::string out;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> limit;
  bool print_spec = false;
};

trace::ZipfTrace parse_zipf(const std::string& text) {
  std::array<std::string_view, 3> fields;
  if (trace::split_fields(text, fields) != fields.size()) {
    throw Error(ErrorKind::kUsage, fmt::format("--zipf {}: expected RECORDS,OBJECTS,ALPHA", text));
  }
  try {
    return {.records = trace::parse_count(fields[0], "number of records"),
            .objects = trace::parse_count(fields[1], "number of objects"),
            .alpha = trace::parse_real(fields[2], "alpha")};
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, fmt::format("--zipf {}: {}", text, error.what()));
  }
}

int generate_zipf(const Options& options) {
  trace::ZipfTrace zipf = parse_zipf(options.zipf);
  zipf.seed = options.seed.value_or(1);
  if (options.limit) zipf.records = std::min(zipf.records, *options.limit);
  const bool csv = options.out.ends_with(".csv") || options.out.ends_with(".csv.zst");
  const auto writer = trace::create_trace(options.out, csv ? "csv" : "oracleGeneral", {});
  trace::generate_zipf(zipf, *writer);
  writer->finish();
  std::fprintf(stderr, "%s: %llu records, %llu objects, alpha %g, seed %llu\n", options.out.c_str(),
               static_cast<unsigned long long>(zipf.records), static_cast<unsigned long long>(zipf.objects),
               zipf.alpha, static_cast<unsigned long long>(zipf.seed));
  return kExitOk;
}

trace::GeneratorSpec spec_of(const Options& options) {
  trace::GeneratorSpec spec;
  if (options.servegen.empty()) {
    spec = trace::load_spec(options.spec);
    if (options.seed) spec.seed = *options.seed;
  } else {
    const trace::ReuseModel reuse;
    spec = trace::servegen_spec(options.servegen, reuse, options.seed.value_or(1));
    std::fprintf(stderr, "%s\n", trace::describe(reuse).c_str());
  }
  if (options.limit) spec.requests = std::min(spec.requests, *options.limit);
  return spec;
}

int generate_requests(const Options& options) {
  const trace::GeneratorSpec spec = spec_of(options);
  if (options.print_spec) write_stdout(trace::to_json(spec).dump(1) + "\n");
  if (options.out.empty()) return kExitOk;
  if (options.out.find(".jsonl") == std::string::npos) {
    std::fprintf(stderr, "note: %s will hold the native format, whose usual suffix is .jsonl or .jsonl.zst\n",
                 options.out.c_str());
  }
  const auto writer = trace::create_trace(options.out, "native", trace::Generator(spec).header());
  const std::uint64_t made = trace::generate(spec, *writer);
  if (made == 0) throw Error(ErrorKind::kUsage, "the spec gives no request at all");
  writer->finish();
  std::fprintf(stderr, "%s: %llu requests, seed %llu\n", options.out.c_str(),
               static_cast<unsigned long long>(made), static_cast<unsigned long long>(spec.seed));
  return kExitOk;
}

int run(const Options& options) {
  if (options.out.empty() && !options.print_spec) {
    throw Error(ErrorKind::kUsage, "trace generate: name the file to write, or give --print-spec");
  }
  return options.zipf.empty() ? generate_requests(options) : generate_zipf(options);
}

}  // namespace

void add_trace_generate(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand("generate", "Make a trace from a spec; same seed, same bytes");
  const auto options = std::make_shared<Options>();
  CLI::Option_group* source = command->add_option_group("source");
  source->add_option("--spec", options->spec, "Generator spec (docs/traces.md)")->type_name("FILE");
  source->add_option("--zipf", options->zipf, "Unit-size accesses, object k with probability ~ 1/k^ALPHA")
      ->type_name("RECORDS,OBJECTS,ALPHA");
  source->add_option("--servegen", options->servegen, "Folder of ServeGen client tables")->type_name("DIR");
  source->require_option(1);
  command->add_option("out", options->out,
                      "File to write: native, or for --zipf oracleGeneral or .csv; .zst compresses");
  command->add_option("--seed", options->seed, "Seed (default: the spec's, else 1)");
  command->add_option("--limit", options->limit, "Records at most");
  command->add_flag("--print-spec", options->print_spec, "Print the whole spec as JSON");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace cachebench::app
