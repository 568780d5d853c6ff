// SPDX-License-Identifier: Apache-2.0
// A picture and a question a request, each from a catalogue in which contents have copies (other bytes, the
// same content: `copy_of` says so) and look-alikes (nearly the same similarity hash, other content). What
// answering by similarity gains and what it gets wrong is known by construction.
#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
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
  /// Of pictures, in the code for a second look: from so many `bits` on.
  std::map<std::uint64_t, Distribution> fine_bits;

  static Resembling parse(SpecObject& keys, const char* key) {
    Resembling result;
    if (!keys.has(key)) return result;
    SpecObject inner(keys.at(key), keys.path_of(key));
    result.share = inner.real("share", kShare);
    result.count = inner.count("count", kCount);
    result.bits = Distribution::parse(inner.at("bits"), inner.path_of("bits"));
    if (inner.has("fine_bits")) result.parse_fine(inner.at("fine_bits"), inner.path_of("fine_bits"));
    inner.finish();
    return result;
  }
  /// A distribution for all, or an object of them by the least `bits` that they are for.
  void parse_fine(const nlohmann::ordered_json& node, const std::string& path) {
    const bool by_bits = node.is_object() && !node.empty() && is_number(node.begin().key());
    if (!by_bits) {
      fine_bits.emplace(0, Distribution::parse(node, path));
      return;
    }
    for (const auto& [from, distribution] : node.items()) {
      if (!is_number(from) || std::stoull(from) > 64)
        throw Error(ErrorKind::kUsage, path + "." + from + ": a number of bits, 0 to 64, was expected");
      fine_bits.emplace(std::stoull(from), Distribution::parse(distribution, path + "." + from));
    }
  }
  static bool is_number(const std::string& text) {
    return !text.empty() && text.size() <= 2 && text.find_first_not_of("0123456789") == std::string::npos;
  }
  [[nodiscard]] std::uint64_t fine_of(std::uint64_t differing, Rng& rng) const {
    const auto after = fine_bits.upper_bound(differing);
    return after == fine_bits.begin() ? 4 * differing : std::prev(after)->second.sample(rng);
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
    has_fine_ = !copies_.fine_bits.empty() || !look_alikes_.fine_bits.empty();
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
      other.phash_fine = ContentMint::resembling(*base.phash_fine, how.fine_of(bits, own), own);
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
