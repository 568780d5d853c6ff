// SPDX-License-Identifier: Apache-2.0
#include "pipeline/request.h"

#include <utility>

#include "core/check.h"

namespace cachebench::pipeline {

AsyncMultimodalRequest make_request(std::string text, const std::vector<std::string>& images) {
  AsyncMultimodalRequest request;
  for (const std::string& path : images) request.parts.emplace_back(ImageFilePart{.path = path});
  request.parts.emplace_back(TextPart{std::move(text)});
  return request;
}

bool deliver_token(const AsyncMultimodalRequest& request, const StreamedToken& token) noexcept {
  if (!request.on_token) return true;
  try {
    request.on_token(token);
    return true;
  } catch (...) {  // whatever a caller's function throws concerns nobody else's request
    return false;
  }
}

const char* name_of(RequestStatus status) {
  switch (status) {
    case RequestStatus::kOk:
      return "ok";
    case RequestStatus::kFailed:
      return "failed";
    case RequestStatus::kCancelled:
      return "cancelled";
    case RequestStatus::kRejected:
      return "rejected";
    case RequestStatus::kShed:
      return "shed";
    case RequestStatus::kExpired:
      return "expired";
  }
  CACHEBENCH_CHECK(false, "status {}", static_cast<int>(status));
  return "";
}

std::optional<Nanoseconds> RequestTimings::per_token() const {
  if (token_times.size() < 2) return std::nullopt;
  const auto gaps = static_cast<std::int64_t>(token_times.size() - 1);
  return (token_times.back() - token_times.front()) / gaps;
}

AsyncMultimodalResult unanswered(const AsyncMultimodalRequest& request, RequestStatus status,
                                 std::string error) {
  AsyncMultimodalResult result;
  result.id = request.id;
  result.status = status;
  result.error = std::move(error);
  return result;
}

}  // namespace cachebench::pipeline
