// SPDX-License-Identifier: Apache-2.0
// A runner that computes nothing and takes the time of everything: shapes, dtypes, errors and dependences are
// those of the model, the contents are hashes. What comes out depends on all that went in, ready artefacts
// included, and is the same whether an artefact was given or made, so wrong reuse shows in the logits.
//
// A token's state is the hash of everything before it and of its own input; its keys and values, its hidden
// states and the logits after it are rows made from that state. A pass over several prompts is a rectangle:
// each costs what the longest does, and the weights are read once.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/check.h"
#include "core/hash.h"
#include "core/registry.h"
#include "model/checkpoint.h"
#include "model/model_runner.h"
#include "model/modelled_contents.h"
#include "model/modelled_prompt.h"
#include "model/weights_identity.h"

namespace cachebench::model {
namespace {

constexpr std::uint64_t kLanguage = 0x1A2B1C2D;  // what a row is, mixed into its word
constexpr std::uint64_t kLogits = 0x6C6F6769;

Error refuse(const std::string& reason) {
  return {ErrorKind::kInput, reason};
}

/// Room for the keys and values of all sequences. Thread-safe.
class Pages {
 public:
  explicit Pages(std::uint64_t tokens) : free_(static_cast<std::int64_t>(tokens)), all_(tokens) {}
  void take(std::uint64_t tokens) {
    if (tokens > all_ ||
        free_.fetch_sub(static_cast<std::int64_t>(tokens)) < static_cast<std::int64_t>(tokens)) {
      if (tokens <= all_) give_back(tokens);
      throw Error(ErrorKind::kEnvironment,
                  fmt::format("no room for keys and values of {} tokens: {} in all", tokens, all_));
    }
  }
  void give_back(std::uint64_t tokens) { free_.fetch_add(static_cast<std::int64_t>(tokens)); }

 private:
  std::atomic<std::int64_t> free_;
  const std::uint64_t all_;
};

/// What was jumped over: to be computed before K/V are asked for, where its inputs are there.
struct Owed {
  Work work;
  bool possible = true;
};

class ModelledSequence final : public Sequence {
 public:
  ModelledSequence(const Geometry& geometry, Pages& pages, ModelledMemory memory)
      : geometry_(geometry), pages_(pages), memory_(std::move(memory)) {}
  ~ModelledSequence() override { pages_.give_back(memory_.size()); }
  [[nodiscard]] std::uint64_t tokens() const override { return memory_.size(); }
  [[nodiscard]] SharedTensor kv_block(const TokenSpan& span) const override {
    CACHEBENCH_CHECK(span.begin < span.end && span.end <= tokens(), "tokens {} to {} of {}", span.begin,
                     span.end, tokens());
    pay();
    return ModelledKvRows(geometry_, span.end - span.begin).make(memory_, span.begin);
  }

  void owe(Owed owed, const std::function<void(const Work&)>* spend) {
    owed_ = owed;
    spend_ = spend;
  }
  void pay() const {
    if (!owed_.possible)
      throw Error(ErrorKind::kUsage,
                  "keys and values were jumped over, and neither pair nor vision was given");
    if (owed_.work == Work{}) return;
    if (spend_ != nullptr && *spend_) (*spend_)(owed_.work);
    owed_.work = Work{};
  }
  [[nodiscard]] ModelledMemory& memory() { return memory_; }

 private:
  const Geometry& geometry_;
  Pages& pages_;
  ModelledMemory memory_;
  mutable Owed owed_;
  const std::function<void(const Work&)>* spend_ = nullptr;
};

/// One prompt of a pass.
struct Pass {
  std::uint64_t cached = 0;  ///< tokens whose K/V were given
  std::uint64_t tokens = 0;  ///< to be computed; at least one, for the logits
  std::uint32_t layers = 0;  ///< that have to be computed
};

class Modelled final : public ModelRunner {
 public:
  Modelled(Geometry geometry, const CheckpointConfig& config, const RunnerOptions& options)
      : geometry_(std::move(geometry)),
        image_token_(config.image_token),
        end_token_(config.end_token),
        salt_(geometry_.fingerprint()),
        encoder_salt_(geometry_.encoder_fingerprint()),
        spend_(options.spend),
        pages_(options.kv_tokens) {}

  [[nodiscard]] const Geometry& geometry() const override { return geometry_; }
  [[nodiscard]] std::int64_t image_token() const override { return image_token_; }
  [[nodiscard]] std::int64_t end_token() const override { return end_token_; }

