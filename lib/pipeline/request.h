// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.h"
#include "core/units.h"
#include "image/image.h"
#include "model/artefact.h"

/// What a caller asks of the multimodal model and what comes back. Values; what they refer to (pictures, file
/// contents) is shared and never changed, so a request may be copied and read by any thread. Times are points
/// on the clock of whoever executes the request.
namespace cachebench::pipeline {

// The parts of a prompt, in the order in which the model reads them.
struct TextPart {
  std::string text;  ///< becomes tokens by the rule of pipeline/tokenize.h
};
struct TokensPart {
  std::vector<std::int64_t> ids;
};
/// Text known by its identity and length alone; its tokens follow from the key.
struct TextContentPart {
  Key content = {};
  std::uint64_t tokens = 0;
};
struct ImageFilePart {
  std::string path = {};      ///< PNG or JPEG
  image::Size expected = {};  ///< for forming batches, before the file is read; {0, 0}: unknown
};
struct ImageBytesPart {
  std::shared_ptr<const std::vector<std::byte>> bytes = {};  ///< of a PNG or JPEG file
  std::string name = {};                                     ///< for messages
};
struct PicturePart {
  std::shared_ptr<const image::Image> picture = {};
  std::optional<Key> content = {};  ///< its identity, where the caller has it already
};
/// A picture known by its identity and size alone: looked up, or drawn from the key.
struct ImageContentPart {
  Key content = {};
  image::Size size = {};
  std::optional<model::Likeness> likeness = {};  ///< what tells pictures that are like it, where it is known
};
using RequestPart = std::variant<TextPart, TokensPart, TextContentPart, ImageFilePart, ImageBytesPart,
                                 PicturePart, ImageContentPart>;

struct SamplingOptions {
  double temperature = 0;   ///< 0: the likeliest token always
  std::uint32_t top_k = 0;  ///< 0: all
  double top_p = 1;         ///< the smallest set of tokens with this much probability
  std::uint64_t seed = 1;
};

/// Asks for the end of a request; whoever executes it looks between two steps. Copies share the wish.
class CancellationToken {
 public:
  CancellationToken() : wish_(std::make_shared<Wish>()) {}
  void cancel() const { wish_->made.store(true, std::memory_order_release); }
  [[nodiscard]] bool cancelled() const { return made(*wish_); }
  /// A token of its own that is cancelled with either of two others, too.
  [[nodiscard]] static CancellationToken with_either(const CancellationToken& one,
                                                     const CancellationToken& other) {
    CancellationToken token;
    token.wish_->parents = {one.wish_, other.wish_};
    return token;
  }

 private:
  struct Wish {
    std::atomic<bool> made{false};
    std::array<std::shared_ptr<const Wish>, 2> parents;  // set before the token is shared
  };
  [[nodiscard]] static bool made(const Wish& wish) {
    if (wish.made.load(std::memory_order_acquire)) return true;
    for (const auto& parent : wish.parents) {
      if (parent != nullptr && made(*parent)) return true;
    }
    return false;
  }
  std::shared_ptr<Wish> wish_;
};

/// A token of the answer, as soon as it is there.
struct StreamedToken {
  std::uint64_t request = 0;
  std::uint64_t index = 0;  ///< from 0, without gaps
  std::int64_t token = 0;
};

struct AsyncMultimodalResult;

struct AsyncMultimodalRequest {
  std::uint64_t id = 0;
  std::uint64_t session = 0;  ///< 0: a session of its own
  std::uint32_t turn = 0;
  std::vector<RequestPart> parts;
  std::uint64_t max_new_tokens = 16;  ///< 0: the prompt is read and nothing answered
  /// Stop at the model's end token, which is no part of the answer. Replays of recorded lengths go on.
  bool stop_at_end = true;
  SamplingOptions sampling = {};
  std::int32_t priority = 0;  ///< higher goes first
  std::optional<Nanoseconds> deadline = {};
  CancellationToken cancellation = {};
  bool want_logits = false;  ///< keep those of the first token in the result
  /// Called once, before the future is ready, by the thread that ended the request. What it throws is
  /// counted and goes no further.
  std::function<void(const AsyncMultimodalResult&)> on_result = {};
  std::function<void(const StreamedToken&)> on_token = {};  ///< the same
};

/// The example of the source documents: a text about some images, which come first.
[[nodiscard]] AsyncMultimodalRequest make_request(std::string text, const std::vector<std::string>& images);
/// Hands a token to the request's callback. False when that threw.
bool deliver_token(const AsyncMultimodalRequest& request, const StreamedToken& token) noexcept;

enum class RequestStatus : std::uint8_t {
  kOk,
  kFailed,     ///< its input, or the model
  kCancelled,  ///< by its caller, or by a stop; tokens up to then are there
  kRejected,   ///< not taken: no room, or stopped
  kShed,       ///< taken, then given up for others
  kExpired,    ///< past its deadline; tokens up to then are there
};
inline constexpr std::size_t kRequestStatuses = 6;
[[nodiscard]] const char* name_of(RequestStatus status);

struct RequestTimings {
  Nanoseconds submitted{0};
  Nanoseconds queued{0};                        ///< from submission to the start of its batch
  std::optional<Nanoseconds> first_token = {};  ///< since submission
  std::vector<Nanoseconds> token_times = {};    ///< since submission, one a token
  Nanoseconds total{0};                         ///< since submission
  /// Mean gap between tokens; nothing with fewer than two.
  [[nodiscard]] std::optional<Nanoseconds> per_token() const;
};

/// What of a request came from caches instead of being computed.
struct CacheService {
  std::array<std::uint32_t, kArtefactKinds> served = {};  ///< artefacts, by kind
  std::array<std::uint32_t, kArtefactKinds> computed = {};
  std::uint64_t prompt_tokens_reused = 0;  ///< of the prompt, by K/V blocks
  std::uint32_t images_encoded = 0;        ///< runs of the vision tower
};

struct AsyncMultimodalResult {
  std::uint64_t id = 0;
  RequestStatus status = RequestStatus::kFailed;
  std::string error;  ///< one line; "" when ok
  std::vector<std::int64_t> tokens;
  std::uint64_t prompt_tokens = 0;
  RequestTimings timings;
  std::uint32_t batch_size = 0;  ///< of the batch it started in; 0: it never did
  CacheService cache;
  std::vector<float> first_logits;  ///< when asked for
  [[nodiscard]] bool ok() const { return status == RequestStatus::kOk; }
};

/// A result that ends a request without an answer.
[[nodiscard]] AsyncMultimodalResult unanswered(const AsyncMultimodalRequest& request, RequestStatus status,
                                               std::string error);

}  // namespace cachebench::pipeline
