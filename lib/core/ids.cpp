// SPDX-License-Identifier: Apache-2.0
#include "core/ids.h"

#include "core/check.h"

namespace cachebench {

const char* name_of(ArtefactKind kind) {
  switch (kind) {
    case ArtefactKind::kObject:
      return "object";
    case ArtefactKind::kText:
      return "text";
    case ArtefactKind::kImage:
      return "image";
    case ArtefactKind::kLanguageEncoderOutput:
      return "language_encoder_output";
    case ArtefactKind::kVisionEncoderOutput:
      return "vision_encoder_output";
    case ArtefactKind::kTextImagePair:
      return "text_image_pair";
    case ArtefactKind::kFusionOutput:
      return "fusion_output";
    case ArtefactKind::kKvBlock:
      return "kv_block";
    case ArtefactKind::kCrossModalAttention:
      return "cross_modal_attention";
  }
  CACHEBENCH_CHECK(false, "artefact kind {}", static_cast<int>(kind));
}

}  // namespace cachebench