  [[nodiscard]] Pixels preprocess(const Picture& picture) override {
    const ImageGrid grid = geometry_.grid_of(picture.width, picture.height);
    const std::uint64_t pixels = std::uint64_t{picture.width} * picture.height;
    if (picture.rgb.size() != 3 * pixels)
      throw refuse(fmt::format("a picture of {}x{} pixels with {} bytes", picture.width, picture.height,
                               picture.rgb.size()));
    const std::uint64_t seed = hash64(picture.rgb, std::uint64_t{picture.width} << 32U | picture.height);
    const TensorMeta meta = geometry_.pixel_values(grid.patches);
    std::vector<std::byte> bytes(meta.bytes().value);
    const std::uint64_t row = bytes.size() / grid.patches;
    for (std::uint64_t i = 0; i < grid.patches; ++i)
      fill_row(content_word(seed, i), std::span(bytes).subspan(i * row, row));
    Work work;
    work.source_pixels = pixels;
    spend(work);
    const std::int64_t patch = geometry_.vision().patch;
    return {.values = SharedTensor(meta, std::move(bytes)),
            .grid = {.frames = 1, .rows = grid.height / patch, .columns = grid.width / patch}};
  }

  [[nodiscard]] std::vector<EncodeOutcome> encode(std::span<const Pixels> images) override {
    std::vector<EncodeOutcome> outcomes(images.size());
    Work work;
    for (std::size_t i = 0; i < images.size(); ++i) {
      try {
        outcomes[i].output = encode_one(images[i]);
        work.flops += geometry_.vision_flops(static_cast<std::uint64_t>(images[i].grid.patches()));
      } catch (const Error& error) {
        outcomes[i].error = error;
      }
    }
    if (work.flops == 0) return outcomes;
    work.bytes_moved = geometry_.vision_parameters() * size_of(geometry_.dtype());
    spend(work);
    return outcomes;
  }

  [[nodiscard]] std::vector<PrefillOutcome> prefill(std::span<const PrefillItem> items) override {
    std::vector<PrefillOutcome> outcomes(items.size());
    std::vector<Pass> passes;
    for (std::size_t i = 0; i < items.size(); ++i) {
      try {
        passes.push_back(prefill_one(items[i], outcomes[i]));
      } catch (const Error& error) {
        outcomes[i] = PrefillOutcome{};
        outcomes[i].error = error;
      }
    }
    spend_pass(passes);
    return outcomes;
  }

  [[nodiscard]] std::vector<DecodeOutcome> decode(std::span<const DecodeItem> items) override {
    std::vector<DecodeOutcome> outcomes(items.size());
    Work work;
    std::uint64_t contexts = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      try {
        const std::uint64_t context = decode_one(items[i], outcomes[i]);
        work.flops += geometry_.decode_flops(context);
        contexts += context;
      } catch (const Error& error) {
        outcomes[i].error = error;
      }
    }
    if (work.flops == 0) return outcomes;
    work.bytes_moved = (geometry_.decode_bytes(0) + geometry_.kv_bytes_per_token() * contexts).value;
    spend(work);
    return outcomes;
  }

 private:
  void spend(const Work& work) const {
    if (spend_) spend_(work);
  }

  // The rectangle of a pass: every prompt costs the longest one's tokens.
  void spend_pass(const std::vector<Pass>& passes) const {
    if (passes.empty()) return;
    std::uint64_t longest = 0;
    for (const Pass& pass : passes) longest = std::max(longest, pass.tokens);
    Work work;
    for (const Pass& pass : passes)
      work.flops += pass.layers * geometry_.layer_flops(longest, pass.cached) + geometry_.logits_flops();
    work.bytes_moved = geometry_.decode_bytes(0).value;
    spend(work);
  }

  [[nodiscard]] SharedTensor encode_one(const Pixels& image) const {
    const PatchGrid& grid = image.grid;
    if (grid.frames <= 0 || grid.rows <= 0 || grid.columns <= 0) throw refuse("an image with an empty grid");
    const auto patches = static_cast<std::uint64_t>(grid.patches());
    if (!image.values || image.values.meta() != geometry_.pixel_values(patches))
      throw refuse(fmt::format("pixel values that are not those of a grid of {} patches", patches));
    const std::uint64_t area = std::uint64_t{geometry_.vision().merge} * geometry_.vision().merge;
    if (patches % area != 0) throw refuse(fmt::format("a grid of {} patches cannot be merged", patches));
    const std::uint64_t seed =
        hash64(image.values.view().data, encoder_salt_ ^ splitmix64(static_cast<std::uint64_t>(grid.rows)));
    const TensorMeta meta = geometry_.vision_output(patches / area);
    std::vector<std::byte> bytes(meta.bytes().value);
    const std::uint64_t row = geometry_.text().hidden * size_of(geometry_.dtype());
    for (std::uint64_t i = 0; i * row < bytes.size(); ++i)
      fill_row(content_word(seed, i), std::span(bytes).subspan(i * row, row));
    return {meta, std::move(bytes)};
  }

