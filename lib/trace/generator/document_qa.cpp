// SPDX-License-Identifier: Apache-2.0
// Questions about documents: a session picks a document by popularity; every turn sends the system prompt,
// the pages (an image, and a text where the spec says so), the questions and answers so far, and a new
// question.
#include <memory>

#include "trace/synthetic/session.h"

namespace cachebench::trace {
namespace {

struct Options {
  std::uint64_t system_tokens = 0;
  std::uint64_t documents = 1;
  Distribution pages;
  Distribution page_text_tokens;
  bool history = true;  ///< earlier questions and answers are sent again
};

class DocumentSession final : public Session {
 public:
  DocumentSession(const Options& options, std::vector<Input> document)
      : options_(options), prompt_(std::move(document)) {}

  void next(Turn& turn, Request& out) override {
    Input question = turn.mint.text(std::max<std::uint64_t>(turn.lengths.text_tokens.sample(turn.rng), 1));
    out.output_tokens = std::max<std::uint64_t>(turn.lengths.output_tokens.sample(turn.rng), 1);
    out.inputs = prompt_;
    out.inputs.push_back(question);
    if (!options_.history) return;
    prompt_.push_back(std::move(question));
    prompt_.push_back(turn.mint.text(*out.output_tokens));
  }

 private:
  const Options& options_;
  std::vector<Input> prompt_;
};

class DocumentQa final : public SessionKind {
 public:
  explicit DocumentQa(SpecObject& keys) {
    options_.system_tokens = keys.count_or("system_tokens", 0, {.min = 0, .max = 1e6});
    options_.documents = keys.count("documents", {.min = 1, .max = 1e6});
    popularity_ =
        std::make_unique<ZipfSampler>(options_.documents, keys.real_or("alpha", 0.8, {.min = 0, .max = 10}));
    options_.pages = Distribution::parse(keys.at("pages"), keys.path_of("pages"));
    if (keys.has("page_text_tokens")) {
      options_.page_text_tokens =
          Distribution::parse(keys.at("page_text_tokens"), keys.path_of("page_text_tokens"));
    }
    options_.history = keys.count_or("history", 1, {.min = 0, .max = 1}) == 1;
  }

  [[nodiscard]] std::unique_ptr<Session> start(Turn& turn) const override {
    const std::uint64_t document = popularity_->sample(turn.rng);
    std::vector<Input> prompt;
    if (options_.system_tokens > 0) {
      prompt.push_back(turn.mint.named_text({kSystemPrompt, 0}, options_.system_tokens));
    }
    // From the document's own stream: the same pages whoever asks for it, and when.
    Rng own(splitmix64(document));
    const std::uint64_t pages = std::max<std::uint64_t>(options_.pages.sample(own), 1);
    for (std::uint64_t page = 0; page < pages; ++page) {
      const ContentName name{kDocumentPage + document, page};
      prompt.push_back(turn.mint.named_image(name, turn.images.shape(own, turn.lengths.image_tokens)));
      const std::uint64_t tokens = options_.page_text_tokens.sample(own);
      const ContentName text{kDocumentPage + document, kDocumentPage + page};
      if (tokens > 0) prompt.push_back(turn.mint.named_text(text, tokens));
    }
    return std::make_unique<DocumentSession>(options_, std::move(prompt));
  }

 private:
  Options options_;
  std::unique_ptr<ZipfSampler> popularity_;
};

CACHEBENCH_REGISTER(SessionDescriptor,
                    {.name = "document-qa",
                     .summary = "questions about documents whose pages come first",
                     .parse = [](SpecObject& keys) { return std::make_unique<DocumentQa>(keys); }});

}  // namespace
}  // namespace cachebench::trace
