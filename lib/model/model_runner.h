// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/shared_tensor.h"
#include "core/work.h"
#include "model/artefact.h"
#include "model/component_cache.h"
#include "model/geometry.h"
#include "model/mrope_positions.h"

/// A model as a pipeline drives it: stage by stage, and what one stage hands to the next is a value that a
/// cache may hold. Whatever a cache had is given back in and not computed again; the result is the same.
/// Runners are variants in model/runner and in the tensor library's module, reached by name.
///
///   Picture → preprocess → `image` → encode → `vision_encoder_output` ┐
///   token ids (`text`) ──────────────────────────────────────────────┴→ prefill → logits, K/V → decode → …
///                      on the way: `text_image_pair`, `fusion_output`, `language_encoder_output`, K/V blocks
///
/// Shapes and dtypes are those of Geometry's functions of the same names. All functions may be called by
/// several threads at once; a Sequence by one at a time. A bad item of a batch fails alone, by its outcome.
namespace cachebench::model {

/// A decoded picture, 8-bit RGB, row by row. Not owned.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::span<const std::byte> rgb;  ///< 3 · width · height
};

/// What the vision tower takes: an `image`.
struct Pixels {
  SharedTensor values;  ///< Geometry::pixel_values
  PatchGrid grid;
};

/// A prompt in token ids, with an image token for each visual token of each image.
struct PromptTokens {
  std::vector<std::int64_t> ids;
  std::vector<PatchGrid> grids;  ///< of its images, in order
};

/// What is there of a prompt already. Of several ways to go on, the most derived one is taken: the leading
/// K/V blocks, then `language` or `fusion` or `pair` or `vision` for the rest. `language` and `fusion` give
/// the first token's logits; keys and values that they jump over are computed when the sequence is first
/// decoded or asked for K/V blocks, which for a prompt with images beyond the K/V blocks needs its `pair` or
/// `vision` here too (without them that later call fails, not this one).
struct ReadyArtefacts {
  std::vector<SharedTensor> kv_blocks{};  ///< the leading ones, front to back: Geometry::kv
  SharedTensor language{};             ///< Geometry::hidden_states of the whole prompt, which has no images
  SharedTensor fusion{};               ///< Geometry::hidden_states of the whole prompt
  SharedTensor pair{};                 ///< Geometry::pair
  std::vector<SharedTensor> vision{};  ///< one an image, Geometry::vision_output; empty: encode was not asked
};

/// Which values on the way the caller wants to keep; those cost a copy.
struct WantedArtefacts {
  bool pair = false;
  bool fusion = false;
  bool language = false;  ///< final-norm hidden states; of prompts without images
};

/// A prompt and its answer so far, with its keys and values in the runner's pages. Given back when destroyed;
/// the runner outlives it.
class Sequence {
 public:
  virtual ~Sequence() = default;
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;
  [[nodiscard]] virtual std::uint64_t tokens() const = 0;
  /// Keys and values of some of its tokens, to be kept. REQUIRES: span.end <= tokens(). Throws Error{kUsage}
  /// where keys and values were jumped over and their inputs are not there (see ReadyArtefacts).
  [[nodiscard]] virtual SharedTensor kv_block(const TokenSpan& span) const = 0;

 protected:
  Sequence() = default;
};

struct PrefillItem {
  const PromptTokens* prompt = nullptr;
  ReadyArtefacts ready{};
  WantedArtefacts wanted{};
};

struct PrefillOutcome {
  std::unique_ptr<Sequence> sequence;  ///< null when it failed
  std::vector<float> logits;           ///< of the last token, one a word of the vocabulary
  SharedTensor pair{};                 ///< what was wanted and computed; else none
  SharedTensor fusion{};
  SharedTensor language{};
  std::optional<Error> error;
};

struct DecodeItem {
  Sequence* sequence = nullptr;
  std::int64_t token = 0;
};

struct DecodeOutcome {
  std::vector<float> logits;
  std::optional<Error> error;
};

struct EncodeOutcome {
  SharedTensor output;  ///< Geometry::vision_output
  std::optional<Error> error;
};

class ModelRunner {
 public:
  virtual ~ModelRunner() = default;
  ModelRunner(const ModelRunner&) = delete;
  ModelRunner& operator=(const ModelRunner&) = delete;

  [[nodiscard]] virtual const Geometry& geometry() const = 0;
  [[nodiscard]] virtual std::int64_t image_token() const = 0;
  /// Ends an answer; -1: the model names none.
  [[nodiscard]] virtual std::int64_t end_token() const = 0;

  /// Resizes, normalises and cuts into patches. Throws Error{kInput} for a picture that the resize rule
  /// refuses.
  [[nodiscard]] virtual Pixels preprocess(const Picture& picture) = 0;
  /// Several images in one pass of the tower; one outcome each, in order.
  [[nodiscard]] virtual std::vector<EncodeOutcome> encode(std::span<const Pixels> images) = 0;
  /// Several prompts in one pass; one outcome each, in order.
  [[nodiscard]] virtual std::vector<PrefillOutcome> prefill(std::span<const PrefillItem> items) = 0;
  /// One more token of each sequence. REQUIRES: each sequence at most once.
  [[nodiscard]] virtual std::vector<DecodeOutcome> decode(std::span<const DecodeItem> items) = 0;

  /// Of weights that are brought in when they are computed with; nothing where all stay in memory.
  [[nodiscard]] virtual std::optional<ComponentCacheStats> components() const { return std::nullopt; }
  virtual void reset_components() {}

 protected:
  ModelRunner() = default;
};

struct RunnerOptions {
  std::string preset = "tiny";   ///< a geometry with seeded random weights, or
  std::string checkpoint{};      ///< a folder; "": none
  std::uint64_t seed = 1;        ///< of the weights
  std::string dtype{};           ///< "float32", "bfloat16", "float16"; "": the runner's choice for the device
  std::string weights = "full";  ///< "full", or "int8" for the linear layers
  std::uint32_t threads = 1;     ///< inside one stage
  /// Weights in memory at a time, of runners that have any; 0: as many as `keep_components` leaves there. The
  /// others lie in the checkpoint's files, or in a nameless one in `weights_folder`.
  Bytes weights_budget{0};
  ComponentCache::Keep keep_components = ComponentCache::Keep::kWhatFits;
  std::string weights_folder{};     ///< "": the system's folder for temporary files
  std::uint64_t kv_tokens = 65536;  ///< room for keys and values of all sequences together
  /// What runners that compute nothing call with the work they leave out, to spend its time; empty: none.
  std::function<void(const Work&)> spend{};
  /// Host memory that artefacts are made in, so that a tier can keep them without a copy: a buffer of at
  /// least that many bytes, 64-byte aligned, or null for the runner's own memory. Thread-safe.
  std::function<std::shared_ptr<std::byte>(Bytes)> memory{};
};

/// A way of running the model. Registered.
struct RunnerDescriptor {
  std::string name;  ///< "modelled", "libtorch"
  std::string doc;
  /// Throws Error{kUsage} for options it does not know, Error{kInput} for a checkpoint that is none,
  /// Error{kEnvironment} when memory is out.
  std::function<std::unique_ptr<ModelRunner>(const RunnerOptions&)> make;
};

}  // namespace cachebench::model