  [[nodiscard]] Pass prefill_one(const PrefillItem& item, PrefillOutcome& out) {
    CACHEBENCH_CHECK(item.prompt != nullptr);
    const std::uint64_t tokens = item.prompt->ids.size();
    if (tokens == 0) throw refuse("a prompt of no tokens");
    pages_.take(tokens);
    std::uint64_t held = tokens;  // until the sequence gives them back
    try {
      ModelledInputs inputs(geometry_, image_token_, item);
      ModelledMemory memory(salt_);
      memory.reserve(tokens);
      take_blocks(item, memory);
      Pass pass{.cached = memory.size(), .tokens = tokens - memory.size(), .layers = geometry_.text().layers};
      const Owed owed = add_rest(item, inputs, memory, pass);
      pass.tokens = std::max<std::uint64_t>(pass.tokens, 1);
      fill_outputs(item, inputs, memory, out);
      auto sequence = std::make_unique<ModelledSequence>(geometry_, pages_, std::move(memory));
      held = 0;
      sequence->owe(owed, &spend_);
      out.sequence = std::move(sequence);
      return pass;
    } catch (...) {
      pages_.give_back(held);
      throw;
    }
  }

  void take_blocks(const PrefillItem& item, ModelledMemory& memory) const {
    for (const SharedTensor& block : item.ready.kv_blocks) {
      const std::int64_t tokens =
          block && block.meta().shape.dims().size() == 5 ? block.meta().shape.dims()[3] : 0;
      if (tokens <= 0 || block.meta() != geometry_.kv(static_cast<std::uint64_t>(tokens)))
        throw refuse("a ready K/V block has another shape");
      const auto count = static_cast<std::uint64_t>(tokens);
      if (count > item.prompt->ids.size() - memory.size())
        throw refuse("the ready K/V blocks are longer than the prompt");
      const ModelledKvRows rows(geometry_, count);
      for (std::uint64_t i = 0; i < count; ++i) memory.add_state(rows.state(block.view().data, i));
    }
  }

  // The tokens after the given blocks, from the most derived artefact that is there.
  [[nodiscard]] Owed add_rest(const PrefillItem& item, ModelledInputs& inputs, ModelledMemory& memory,
                              Pass& pass) const {
    const std::uint64_t tokens = item.prompt->ids.size();
    const SharedTensor& states = item.ready.language ? item.ready.language : item.ready.fusion;
    if (memory.size() == tokens) return {};
    if (!states) {
      if (!inputs.complete_from(memory.size())) throw refuse("an image without its vision output");
      std::uint64_t visual = inputs.visual_before(memory.size());
      for (std::uint64_t i = memory.size(); i < tokens; ++i) {
        memory.add_token(inputs.input(i, visual));
        if (inputs.is_image(i)) ++visual;
      }
      return {};
    }
    Owed owed;
    const auto sinks = static_cast<std::uint32_t>(geometry_.vision().taps.size());
    const std::uint32_t skipped = item.ready.language ? geometry_.text().layers : sinks;
    owed.work.flops = skipped * geometry_.layer_flops(pass.tokens, pass.cached);
    owed.possible = inputs.complete_from(memory.size());
    pass.layers -= skipped;
    const std::uint64_t row = geometry_.text().hidden * size_of(geometry_.dtype());
    for (std::uint64_t i = memory.size(); i < tokens; ++i) {
      const std::uint64_t word = word_of_row(states.view().data.subspan(i * row, row));
      memory.add_state(item.ready.language ? word ^ kLanguage : word);
    }
    return owed;
  }

  void fill_outputs(const PrefillItem& item, ModelledInputs& inputs, const ModelledMemory& memory,
                    PrefillOutcome& out) const {
    const bool whole = item.ready.kv_blocks.empty();  // hidden states of tokens whose K/V were given are none
    const bool jumped = item.ready.language || item.ready.fusion;
    if (item.wanted.pair && !item.ready.pair && inputs.complete_from(0)) out.pair = inputs.make_pair();
    if (item.wanted.fusion && whole && !jumped) out.fusion = states_of(memory, 0);
    if (item.wanted.language && whole && !jumped && inputs.visual_tokens() == 0)
      out.language = states_of(memory, kLanguage);
    out.logits = logits_of(memory);
  }

