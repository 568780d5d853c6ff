// SPDX-License-Identifier: Apache-2.0
#include "torch_model/internal/reference_case.h"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "support/temp_dir.h"
#include "torch_model/tiny_model.h"

using namespace cachebench;
using namespace cachebench::torch_model;
namespace fs = std::filesystem;

namespace {

// A case file made of plain numbers: ids as int64, everything else as float32.
void write_case(const std::string& path, const std::map<std::string, at::Tensor>& tensors) {
  nlohmann::ordered_json header;
  std::string data;
  for (const auto& [name, value] : tensors) {
    const bool whole = !at::isFloatingType(value.scalar_type());
    const at::Tensor plain = value.to(whole ? at::kLong : at::kFloat).contiguous();
    const std::size_t begin = data.size();
    data.append(static_cast<const char*>(plain.data_ptr()), static_cast<std::size_t>(plain.nbytes()));
    header[name] = {{"dtype", whole ? "I64" : "F32"},
                    {"shape", plain.sizes().vec()},
                    {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::string bytes(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, 8);
  write_file(path, bytes + text + data);
}

}  // namespace

TEST_CASE("a model agrees with what it wrote down itself, and a changed number is noticed") {
  const cachebench::testing::TempDir folder;
  const Qwen3VL model(torch_model::testing::tiny_weights(), torch_model::testing::tiny_config());
  std::map<std::string, at::Tensor> tensors{
      {"input_ids", at::tensor(std::vector<std::int64_t>{1, 2, 3, 4}).unsqueeze(0)},
      {"greedy_ids", at::zeros({1, 5}, at::kLong)}};
  write_case(folder / "case_a.safetensors", tensors);
  const Activations first = ReferenceCase(folder / "case_a.safetensors").run(model);
  for (const char* name :
       {"logits", "greedy_ids", "greedy_logits", "position_ids", "text.layer.4", "text.kv.2.key"}) {
    tensors[name] = first.at(name);
  }
  write_case(folder / "case_a.safetensors", tensors);
  const ReferenceCase again(folder / "case_a.safetensors");
  const model::CaseCheck good = again.compare(again.run(model));
  CHECK(good.ok());
  CHECK(good.tensors.size() == 6);

  for (const char* name : {"logits", "greedy_ids", "text.kv.2.key"}) {
    CAPTURE(name);
    std::map<std::string, at::Tensor> changed = tensors;
    changed[name] = tensors[name].clone();
    changed[name].reshape({-1})[0] += 1;
    write_case(folder / "case_b.safetensors", changed);
    const ReferenceCase other(folder / "case_b.safetensors");
    CHECK_FALSE(other.compare(other.run(model)).ok());
  }
}

TEST_CASE("a file that is no case is refused") {
  const cachebench::testing::TempDir folder;
  write_case(folder / "a", {{"logits", at::zeros({1, 2})}});
  CHECK_THROWS_WITH_AS(ReferenceCase{folder / "a"}, doctest::Contains("input_ids"), Error);
  write_case(folder / "b", {{"input_ids", at::zeros({1, 2})}});
  CHECK_THROWS_WITH_AS(ReferenceCase{folder / "b"}, doctest::Contains("input_ids"), Error);
  write_case(folder / "c",
             {{"input_ids", at::ones({1, 2}, at::kLong)}, {"image_grid_thw", at::ones({1, 3}, at::kLong)}});
  CHECK_THROWS_WITH_AS(ReferenceCase{folder / "c"}, doctest::Contains("pixel_values"), Error);
}

TEST_CASE("the reference activations, where they are") {
  const fs::path golden =
      fs::path(CACHEBENCH_SOURCE_DIR).parent_path() / "shared" / "golden" / "qwen3vl-tiny";
  if (!fs::exists(golden)) {
    MESSAGE("skipped: no reference activations beside the checkout");
    return;
  }
  const model::Checkpoint checkpoint(golden.string());
  const Qwen3VL model(checkpoint_weights(checkpoint, {}), checkpoint.config());
  const ReferenceCase reference((golden / "case_two_images.safetensors").string());
  const model::CaseCheck check = reference.compare(reference.run(model));
  for (const model::TensorCheck& tensor : check.tensors)
    CHECK_MESSAGE(tensor.ok, tensor.name << ": " << tensor.reason);
  CHECK(check.tensors.size() > 30);
}
