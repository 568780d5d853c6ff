// SPDX-License-Identifier: Apache-2.0
#include "trace/synthetic/spec.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/json_file.h"
#include "trace/synthetic/session.h"
#include "trace/synthetic/spec_object.h"
#include "trace/synthetic/zipf.h"

namespace cachebench::trace {
namespace {

using nlohmann::ordered_json;

constexpr Range kShare{.min = 0, .max = 1};
constexpr double kMostSide = 65536;

Distribution distribution_or(SpecObject& object, const char* key, std::uint64_t otherwise) {
  const ordered_json* value = object.find(key);
  return value == nullptr ? Distribution(otherwise) : Distribution::parse(*value, object.path_of(key));
}

Lengths parse_lengths_at(const ordered_json& value, const std::string& where) {
  SpecObject object(value, where);
  Lengths lengths;
  lengths.start_s = object.real_or("start_s", 0, {.min = 0, .max = 1e9});
  lengths.text_tokens = Distribution::parse(object.at("text_tokens"), object.path_of("text_tokens"));
  lengths.output_tokens = Distribution::parse(object.at("output_tokens"), object.path_of("output_tokens"));
  lengths.image_count = distribution_or(object, "image_count", 0);
  if (const ordered_json* tokens = object.find("image_tokens")) {
    lengths.image_tokens = Distribution::parse(*tokens, object.path_of("image_tokens"));
  }
  object.finish();
  return lengths;
}

std::vector<Lengths> parse_lengths(const ordered_json& value, const std::string& where) {
  if (!value.is_array()) return {parse_lengths_at(value, where)};
  std::vector<Lengths> result;
  for (const ordered_json& item : value) {
    const std::string at = where + "[" + std::to_string(result.size()) + "]";
    result.push_back(parse_lengths_at(item, at));
    const bool ordered = result.size() == 1 ? result[0].start_s == 0
                                            : result[result.size() - 2].start_s < result.back().start_s;
    if (!ordered)
      throw Error(ErrorKind::kUsage, at + ".start_s: the first is 0, and each is later than the one before");
  }
  if (result.empty()) throw Error(ErrorKind::kUsage, where + ": is empty");
  return result;
}

std::vector<ImageSize> parse_sizes(const ordered_json& value, const std::string& where) {
  if (!value.is_array() || value.empty())
    throw Error(ErrorKind::kUsage, where + ": is not an array of sizes");
  std::vector<ImageSize> sizes;
  for (const ordered_json& item : value) {
    SpecObject object(item, where + "[" + std::to_string(sizes.size()) + "]");
    ImageSize size;
    size.width = static_cast<std::uint32_t>(object.count("width", {.min = 1, .max = kMostSide}));
    size.height = static_cast<std::uint32_t>(object.count("height", {.min = 1, .max = kMostSide}));
    size.weight = object.real_or("weight", 1, {.min = 1e-9, .max = 1e9});
    object.finish();
    sizes.push_back(size);
  }
  return sizes;
}

ImageSpec parse_images(const ordered_json& value, const std::string& where) {
  SpecObject object(value, where);
  ImageSpec images;
  if (const ordered_json* sizes = object.find("sizes"))
    images.sizes = parse_sizes(*sizes, object.path_of("sizes"));
  images.bits_per_pixel = object.real_or("bits_per_pixel", images.bits_per_pixel, {.min = 0.01, .max = 64});
  if (const ordered_json* shared = object.find("shared")) {
    SpecObject inner(*shared, object.path_of("shared"));
    images.shared_share = inner.real("share", kShare);
    images.shared_objects =
        inner.count("objects", {.min = 1, .max = static_cast<double>(ZipfSampler::kMostObjects)});
    images.shared_alpha = inner.real("alpha", {.min = 0, .max = 10});
    inner.finish();
  }
  if (const ordered_json* near = object.find("near_duplicates")) {
    SpecObject inner(*near, object.path_of("near_duplicates"));
    images.near_share = inner.real("share", kShare);
    images.near_max_bits = static_cast<std::uint32_t>(inner.count("max_bits", {.min = 1, .max = 32}));
    inner.finish();
  }
  object.finish();
  return images;
}

void parse_session(const ordered_json& value, const std::string& where, ClientSpec& client) {
  SpecObject object(value, where);
  client.session_kind = object.text("kind");
  client.session_text = value.dump();
  // Made once to have its keys checked.
  static_cast<void>(make_session_kind(client.session_kind, object));
}

ClientSpec parse_client(const ordered_json& value, const std::string& where) {
  SpecObject object(value, where);
  ClientSpec client;
  client.name = object.text("name");
  client.arrival = parse_arrival(object.at("arrival"), object.path_of("arrival"));
  client.open_sessions = object.count_or("open_sessions", 1, {.min = 1, .max = 1e6});
  client.turns = distribution_or(object, "turns", 1);
  client.lengths = parse_lengths(object.at("lengths"), object.path_of("lengths"));
  if (const ordered_json* images = object.find("images"))
    client.images = parse_images(*images, object.path_of("images"));
  parse_session(object.at("session"), object.path_of("session"), client);
  object.finish();
  return client;
}

ordered_json to_json(const Lengths& lengths) {
  ordered_json out{{"start_s", lengths.start_s},
                   {"text_tokens", lengths.text_tokens.to_json()},
                   {"output_tokens", lengths.output_tokens.to_json()},
                   {"image_count", lengths.image_count.to_json()}};
  if (lengths.image_tokens) out["image_tokens"] = lengths.image_tokens->to_json();
  return out;
}

ordered_json to_json(const ImageSpec& images) {
  ordered_json out = ordered_json::object();
  if (!images.sizes.empty()) {
    out["sizes"] = ordered_json::array();
    for (const ImageSize& size : images.sizes) {
      out["sizes"].push_back({{"width", size.width}, {"height", size.height}, {"weight", size.weight}});
    }
  }
  out["bits_per_pixel"] = images.bits_per_pixel;
  out["shared"] = {
      {"share", images.shared_share}, {"objects", images.shared_objects}, {"alpha", images.shared_alpha}};
  out["near_duplicates"] = {{"share", images.near_share}, {"max_bits", images.near_max_bits}};
  return out;
}

ordered_json to_json(const ClientSpec& client) {
  ordered_json out{{"name", client.name}, {"arrival", to_json(client.arrival)}};
  out["open_sessions"] = client.open_sessions;
  out["turns"] = client.turns.to_json();
  out["session"] = ordered_json::parse(client.session_text);
  out["images"] = to_json(client.images);
  out["lengths"] = ordered_json::array();
  for (const Lengths& lengths : client.lengths) out["lengths"].push_back(to_json(lengths));
  return out;
}

}  // namespace

GeneratorSpec parse_spec(const ordered_json& document, const std::string& origin) {
  SpecObject object(document, origin + ": ");
  GeneratorSpec spec;
  spec.name = object.text("name");
  spec.notes = object.text_or("notes", "");
  spec.source = object.text_or("source", "");
  spec.license = object.text_or("license", "");
  spec.seed = object.count_or("seed", 1, {});
  if (object.has("requests")) spec.requests = object.count("requests", {.min = 1, .max = 1e12});
  if (object.has("duration_s")) spec.duration_s = object.real("duration_s", {.min = 1e-6, .max = 1e9});
  spec.block_tokens =
      static_cast<std::uint32_t>(object.count_or("block_tokens", 16, {.min = 1, .max = 1 << 20}));
  const ordered_json& clients = object.at("clients");
  if (!clients.is_array() || clients.empty()) object.fail("clients", "is not an array with a client in it");
  std::set<std::string> names;
  bool endless = false;
  for (const ordered_json& client : clients) {
    const std::string where = object.path_of("clients") + "[" + std::to_string(spec.clients.size()) + "]";
    spec.clients.push_back(parse_client(client, where));
    endless = endless || spec.clients.back().arrival.endless.has_value();
    if (!names.insert(spec.clients.back().name).second) {
      throw Error(ErrorKind::kUsage, where + ".name: is the name of another client too");
    }
  }
  object.finish();
  if (endless && spec.requests == UINT64_MAX && !spec.duration_s) {
    throw Error(ErrorKind::kUsage, origin + ": neither \"requests\" nor \"duration_s\" ends the trace");
  }
  return spec;
}

GeneratorSpec load_spec(const std::string& path) {
  return parse_spec(read_json_file(path, ErrorKind::kUsage), path);
}

ordered_json to_json(const GeneratorSpec& spec) {
  ordered_json out{
      {"name", spec.name}, {"notes", spec.notes}, {"source", spec.source}, {"license", spec.license}};
  out["seed"] = spec.seed;
  if (spec.requests != UINT64_MAX) out["requests"] = spec.requests;
  if (spec.duration_s) out["duration_s"] = *spec.duration_s;
  out["block_tokens"] = spec.block_tokens;
  out["clients"] = ordered_json::array();
  for (const ClientSpec& client : spec.clients) out["clients"].push_back(to_json(client));
  return out;
}

}  // namespace cachebench::trace
