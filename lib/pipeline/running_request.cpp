// SPDX-License-Identifier: Apache-2.0
#include "pipeline/running_request.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "core/check.h"

namespace cachebench::pipeline {

std::optional<RequestStatus> unwanted(const AsyncMultimodalRequest& request, Nanoseconds now) {
  if (request.cancellation.cancelled()) return RequestStatus::kCancelled;
  if (request.deadline && now >= *request.deadline) return RequestStatus::kExpired;
  return std::nullopt;
}

std::string reason_of(RequestStatus status) {
  return status == RequestStatus::kExpired ? "its deadline has passed" : "cancelled by its caller";
}

RunningRequest::RunningRequest(std::size_t index, const BatchItem& item, const Clock& clock)
    : index_(index), item_(item), clock_(&clock), sampler_(item.request->sampling) {
  result_.id = item.request->id;
  result_.timings.submitted = item.submitted;
}

bool RunningRequest::end_if_unwanted() {
  if (ended_) return true;
  const std::optional<RequestStatus> status = unwanted(request(), clock_->now());
  if (status) end(*status, fmt::format("request {}: {}", request().id, reason_of(*status)));
  return ended_;
}

void RunningRequest::accept(std::vector<float> logits, std::int64_t end_token) {
  CACHEBENCH_CHECK(!ended_);
  try {
    const bool first = result_.tokens.empty();
    if (first && request().want_logits) result_.first_logits = logits;
    if (request().max_new_tokens == 0) {
      end(RequestStatus::kOk, {});
      return;
    }
    const std::int64_t token = sampler_.pick(logits);
    if (token == end_token && request().stop_at_end) {
      end(RequestStatus::kOk, {});
      return;
    }
    const Nanoseconds since = clock_->now() - item_.submitted;
    if (first) result_.timings.first_token = since;
    result_.timings.token_times.push_back(since);
    result_.tokens.push_back(token);
    deliver_token(request(), {.request = request().id, .index = result_.tokens.size() - 1, .token = token});
    if (result_.tokens.size() >= request().max_new_tokens) end(RequestStatus::kOk, {});
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void RunningRequest::fail(const std::string& error) {
  const std::string prefix = fmt::format("request {}: ", request().id);
  end(RequestStatus::kFailed, error.starts_with(prefix) ? error : prefix + error);
}

void RunningRequest::end(RequestStatus status, std::string error) {
  if (ended_) return;
  ended_ = true;
  sequence_.reset();
  result_.status = status;
  result_.error = std::move(error);
}

AsyncMultimodalResult RunningRequest::finish() {
  CACHEBENCH_CHECK(ended_);
  result_.timings.total = clock_->now() - item_.submitted;
  return std::move(result_);
}

}  // namespace cachebench::pipeline
