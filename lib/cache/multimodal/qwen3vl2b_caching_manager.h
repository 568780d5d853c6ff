// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/multimodal/intelligent_multimodal_cache.h"
#include "core/content_identity.h"

/// The multimodal cache as one model sees it: by texts and images instead of keys. A text or image is known
/// by the digest of its bytes (at least 128 bits) together with the model, the processor's settings and the
/// element type, so neither another model's nor another resolution's entry is ever taken for it. What an
/// encoder alone makes (processed images, encoder outputs) is known by the encoder instead: models that share
/// one share its entries, as long as the processor's settings and the element type agree.
///
/// The cache is borrowed and may serve several managers. Thread-safe. Throws Error{kInput} for text that is
/// not UTF-8, an image without bytes, a tensor of another element type than the model's or that is none, and
/// Error{kUsage} for terms and thresholds that make no sense.
namespace cachebench::cache {

/// Whose entries these are.
struct ModelIdentity {
  std::string model_id;            ///< with its revision, where weights may change
  std::string vision_encoder;      ///< fingerprint of the encoder; "": its own
  std::string language_encoder;    ///< likewise
  std::string processor_settings;  ///< whatever changes what the model sees
  DType dtype = DType::kF16;
};

/// A picture as it came, and its perceptual hash where somebody has computed it.
struct ImageContent {
  std::span<const std::byte> bytes;
  std::optional<std::uint64_t> phash{};
};

/// How an input is stored.
struct InputTerms {
  std::optional<Nanoseconds> ttl{};
  Priority priority = kNormalPriority;
  Nanoseconds recompute{0};            ///< modelled
  std::span<const float> embedding{};  ///< of the content, for likeness by cosine
};

class Qwen3VL2BIntelligentCachingManager {
 public:
  Qwen3VL2BIntelligentCachingManager(IntelligentMultimodalCache& cache, ModelIdentity model,
                                     HashAlgorithm hash = HashAlgorithm::kSha256);

  /// False when no tier takes it.
  bool cache_text_input(std::string_view text, const TensorView& tensor, const InputTerms& terms = {});
  bool cache_image_input(const ImageContent& image, const TensorView& tensor, const InputTerms& terms = {});
  bool cache_text_image_pair(std::string_view text, const ImageContent& image, const TensorView& tensor,
                             const InputTerms& terms = {});
  bool cache_vision_encoder_output(const ImageContent& image, const TensorView& tensor,
                                   const InputTerms& terms = {});
  bool cache_language_encoder_output(std::string_view text, const TensorView& tensor,
                                     const InputTerms& terms = {});

  [[nodiscard]] std::optional<CachedTensor> get_cached_text_input(std::string_view text);
  [[nodiscard]] std::optional<CachedTensor> get_cached_image_input(const ImageContent& image);
  [[nodiscard]] std::optional<CachedTensor> get_cached_text_image_pair(std::string_view text,
                                                                       const ImageContent& image);
  [[nodiscard]] std::optional<CachedTensor> get_cached_vision_encoder_output(const ImageContent& image);
  [[nodiscard]] std::optional<CachedTensor> get_cached_language_encoder_output(std::string_view text);

  /// Resident inputs of this model that are like the content, best first; whatever the cache may serve.
  [[nodiscard]] std::vector<SimilarEntry> find_similar_texts(std::string_view text,
                                                             const FindOptions& options = {}) const;
  /// Nothing for an image without a perceptual hash.
  [[nodiscard]] std::vector<SimilarEntry> find_similar_images(const ImageContent& image,
                                                              const FindOptions& options = {}) const;
  [[nodiscard]] std::vector<SimilarEntry> find_similar_pairs(std::string_view text, const ImageContent& image,
                                                             const FindOptions& options = {}) const;

  /// The keys that the inputs have in the cache: to pin, unpin and erase them there.
  [[nodiscard]] Key text_key(std::string_view text);
  [[nodiscard]] Key image_key(const ImageContent& image);
  [[nodiscard]] Key pair_key(std::string_view text, const ImageContent& image);

  [[nodiscard]] IntelligentMultimodalCache& cache() { return cache_; }
  [[nodiscard]] const ModelIdentity& model() const { return model_; }
  /// What identifying contents has cost.
  [[nodiscard]] HashUse hash_use() const { return identifier_.use(); }

 private:
  /// Who made an entry: the model, or one of its encoders.
  enum class Maker : std::uint8_t { kModel, kVisionEncoder, kLanguageEncoder };
  struct Named {
    Key key;
    ArtefactKind kind;
    ContentTraits traits;
  };
  [[nodiscard]] Named text_entry(std::string_view text, ArtefactKind kind, Maker maker);
  [[nodiscard]] Named image_entry(const ImageContent& image, ArtefactKind kind);
  [[nodiscard]] Named pair_entry(std::string_view text, const ImageContent& image);
  [[nodiscard]] std::string_view name_of(Maker maker) const;
  /// Entries of different makers, settings or element types are never compared.
  [[nodiscard]] std::uint64_t space_of(Maker maker) const;
  [[nodiscard]] Key key_of(std::span<const std::byte> content, ArtefactKind kind, Maker maker);
  bool store(const Named& entry, const TensorView& tensor, const InputTerms& terms);
  [[nodiscard]] std::optional<CachedTensor> fetch(const Named& entry) {
    return cache_.get(entry.key, entry.kind, entry.traits);
  }

  IntelligentMultimodalCache& cache_;
  const ModelIdentity model_;
  ContentIdentifier identifier_;
};

}  // namespace cachebench::cache
