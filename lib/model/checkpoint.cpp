// SPDX-License-Identifier: Apache-2.0
#include "model/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/json_file.h"

namespace cachebench::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "model.";  // which some files leave out
constexpr std::uint32_t kMostLayers = 4096;     // of either half; the largest models have hundreds
constexpr std::int64_t kLargest = 1 << 24;      // of any dimension: products of two stay far from overflow

bool is_size(const Json& value) {
  return value.is_number_integer() && value >= 0 && value <= kLargest;
}

/// Keys of one object, with messages that say where they are missing.
class Keys {
 public:
  Keys(const Json& object, std::string path, const std::string& file)
      : object_(object), path_(std::move(path)), file_(file) {
    if (!object_.is_object()) throw wrong("", "is not an object");
  }

  [[nodiscard]] std::uint32_t size(const char* key) const {
    const Json& value = at(key);
    if (!is_size(value) || value == 0) {
      throw wrong(key, "is not a positive whole number");
    }
    return value.get<std::uint32_t>();
  }
  [[nodiscard]] std::uint32_t layers(const char* key) const {
    const std::uint32_t count = size(key);
    if (count > kMostLayers) throw wrong(key, fmt::format("({}) is above {}", count, kMostLayers));
    return count;
  }
  [[nodiscard]] double number(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number() || !(value.get<double>() > 0)) throw wrong(key, "is not a positive number");
    return value.get<double>();
  }
  [[nodiscard]] std::uint64_t area(const char* key) const {
    constexpr double kMost = 1e12;
    const double value = number(key);
    if (value < 1 || value > kMost) throw wrong(key, "is no number of pixels");
    return static_cast<std::uint64_t>(value);
  }
  [[nodiscard]] std::vector<std::uint32_t> sizes(const char* key) const {
    std::vector<std::uint32_t> values;
    const Json& list = at(key);
    if (!list.is_array()) throw wrong(key, "is not a list");
    for (const Json& value : list) {
      if (!is_size(value)) throw wrong(key, "is not a list of whole numbers");
      values.push_back(value.get<std::uint32_t>());
    }
    return values;
  }
  [[nodiscard]] std::int64_t token(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number_integer()) throw wrong(key, "is not a token id");
    return value.get<std::int64_t>();
  }
  [[nodiscard]] Keys object(const char* key) const { return {at(key), path_ + key + ".", file_}; }
  [[nodiscard]] bool has(const char* key) const {
    return object_.contains(key) && !object_.at(key).is_null();
  }
  [[nodiscard]] const Json& at(const char* key) const {
    if (!has(key)) throw wrong(key, "is missing");
    return object_.at(key);
  }
  [[nodiscard]] Error wrong(const std::string& key, std::string_view reason) const {
    return Error(ErrorKind::kInput, fmt::format("{}: {}{} {}", file_, path_, key, reason));
  }

 private:
  const Json& object_;
  std::string path_;
  const std::string& file_;
};

VisionConfig vision_of(const Keys& keys) {
  VisionConfig vision;
  vision.depth = keys.layers("depth");
  vision.hidden = keys.size("hidden_size");
  vision.heads = keys.size("num_heads");
  vision.mlp = keys.size("intermediate_size");
  vision.channels = keys.size("in_channels");
  vision.patch = keys.size("patch_size");
  vision.temporal_patch = keys.size("temporal_patch_size");
  vision.merge = keys.size("spatial_merge_size");
  vision.positions = keys.size("num_position_embeddings");
  vision.out = keys.size("out_hidden_size");
  vision.taps = keys.sizes("deepstack_visual_indexes");
  if (vision.hidden % vision.heads != 0 || (vision.hidden / vision.heads) % 4 != 0) {
    throw keys.wrong("hidden_size", fmt::format("({}) over num_heads ({}) is not divisible by 4",
                                                vision.hidden, vision.heads));
  }
  std::uint32_t side = 1;
  while (side * side < vision.positions) ++side;
  if (side * side != vision.positions) throw keys.wrong("num_position_embeddings", "is not a square");
  if (vision.channels != 3) throw keys.wrong("in_channels", "is not 3");
  for (const std::uint32_t tap : vision.taps) {
    if (tap >= vision.depth) throw keys.wrong("deepstack_visual_indexes", "names a block that is not there");
  }
  return vision;
}

