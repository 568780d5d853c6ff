// SPDX-License-Identifier: Apache-2.0
#include "ingest/import_openai_chat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "ingest/chat_log.h"
#include "ingest/sessions.h"
#include "model/prompt_layout.h"
#include "trace/byte_source.h"
#include "trace/line_reader.h"
#include "trace/record_lines.h"
#include "trace/writer.h"

namespace cachebench::ingest {
namespace {

/// Requests that wait for earlier ones further down in the file.
constexpr std::size_t kWindow = 1024;
constexpr std::size_t kWindowInputs = 1'000'000;  // of all of them
/// Attached tokens below which their ratio to bytes says little.
constexpr std::uint64_t kEnoughTokens = 64;

/// What the first reading keeps of a request or response, by `custom_id`.
struct Exchange {
  Usage usage;
  std::optional<Nanoseconds> time;
  std::uint64_t text_bytes = 0;  ///< of a request of text alone, else 0
};

struct Survey {
  std::unordered_map<Key, Exchange> by_id;
  std::uint64_t responses = 0;
  std::uint64_t text_bytes = 0;   ///< of requests of text alone with an attached count
  std::uint64_t text_tokens = 0;  ///< that count
  std::optional<Nanoseconds> first_time;
};

std::uint64_t text_bytes_of(const ChatLine& line) {
  std::uint64_t bytes = line.tools.size();
  for (const Message& message : line.messages) {
    for (const Part& part : message.parts) {
      if (part.kind != PartKind::kText) return 0;
      bytes += part.value.size();
    }
  }
  return bytes;
}

void note(const ChatLine& line, Survey& survey) {
  if (!survey.first_time) survey.first_time = line.time;
  const std::uint64_t bytes = line.is_request ? text_bytes_of(line) : 0;
  if (!line.is_request) ++survey.responses;
  if (line.custom_id.empty()) {
    if (bytes == 0 || !line.usage.prompt_tokens) return;
    survey.text_bytes += bytes;
    survey.text_tokens += *line.usage.prompt_tokens;
    return;
  }
  Exchange& exchange = survey.by_id[hash_key(line.custom_id)];
  if (line.is_request) exchange.text_bytes = bytes;
  if (!line.is_request) exchange.time = line.time;
  if (line.usage.prompt_tokens) exchange.usage.prompt_tokens = line.usage.prompt_tokens;
  if (line.usage.completion_tokens) exchange.usage.completion_tokens = line.usage.completion_tokens;
}

// Malformed lines are the second reading's business.
void survey_file(const std::string& path, Survey& survey) {
  const auto source = trace::open_source(path);
  trace::LineReader lines(*source);
  std::string_view text;
  while (lines.next(text)) {
    try {
      note(parse_chat_line(text), survey);
    } catch (const Error&) {
      continue;
    }
  }
}

Survey survey_of(const ImportRequest& request) {
  Survey survey;
  survey_file(request.in, survey);
  if (!request.responses.empty()) survey_file(request.responses, survey);
  for (const auto& [id, exchange] : survey.by_id) {
    if (exchange.text_bytes == 0 || !exchange.usage.prompt_tokens) continue;
    survey.text_bytes += exchange.text_bytes;
    survey.text_tokens += *exchange.usage.prompt_tokens;
  }
  return survey;
}

ImportSummary start_summary(const ImportRequest& request, const Survey& survey) {
  ImportSummary summary;
  summary.responses = survey.responses;
  summary.timed = survey.first_time.has_value();
  if (request.bytes_per_token) {
    summary.bytes_per_token = *request.bytes_per_token;
  } else if (survey.text_tokens >= kEnoughTokens) {
    const double ratio = static_cast<double>(survey.text_bytes) / static_cast<double>(survey.text_tokens);
    summary.bytes_per_token = std::clamp(std::round(ratio * 1000) / 1000, 0.25, 64.0);
    summary.calibrated = true;
  }
  return summary;
}

trace::Header header_of(const ImportRequest& request, const ImportSummary& summary) {
  trace::Header header;
  header.format = "native";
  header.copies_known = false;  // nobody says which pictures are copies of which
  header.name = std::filesystem::path(request.in).filename().string();
  header.source = "a log of OpenAI chat requests";
  header.notes = fmt::format("text tokens: bytes / {} ({}); visual tokens by geometry {}; arrivals {}",
                             summary.bytes_per_token,
                             request.bytes_per_token ? "given"
                             : summary.calibrated    ? "from attached counts of requests of text alone"
                                                     : "assumed",
                             request.geometry, summary.timed ? "as logged" : "made up, evenly spaced");
  return header;
}

/// Requests in order of time, as far as a window sees.
class OrderedWriter {
 public:
  OrderedWriter(const std::string& path, const trace::Header& header)
      : writer_(trace::create_trace(path, "native", header)) {}
  void add(Nanoseconds time, trace::Request request) {
    inputs_ += request.inputs.size();
    waiting_.emplace(std::pair(time, added_++), std::move(request));
    while (waiting_.size() > kWindow || (inputs_ > kWindowInputs && waiting_.size() > 1)) write_first();
  }
  void finish() {
    while (!waiting_.empty()) write_first();
    writer_->finish();
  }
  [[nodiscard]] std::uint64_t moved() const { return moved_; }

