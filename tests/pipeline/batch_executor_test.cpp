// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_executor.h"

#include <doctest/doctest.h>

#include <vector>

using namespace cachebench;
using namespace cachebench::pipeline;

namespace {

class Echo final : public BatchExecutor {
 public:
  [[nodiscard]] std::vector<AsyncMultimodalResult> execute(std::span<const BatchItem> batch) override {
    std::vector<AsyncMultimodalResult> results;
    for (const BatchItem& item : batch) results.push_back(unanswered(*item.request, RequestStatus::kOk, {}));
    return results;
  }
};

class Note final : public BatchFeed {
 public:
  void finish(std::size_t index, AsyncMultimodalResult result) override {
    indices.push_back(index);
    ids.push_back(result.id);
  }
  [[nodiscard]] std::vector<BatchItem> join() override {
    ++asked;
    return {};
  }
  std::vector<std::size_t> indices;
  std::vector<std::uint64_t> ids;
  int asked = 0;
};

}  // namespace

TEST_CASE("an executor that only executes feeds all results at the end, and lets nobody join") {
  std::vector<AsyncMultimodalRequest> requests(3);
  std::vector<BatchItem> items;
  for (std::uint64_t i = 0; i < 3; ++i) {
    requests[i].id = 40 + i;
    items.push_back({.request = &requests[i]});
  }
  Echo echo;
  Note note;
  echo.execute_feeding(items, note);
  CHECK(note.indices == std::vector<std::size_t>{0, 1, 2});
  CHECK(note.ids == std::vector<std::uint64_t>{40, 41, 42});
  CHECK(note.asked == 0);
}