TextConfig text_of(const Keys& keys) {
  TextConfig text;
  text.layers = keys.layers("num_hidden_layers");
  text.hidden = keys.size("hidden_size");
  text.heads = keys.size("num_attention_heads");
  text.kv_heads = keys.size("num_key_value_heads");
  text.head_dim = keys.has("head_dim") ? keys.size("head_dim") : text.hidden / text.heads;
  text.mlp = keys.size("intermediate_size");
  text.vocabulary = keys.size("vocab_size");
  if (text.heads % text.kv_heads != 0)
    throw keys.wrong("num_attention_heads", "is no multiple of num_key_value_heads");
  if (text.head_dim % 2 != 0) throw keys.wrong("head_dim", "is odd");
  return text;
}

void read_rope(const Keys& text, CheckpointConfig& config) {
  const bool one_object = text.has("rope_parameters");
  const Keys rope = text.object(one_object ? "rope_parameters" : "rope_scaling");
  config.rope_theta = one_object ? rope.number("rope_theta") : text.number("rope_theta");
  const std::vector<std::uint32_t> sections = rope.sizes("mrope_section");
  const std::uint32_t half = config.text.head_dim / 2;
  if (sections.size() != 3 || sections[0] + sections[1] + sections[2] != half || 3 * sections[1] > half + 1 ||
      3 * sections[2] > half) {
    throw rope.wrong("mrope_section",
                     fmt::format("{} does not divide head_dim/2 = {} among T, H and W", sections, half));
  }
  std::copy(sections.begin(), sections.end(), config.mrope_section.begin());
  const auto text_or = [&](const char* key) {
    return rope.has(key) && rope.at(key).is_string() ? rope.at(key).get<std::string>() : "default";
  };
  if (text_or("rope_type") != "default") {
    throw rope.wrong("rope_type", fmt::format("'{}' is not supported", text_or("rope_type")));
  }
  if (rope.has("mrope_interleaved") && rope.at("mrope_interleaved") != true) {
    throw rope.wrong("mrope_interleaved", "is false: only the interleaved layout is supported");
  }
}

}  // namespace

CheckpointConfig parse_checkpoint_config(const Json& document, const std::string& file) {
  const Keys keys(document, "", file);
  if (keys.has("model_type") && keys.at("model_type") != "qwen3_vl") {
    throw keys.wrong("model_type", "is not qwen3_vl");
  }
  const Keys text = keys.object("text_config");
  CheckpointConfig config;
  config.vision = vision_of(keys.object("vision_config"));
  config.text = text_of(text);
  read_rope(text, config);
  config.rms_norm_eps = text.number("rms_norm_eps");
  const Keys& tie = keys.has("tie_word_embeddings") ? keys : text;
  config.tied = tie.has("tie_word_embeddings") && tie.at("tie_word_embeddings") == true;
  config.image_token = keys.token("image_token_id");
  config.video_token = keys.token("video_token_id");
  if (text.has("eos_token_id") && text.at("eos_token_id").is_number_integer())
    config.end_token = text.token("eos_token_id");
  if (config.vision.out != config.text.hidden) {
    throw keys.wrong("vision_config.out_hidden_size", "is not the text model's hidden_size");
  }
  if (config.vision.taps.size() > config.text.layers) {
    throw keys.wrong("vision_config.deepstack_visual_indexes", "has more taps than there are decoder layers");
  }
  return config;
}

CheckpointConfig config_without_weights(const Geometry& geometry) {
  CheckpointConfig config;
  config.vision = geometry.vision();
  config.text = geometry.text();
  config.rope_theta = 5e6;
  // H and W own 20 of the published model's 64 frequencies each, T the rest.
  const std::uint32_t half = config.text.head_dim / 2;
  const std::uint32_t each = half * 20 / 64;
  config.mrope_section = {half - 2 * each, each, each};
  constexpr std::int64_t kImageToken = 151'655;
  config.image_token = std::min(kImageToken, std::int64_t{config.text.vocabulary} - 5);
  config.video_token = config.image_token + 1;
  return config;
}