 private:
  void write_first() {
    auto first = waiting_.extract(waiting_.begin());
    const Nanoseconds time = first.key().first;
    if (!start_) start_ = time;
    trace::Request& request = first.mapped();
    inputs_ -= request.inputs.size();
    const Nanoseconds arrival = time - *start_;
    if (arrival < last_) ++moved_;
    last_ = request.arrival = std::max(arrival, last_);
    request.id = written_++;
    writer_->write(request);
  }

  std::unique_ptr<trace::Writer> writer_;
  std::map<std::pair<Nanoseconds, std::uint64_t>, trace::Request> waiting_;
  std::optional<Nanoseconds> start_;
  Nanoseconds last_{0};
  std::size_t inputs_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t moved_ = 0;
};

class Importer {
 public:
  Importer(const ImportRequest& request, Survey survey)
      : request_(request),
        survey_(std::move(survey)),
        summary_(start_summary(request, survey_)),
        geometry_(model::geometry_named(request.geometry)),
        content_({.content = request.content,
                  .keep_content = request.keep_content,
                  .codes = request.codes,
                  .bytes_per_token = summary_.bytes_per_token},
                 geometry_),
        writer_(request.out, header_of(request, summary_)),
        last_time_(survey_.first_time.value_or(Nanoseconds{0})) {}

  ImportSummary run() {
    trace::OpenSource open{.source = trace::open_source(request_.in),
                           .options = {.format = "", .skip_bad = request_.skip_bad, .limit = request_.limit}};
    trace::RecordLines lines(std::move(open));
    std::string_view text;
    while (lines.next(text)) {
      try {
        const ChatLine line = parse_chat_line(text);
        if (!line.is_request) continue;
        take(line);
        lines.accept();
      } catch (const Error& error) {
        content_.drop();
        if (error.kind() != ErrorKind::kInput) throw;
        lines.reject(error.what());
      }
    }
    if (summary_.requests == 0)
      throw Error(ErrorKind::kInput, fmt::format("{}: no chat request in it", request_.in));
    writer_.finish();
    summary_.skipped = lines.skipped();
    summary_.sessions = sessions_.sessions();
    summary_.moved = writer_.moved();
    summary_.content = content_.counts();
    return summary_;
  }

 private:
  void take(const ChatLine& line) {
    trace::Request out;
    std::vector<Key> prefixes;
    read_content(line, out, prefixes);
    check_length(out);
    const Exchange* answered = nullptr;
    if (!line.custom_id.empty()) answered = &survey_.by_id[hash_key(line.custom_id)];
    const Usage& usage = answered != nullptr ? answered->usage : line.usage;
    out.input_tokens = usage.prompt_tokens;
    out.output_tokens = usage.completion_tokens;
    content_.commit();
    // From here on nothing fails but the output.
    const Turn turn = sessions_.next(prefixes);
    out.session = turn.session;
    out.turn = turn.turn;
    if (usage.prompt_tokens || usage.completion_tokens) ++summary_.with_usage;
    writer_.add(time_of(line, answered), std::move(out));
    ++summary_.requests;
  }

  void read_content(const ChatLine& line, trace::Request& out, std::vector<Key>& prefixes) {
    Key chain = hash_key("conversation\n" + line.model);
    const auto add = [&](const Part& part) {
      std::optional<trace::Input> input = content_.read(part);
      if (!input) return;
      const Key content = hash_key(input->hash);
      chain = derive_key(chain, content.hi, content.lo);
      out.inputs.push_back(std::move(*input));
    };
    if (!line.tools.empty()) add({.kind = PartKind::kText, .value = line.tools});
    for (const Message& message : line.messages) {
      const Key role = hash_key("role\n" + message.role);
      chain = derive_key(chain, role.hi, role.lo);
      for (const Part& part : message.parts) add(part);
      prefixes.push_back(chain);
    }
    if (out.inputs.empty()) throw Error(ErrorKind::kInput, "a request without any content");
  }

  void check_length(const trace::Request& request) const {
    std::uint64_t tokens = 0;
    for (const trace::Input& input : request.inputs) {
      if (input.tokens) tokens += *input.tokens;
      if (input.width && input.height) tokens += geometry_.grid_of(*input.width, *input.height).visual_tokens;
    }
    if (tokens > model::kMaxPromptTokens)
      throw Error(ErrorKind::kInput,
                  fmt::format("a prompt of {} tokens, beyond {}", tokens, model::kMaxPromptTokens));
  }

  // A line without a time arrives with the one before it.
  Nanoseconds time_of(const ChatLine& line, const Exchange* answered) {
    if (!summary_.timed) return request_.interval * static_cast<std::int64_t>(summary_.requests);
    if (line.time) {
      last_time_ = *line.time;
    } else if (answered != nullptr && answered->time) {
      last_time_ = *answered->time;
    }
    return last_time_;
  }

  const ImportRequest& request_;
  Survey survey_;
  ImportSummary summary_;
  model::Geometry geometry_;
  ContentReader content_;
  OrderedWriter writer_;
  SessionFinder sessions_;
  Nanoseconds last_time_;
};

}  // namespace

ImportSummary import_openai_chat(const ImportRequest& request) {
  if (request.interval.count() < 0 || request.interval > Nanoseconds{60'000'000'000})
    throw Error(ErrorKind::kUsage, "the interval between requests is 0 to 1 minute");
  return Importer(request, survey_of(request)).run();
}

}  // namespace cachebench::ingest