  [[nodiscard]] SharedTensor states_of(const ModelledMemory& memory, std::uint64_t tag) const {
    const TensorMeta meta = geometry_.hidden_states(memory.size());
    std::vector<std::byte> bytes(meta.bytes().value);
    const std::uint64_t row = bytes.size() / memory.size();
    for (std::uint64_t i = 0; i < memory.size(); ++i)
      fill_row(memory.state(i) ^ tag, std::span(bytes).subspan(i * row, row));
    return {meta, std::move(bytes)};
  }

  [[nodiscard]] std::vector<float> logits_of(const ModelledMemory& memory) const {
    std::vector<float> logits(geometry_.text().vocabulary);
    const std::uint64_t seed = splitmix64(memory.all() ^ kLogits);
    for (std::size_t i = 0; i < logits.size(); ++i)
      logits[i] = static_cast<float>(splitmix64(seed + i) >> 40U) * 0x1p-24F;
    return logits;
  }

  // Returns the context that the token saw.
  std::uint64_t decode_one(const DecodeItem& item, DecodeOutcome& out) {
    auto* sequence = dynamic_cast<ModelledSequence*>(item.sequence);
    if (sequence == nullptr) throw refuse("a sequence of another runner");
    if (item.token < 0 || item.token >= std::int64_t{geometry_.text().vocabulary})
      throw refuse(fmt::format("token id {} is outside the vocabulary of {}", item.token,
                               geometry_.text().vocabulary));
    sequence->pay();
    pages_.take(1);
    const std::uint64_t context = sequence->tokens();
    const std::uint64_t row = embedding_word(item.token);
    sequence->memory().add_token(row);
    out.logits = logits_of(sequence->memory());
    return context;
  }

  const Geometry geometry_;
  const std::int64_t image_token_;
  const std::int64_t end_token_;
  const std::uint64_t salt_;
  const std::uint64_t encoder_salt_;
  const std::function<void(const Work&)> spend_;
  Pages pages_;
};

DType dtype_named(const std::string& name, DType otherwise) {
  if (name.empty()) return otherwise;
  if (name == "float32") return DType::kF32;
  if (name == "bfloat16") return DType::kBF16;
  if (name == "float16") return DType::kF16;
  throw Error(ErrorKind::kUsage, fmt::format("dtype \"{}\" is none of float32, bfloat16, float16", name));
}

// Nothing is computed with them, but a config that is not that of its weights would go unnoticed.
void check_weights(const Checkpoint& checkpoint) {
  const TextConfig& text = checkpoint.config().text;
  const VisionConfig& vision = checkpoint.config().vision;
  const auto check = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    static_cast<void>(checkpoint.weight("model." + name + ".weight", {out, in}));
  };
  check("language_model.embed_tokens", text.vocabulary, text.hidden);
  const std::string layer = fmt::format("language_model.layers.{}.", text.layers - 1);
  check(layer + "self_attn.q_proj", std::int64_t{text.heads} * text.head_dim, text.hidden);
  check(layer + "self_attn.k_proj", std::int64_t{text.kv_heads} * text.head_dim, text.hidden);
  check(layer + "mlp.down_proj", text.hidden, text.mlp);
  const std::string block = fmt::format("visual.blocks.{}.", vision.depth - 1);
  check(block + "attn.proj", vision.hidden, vision.hidden);
  check(block + "mlp.linear_fc2", vision.hidden, vision.mlp);
}

std::unique_ptr<ModelRunner> make(const RunnerOptions& options) {
  if (options.weights != "full" && options.weights != "int8")
    throw Error(ErrorKind::kUsage, fmt::format("weights \"{}\" is neither full nor int8", options.weights));
  if (!options.checkpoint.empty()) {
    const Checkpoint checkpoint(options.checkpoint);
    check_weights(checkpoint);
    const CheckpointConfig& config = checkpoint.config();
    const Geometry geometry("checkpoint", config.vision, config.text,
                            dtype_named(options.dtype, DType::kBF16));
    const WeightsIdentity weights = identity_of("modelled", options, &checkpoint, geometry.dtype());
    return std::make_unique<Modelled>(geometry.with_weights(weights), config, options);
  }
  const Geometry preset = geometry_named(options.preset);
  const Geometry geometry(preset.name(), preset.vision(), preset.text(),
                          dtype_named(options.dtype, preset.dtype()));
  const CheckpointConfig config = config_without_weights(geometry);
  const WeightsIdentity weights = identity_of("modelled", options, nullptr, geometry.dtype());
  return std::make_unique<Modelled>(geometry.with_weights(weights), config, options);
}

CACHEBENCH_REGISTER(RunnerDescriptor,
                    {.name = "modelled",
                     .doc = "Computes nothing: right shapes, contents from hashes, the time from a profile",
                     .make = make});

}  // namespace
}  // namespace cachebench::model