Checkpoint::Checkpoint(const std::string& folder) : folder_(folder) {
  const std::string file = (fs::path(folder) / "config.json").string();
  config_ = parse_checkpoint_config(read_json_file(file, ErrorKind::kInput), file);
  config_text_ = MappedFile(file).text();
  read_limits();
  open_weights();
}

void Checkpoint::read_limits() {
  const std::string file = (fs::path(folder_) / "preprocessor_config.json").string();
  if (!fs::exists(file)) {  // the published model's
    config_.vision.min_pixels = 65'536;
    config_.vision.max_pixels = 16'777'216;
    return;
  }
  const Json document = read_json_file(file, ErrorKind::kInput);
  const Keys keys(document, "", file);
  const bool older = !keys.has("size") && keys.has("min_pixels");
  const Keys size = older ? keys : keys.object("size");
  const char* low = older ? "min_pixels" : "shortest_edge";
  config_.vision.min_pixels = size.area(low);
  config_.vision.max_pixels = size.area(older ? "max_pixels" : "longest_edge");
  if (config_.vision.min_pixels > config_.vision.max_pixels)
    throw size.wrong(low, "is above the other limit");
  for (const char* key : {"image_mean", "image_std"}) {
    if (keys.has(key) && keys.at(key) != Json{0.5, 0.5, 0.5})
      throw keys.wrong(key, "is not 0.5 for each channel, which is what this model is fed");
  }
}

void Checkpoint::open_weights() {
  const fs::path index = fs::path(folder_) / "model.safetensors.index.json";
  std::set<std::string> names{"model.safetensors"};
  if (fs::exists(index)) {
    names.clear();
    const Json document = read_json_file(index.string(), ErrorKind::kInput);
    const std::string file = index.string();
    const Json& map = Keys(document, "", file).at("weight_map");
    for (const auto& [weight, shard] : map.items()) {
      const bool plain = shard.is_string() && !shard.get<std::string>().empty() &&
                         fs::path(shard.get<std::string>()).filename() == shard.get<std::string>();
      if (!plain) {
        throw Error(ErrorKind::kInput,
                    fmt::format("{}: weight_map: '{}' is in no file of this folder", file, weight));
      }
      names.insert(shard.get<std::string>());
    }
  }
  for (const std::string& name : names) {
    files_.push_back(std::make_unique<SafeTensors>((fs::path(folder_) / name).string()));
    for (const auto& [weight, view] : files_.back()->tensors()) weights_.emplace(weight, &view);
  }
}

std::map<std::string, const TensorView*, std::less<>> Checkpoint::weights() const {
  std::map<std::string, const TensorView*, std::less<>> weights;
  for (const auto& [name, view] : weights_)
    weights.emplace(std::string_view(name).substr(name.starts_with(kPrefix) ? kPrefix.size() : 0), view);
  return weights;
}

std::optional<DType> Checkpoint::stored_dtype() const {
  for (const char* name :
       {"model.language_model.embed_tokens.weight", "language_model.embed_tokens.weight"}) {
    if (const auto found = weights_.find(name); found != weights_.end()) return found->second->meta.dtype;
  }
  return std::nullopt;
}

const TensorView& Checkpoint::weight(std::string_view name, const Shape& shape) const {
  auto found = weights_.find(name);
  if (found == weights_.end() && name.starts_with(kPrefix))
    found = weights_.find(name.substr(kPrefix.size()));
  if (found == weights_.end()) {
    throw Error(ErrorKind::kInput, fmt::format("{}: has no weight '{}' of shape [{}]", folder_, name,
                                               fmt::join(shape.dims(), ", ")));
  }
  const Shape& stored = found->second->meta.shape;
  if (stored != shape) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: weight '{}' has shape [{}], the config says [{}]", folder_, name,
                            fmt::join(stored.dims(), ", "), fmt::join(shape.dims(), ", ")));
  }
  return *found->second;
}

}  // namespace cachebench::model
