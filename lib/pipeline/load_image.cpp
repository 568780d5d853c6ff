// SPDX-License-Identifier: Apache-2.0
#include "pipeline/load_image.h"

#include <span>
#include <string_view>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/rng.h"
#include "image/decode.h"
#include "image/scene.h"

namespace cachebench::pipeline {
namespace {

using Picture = std::shared_ptr<const image::Image>;

constexpr image::Size kUnstated{kUnstatedImageSide, kUnstatedImageSide};

image::Size stated(image::Size size) {
  return size.width == 0 || size.height == 0 ? kUnstated : size;
}

image::Source source_of(const ImageBytesPart& part) {
  const std::string_view name = part.name.empty() ? std::string_view("image") : std::string_view(part.name);
  if (part.bytes == nullptr) throw Error(ErrorKind::kInput, std::string(name) + ": no bytes");
  return {.name = name, .bytes = *part.bytes};
}

Picture owned(image::Image picture) {
  return std::make_shared<const image::Image>(std::move(picture));
}

struct Load {
  const ContentSource& contents;
  Picture operator()(const ImageFilePart& part) const { return owned(image::decode_file(part.path)); }
  Picture operator()(const ImageBytesPart& part) const { return owned(image::decode(source_of(part))); }
  Picture operator()(const PicturePart& part) const {
    if (part.picture == nullptr) throw Error(ErrorKind::kInput, "image: no picture");
    return part.picture;
  }
  Picture operator()(const ImageContentPart& part) const {
    if (contents) {
      if (Picture found = contents(part.content, part.size)) return found;
    }
    const std::uint64_t seed = splitmix64(part.content.hi ^ splitmix64(part.content.lo));
    return owned(image::draw_scene({.seed = seed, .size = stated(part.size)}));
  }
  template <typename Text>
  Picture operator()(const Text&) const {
    CACHEBENCH_CHECK(false, "a text is no image");
    return nullptr;
  }
};

struct Expect {
  image::Size operator()(const ImageFilePart& part) const { return stated(part.expected); }
  image::Size operator()(const ImageBytesPart& part) const { return image::inspect(source_of(part)).size; }
  image::Size operator()(const PicturePart& part) const {
    if (part.picture == nullptr) throw Error(ErrorKind::kInput, "image: no picture");
    return part.picture->size();
  }
  image::Size operator()(const ImageContentPart& part) const { return stated(part.size); }
  template <typename Text>
  image::Size operator()(const Text&) const {
    CACHEBENCH_CHECK(false, "a text is no image");
    return {};
  }
};

}  // namespace

bool is_image(const RequestPart& part) {
  return std::holds_alternative<ImageFilePart>(part) || std::holds_alternative<ImageBytesPart>(part) ||
         std::holds_alternative<PicturePart>(part) || std::holds_alternative<ImageContentPart>(part);
}

Picture load_image(const RequestPart& part, const ContentSource& contents) {
  return std::visit(Load{contents}, part);
}

image::Size expected_size(const RequestPart& part) {
  return std::visit(Expect{}, part);
}

}  // namespace cachebench::pipeline
