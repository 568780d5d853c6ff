// SPDX-License-Identifier: Apache-2.0
#include "cache/multimodal/qwen3vl2b_caching_manager.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/simhash.h"

namespace cachebench::cache {
namespace {

void check_text(std::string_view text) {
  if (const std::size_t at = first_invalid_utf8(text); at != std::string_view::npos)
    throw Error(ErrorKind::kInput, fmt::format("a text that is not UTF-8: byte {} of {}", at, text.size()));
}

void check_image(const ImageContent& image) {
  if (image.bytes.empty()) throw Error(ErrorKind::kInput, "an image without bytes");
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Qwen3VL2BIntelligentCachingManager::Qwen3VL2BIntelligentCachingManager(IntelligentMultimodalCache& cache,
                                                                       ModelIdentity model,
                                                                       HashAlgorithm hash)
    : cache_(cache), model_(std::move(model)), identifier_(hash) {}

std::string_view Qwen3VL2BIntelligentCachingManager::name_of(Maker maker) const {
  const std::string& encoder =
      maker == Maker::kVisionEncoder ? model_.vision_encoder : model_.language_encoder;
  return maker == Maker::kModel || encoder.empty() ? std::string_view(model_.model_id) : encoder;
}

std::uint64_t Qwen3VL2BIntelligentCachingManager::space_of(Maker maker) const {
  const std::uint64_t who = hash64(name_of(maker), static_cast<std::uint64_t>(maker));
  return hash64(model_.processor_settings, who + static_cast<std::uint64_t>(model_.dtype));
}

Key Qwen3VL2BIntelligentCachingManager::key_of(std::span<const std::byte> content, ArtefactKind kind,
                                               Maker maker) {
  const IdentityContext context{
      .model_id = name_of(maker), .processor_settings = model_.processor_settings, .dtype = model_.dtype};
  // One content has an entry of each type.
  return derive_key(identifier_.identify(content, context).key, static_cast<std::uint64_t>(kind),
                    static_cast<std::uint64_t>(maker));
}

Qwen3VL2BIntelligentCachingManager::Named Qwen3VL2BIntelligentCachingManager::text_entry(
    std::string_view text, ArtefactKind kind, Maker maker) {
  check_text(text);
  return {.key = key_of(bytes_of(text), kind, maker),
          .kind = kind,
          .traits = {.text_code = simhash(text), .space = space_of(maker)}};
}

Qwen3VL2BIntelligentCachingManager::Named Qwen3VL2BIntelligentCachingManager::image_entry(
    const ImageContent& image, ArtefactKind kind) {
  check_image(image);
  return {.key = key_of(image.bytes, kind, Maker::kVisionEncoder),
          .kind = kind,
          .traits = {.image_code = image.phash, .space = space_of(Maker::kVisionEncoder)}};
}

Qwen3VL2BIntelligentCachingManager::Named Qwen3VL2BIntelligentCachingManager::pair_entry(
    std::string_view text, const ImageContent& image) {
  check_text(text);
  check_image(image);
  const Key of_text = key_of(bytes_of(text), ArtefactKind::kTextImagePair, Maker::kModel);
  const Key of_image = key_of(image.bytes, ArtefactKind::kTextImagePair, Maker::kModel);
  Named named{.key = derive_key(of_text, of_image.hi, of_image.lo),
              .kind = ArtefactKind::kTextImagePair,
              .traits = {.space = space_of(Maker::kModel)}};
  if (image.phash) {
    named.traits.text_code = simhash(text);
    named.traits.image_code = image.phash;
  }
  return named;
}

bool Qwen3VL2BIntelligentCachingManager::store(const Named& entry, const TensorView& tensor,
                                               const InputTerms& terms) {
  if (tensor.meta.dtype != model_.dtype) {
    throw Error(ErrorKind::kInput, fmt::format("a tensor of {} for {}, whose entries are {}",
                                               cachebench::name_of(tensor.meta.dtype), model_.model_id,
                                               cachebench::name_of(model_.dtype)));
  }
  StoreTerms store{.keep = {.ttl = terms.ttl, .priority = terms.priority},
                   .traits = entry.traits,
                   .recompute = terms.recompute};
  store.traits.embedding = terms.embedding;
  return cache_.put(entry.key, entry.kind, tensor, store).stored();
}

bool Qwen3VL2BIntelligentCachingManager::cache_text_input(std::string_view text, const TensorView& tensor,
                                                          const InputTerms& terms) {
  return store(text_entry(text, ArtefactKind::kText, Maker::kModel), tensor, terms);
}

bool Qwen3VL2BIntelligentCachingManager::cache_image_input(const ImageContent& image,
                                                           const TensorView& tensor,
                                                           const InputTerms& terms) {
  return store(image_entry(image, ArtefactKind::kImage), tensor, terms);
}

bool Qwen3VL2BIntelligentCachingManager::cache_text_image_pair(std::string_view text,
                                                               const ImageContent& image,
                                                               const TensorView& tensor,
                                                               const InputTerms& terms) {
  return store(pair_entry(text, image), tensor, terms);
}

bool Qwen3VL2BIntelligentCachingManager::cache_vision_encoder_output(const ImageContent& image,
                                                                     const TensorView& tensor,
                                                                     const InputTerms& terms) {
  return store(image_entry(image, ArtefactKind::kVisionEncoderOutput), tensor, terms);
}

bool Qwen3VL2BIntelligentCachingManager::cache_language_encoder_output(std::string_view text,
                                                                       const TensorView& tensor,
                                                                       const InputTerms& terms) {
  return store(text_entry(text, ArtefactKind::kLanguageEncoderOutput, Maker::kLanguageEncoder), tensor,
               terms);
}

std::optional<CachedTensor> Qwen3VL2BIntelligentCachingManager::get_cached_text_input(std::string_view text) {
  return fetch(text_entry(text, ArtefactKind::kText, Maker::kModel));
}

std::optional<CachedTensor> Qwen3VL2BIntelligentCachingManager::get_cached_image_input(
    const ImageContent& image) {
  return fetch(image_entry(image, ArtefactKind::kImage));
}

std::optional<CachedTensor> Qwen3VL2BIntelligentCachingManager::get_cached_text_image_pair(
    std::string_view text, const ImageContent& image) {
  return fetch(pair_entry(text, image));
}

std::optional<CachedTensor> Qwen3VL2BIntelligentCachingManager::get_cached_vision_encoder_output(
    const ImageContent& image) {
  return fetch(image_entry(image, ArtefactKind::kVisionEncoderOutput));
}

std::optional<CachedTensor> Qwen3VL2BIntelligentCachingManager::get_cached_language_encoder_output(
    std::string_view text) {
  return fetch(text_entry(text, ArtefactKind::kLanguageEncoderOutput, Maker::kLanguageEncoder));
}

std::vector<SimilarEntry> Qwen3VL2BIntelligentCachingManager::find_similar_texts(
    std::string_view text, const FindOptions& options) const {
  check_text(text);
  return cache_.find_similar(ArtefactKind::kText,
                             {.text_code = simhash(text), .space = space_of(Maker::kModel)}, options);
}

std::vector<SimilarEntry> Qwen3VL2BIntelligentCachingManager::find_similar_images(
    const ImageContent& image, const FindOptions& options) const {
  check_image(image);
  return cache_.find_similar(ArtefactKind::kImage,
                             {.image_code = image.phash, .space = space_of(Maker::kVisionEncoder)}, options);
}

std::vector<SimilarEntry> Qwen3VL2BIntelligentCachingManager::find_similar_pairs(
    std::string_view text, const ImageContent& image, const FindOptions& options) const {
  check_text(text);
  check_image(image);
  if (!image.phash) return {};
  return cache_.find_similar(
      ArtefactKind::kTextImagePair,
      {.text_code = simhash(text), .image_code = image.phash, .space = space_of(Maker::kModel)}, options);
}

Key Qwen3VL2BIntelligentCachingManager::text_key(std::string_view text) {
  return text_entry(text, ArtefactKind::kText, Maker::kModel).key;
}

Key Qwen3VL2BIntelligentCachingManager::image_key(const ImageContent& image) {
  return image_entry(image, ArtefactKind::kImage).key;
}

Key Qwen3VL2BIntelligentCachingManager::pair_key(std::string_view text, const ImageContent& image) {
  return pair_entry(text, image).key;
}

}  // namespace cachebench::cache
