// SPDX-License-Identifier: Apache-2.0
// A picture and a question a request, each from a catalogue in which contents have copies (other bytes, the
// same content: `copy_of` says so) and look-alikes (nearly the same similarity hash, other content). What
// answering by similarity gains and what it gets wrong is known by construction.
#include <algorithm>
#include <memory>
#include <optional>

#include "trace/synthetic/session.h"
#include "trace/synthetic/zipf.h"

namespace cachebench::trace {
namespace {

constexpr Range kShare{.min = 0, .max = 1};
constexpr Range kCount{.min = 1, .max = 1e6};

/// How often something is replaced by one of so many that resemble it, and by how many bits they differ.
struct Resembling {
  double share = 0;
  std::uint64_t count = 1;
  Distribution bits;
  std::optional<Distribution> fine_bits;  ///< of pictures: in the code for a second look

  static Resembling parse(SpecObject& keys, const char* key) {
    Resembling result;
    if (!keys.has(key)) return result;
    SpecObject inner(keys.at(key), keys.path_of(key));
    result.share = inner.real("share", kShare);
    result.count = inner.count("count", kCount);
    result.bits = Distribution::parse(inner.at("bits"), inner.path_of("bits"));
    if (inner.has("fine_bits"))
      result.fine_bits = Distribution::parse(inner.at("fine_bits"), inner.path_of("fine_bits"));
    inner.finish();
    return result;
  }
  /// 0: the thing itself.
  [[nodiscard]] std::uint64_t pick(Rng& rng) const {
    return rng.uniform() < share ? 1 + rng.below(count) : 0;
  }
};

class Catalogue {
 public:
  Catalogue(SpecObject& keys, const char* key, std::uint64_t group) : group_(group) {
    SpecObject inner(keys.at(key), keys.path_of(key));
    objects_ = inner.count("objects", kCount);
    popularity_ = std::make_unique<ZipfSampler>(objects_, inner.real_or("alpha", 0.8, {.min = 0, .max = 10}));
    copies_ = Resembling::parse(inner, "copies");
    look_alikes_ = Resembling::parse(inner, "look_alikes");
    has_fine_ = copies_.fine_bits || look_alikes_.fine_bits;
    inner.finish();
  }

  /// `make` gives the named content with sizes from the object's own stream, the same for all that resemble
  /// it.
  template <typename Make>
  [[nodiscard]] Input draw(Turn& turn, Make make) const {
    const std::uint64_t object = popularity_->sample(turn.rng);
    const std::uint64_t look_alike = look_alikes_.pick(turn.rng);
    const std::uint64_t copy = copies_.pick(turn.rng);
    Rng own(splitmix64(group_ ^ object));
    Input input = make(ContentName{group_, object}, own);
    if (has_fine_ && input.phash) input.phash_fine = ContentMint::fine_code(input);
    if (look_alike > 0) input = resembling(turn, input, {object, look_alike}, look_alikes_);
    if (copy == 0) return input;
    const std::uint64_t original = object + objects_ * look_alike;
    Input other = resembling(turn, input, {original + (1ULL << 32), copy}, copies_);
    other.copy_of = input.hash;
    return other;
  }

 private:
  [[nodiscard]] Input resembling(const Turn& turn, const Input& base, ContentName name,
                                 const Resembling& how) const {
    Rng own(splitmix64(splitmix64(group_ ^ name.group) ^ name.number));
    const std::uint64_t bits = how.bits.sample(own);
    Input other = turn.mint.resembling(base, {group_ + name.group, name.number}, bits);
    if (base.phash_fine)
      other.phash_fine = ContentMint::resembling(*base.phash_fine,
                                                 how.fine_bits ? how.fine_bits->sample(own) : 4 * bits, own);
    return other;
  }

  std::uint64_t group_;
  std::uint64_t objects_ = 1;
  std::unique_ptr<ZipfSampler> popularity_;
  Resembling copies_;
  Resembling look_alikes_;
  bool has_fine_ = false;
};

class NearDuplicates final : public SessionKind {
 public:
  explicit NearDuplicates(SpecObject& keys)
      : system_tokens_(keys.count_or("system_tokens", 0, {.min = 0, .max = 1e6})),
        pictures_(keys, "pictures", kResemblingPicture),
        questions_(keys, "questions", kResemblingText) {}

  [[nodiscard]] std::unique_ptr<Session> start(Turn& /*turn*/) const override {
    return std::make_unique<Asking>(*this);
  }

 private:
  class Asking final : public Session {
   public:
    explicit Asking(const NearDuplicates& kind) : kind_(kind) {}
    void next(Turn& turn, Request& out) override { kind_.ask(turn, out); }

   private:
    const NearDuplicates& kind_;
  };

  void ask(Turn& turn, Request& out) const {
    if (system_tokens_ > 0) out.inputs.push_back(turn.mint.named_text({kSystemPrompt, 0}, system_tokens_));
    out.inputs.push_back(pictures_.draw(turn, [&](ContentName name, Rng& own) {
      return turn.mint.named_image(name, turn.images.shape(own, turn.lengths.image_tokens));
    }));
    out.inputs.push_back(questions_.draw(turn, [&](ContentName name, Rng& own) {
      const std::uint64_t tokens = turn.lengths.text_tokens.sample(own);
      return turn.mint.named_text(name, std::max<std::uint64_t>(tokens, 1));
    }));
    out.output_tokens = turn.lengths.output_tokens.sample(turn.rng);
  }

  std::uint64_t system_tokens_;
  Catalogue pictures_;
  Catalogue questions_;
};

CACHEBENCH_REGISTER(SessionDescriptor,
                    {.name = "near-duplicates",
                     .summary = "pictures and questions with copies and look-alikes, known which is which",
                     .parse = [](SpecObject& keys) { return std::make_unique<NearDuplicates>(keys); }});

}  // namespace
}  // namespace cachebench::trace
