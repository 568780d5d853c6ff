// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "command.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "model/backend_loader.h"
#include "model/prompt_layout.h"
#include "model_command.h"
#include "pipeline/direct_executor.h"
#include "pipeline/request_size.h"

namespace cachebench::app {
namespace {

using Json = nlohmann::ordered_json;

/// A line "NAME:   12345 kB" of this process's status; 0 where the system does not say.
std::uint64_t status_bytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(line.find_first_of("0123456789"))) * 1024;
  }
  return 0;
}

struct Step {
  pipeline::AsyncMultimodalResult result;
  std::uint64_t resident = 0;  ///< after it
};

pipeline::AsyncMultimodalRequest request_of(const ModelRunOptions& options, std::uint64_t id) {
  pipeline::AsyncMultimodalRequest request = pipeline::make_request(options.prompt, options.images);
  if (options.prompt_tokens > 0) {
    request.parts.back() = pipeline::TextContentPart{.content = Key{0, 1}, .tokens = options.prompt_tokens};
  }
  request.id = id;
  request.max_new_tokens = options.tokens;
  request.stop_at_end = false;
  request.sampling = options.sampling;
  if (options.stream) {
    request.on_token = [](const pipeline::StreamedToken& token) {
      write_stdout(fmt::format("request {} token {}: {}\n", token.request, token.index, token.token));
    };
  }
  return request;
}

Json json_of(const Step& step) {
  const pipeline::AsyncMultimodalResult& result = step.result;
  Json json{{"id", result.id},
            {"status", pipeline::name_of(result.status)},
            {"error", result.error},
            {"prompt_tokens", result.prompt_tokens},
            {"images_encoded", result.cache.images_encoded},
            {"tokens", result.tokens},
            {"total_ns", result.timings.total.count()},
            {"resident_bytes", step.resident}};
  json["first_token_ns"] = result.timings.first_token ? Json(result.timings.first_token->count()) : Json();
  const auto gap = result.timings.per_token();
  json["per_token_ns"] = gap ? Json(gap->count()) : Json();
  return json;
}

std::string line_of(const Step& step) {
  const pipeline::AsyncMultimodalResult& result = step.result;
  if (!result.ok()) return fmt::format("{}\n", result.error);
  const auto time = [](const std::optional<Nanoseconds>& t) { return t ? format_duration(*t) : "-"; };
  return fmt::format(
      "request {}: {} prompt tokens, first token after {}, then one each {}, {} resident: {}\n", result.id,
      result.prompt_tokens, time(result.timings.first_token), time(result.timings.per_token()),
      format_bytes(Bytes{step.resident}), fmt::join(result.tokens, " "));
}

}  // namespace

int run_model(const ModelRunOptions& options) {
  if (options.requests == 0) throw Error(ErrorKind::kUsage, "--requests 0: there is nothing to run");
  const RealClock clock;
  const Nanoseconds begin = clock.now();
  const auto runner = model::load_runner(options.runner).make(options.model);
  const Nanoseconds loaded = clock.now() - begin;
  const std::uint64_t resident_loaded = status_bytes("VmRSS:");
  pipeline::DirectExecutor executor(*runner, clock);
  std::vector<Step> steps;
  std::string error;  // the first
  for (std::uint64_t id = 0; id < options.requests; ++id) {
    const pipeline::AsyncMultimodalRequest request = request_of(options, id);
    static_cast<void>(pipeline::measure(request, runner->geometry()));
    const pipeline::BatchItem item{.request = &request, .submitted = clock.now()};
    steps.push_back({.result = std::move(executor.execute({&item, 1}).front()), .resident = 0});
    steps.back().resident = status_bytes("VmRSS:");
    if (error.empty()) error = steps.back().result.error;
    if (!options.json) write_stdout(line_of(steps.back()));
  }
  if (options.json) {
    Json all = Json::array();
    for (const Step& step : steps) all.push_back(json_of(step));
    const Json document{
        {"runner", options.runner},
        {"model", options.model.checkpoint.empty() ? options.model.preset : options.model.checkpoint},
        {"dtype", name_of(runner->geometry().dtype())},
        {"weights", options.model.weights},
        {"threads", options.model.threads},
        {"load_ns", loaded.count()},
        {"resident_loaded_bytes", resident_loaded},
        {"peak_resident_bytes", status_bytes("VmHWM:")},
        {"requests", all}};
    write_stdout(document.dump(2) + "\n");
  }
  if (!error.empty()) throw Error(ErrorKind::kInput, error);
  return kExitOk;
}

}  // namespace cachebench::app
