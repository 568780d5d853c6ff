// SPDX-License-Identifier: Apache-2.0
#include "bench/config/plugin_keys.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/ids.h"
#include "core/units.h"
#include "hardware/profile.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

/// How the source documents write a value, where the config writes it otherwise.
enum class Spelling : std::uint8_t {
  kSame,
  kSize,           ///< the same size may be written in several ways
  kGibibytes,      ///< a number of GiB is a size
  kZstdOrNone,     ///< a boolean is a codec
  kAdaptiveOrNot,  ///< a boolean is a batcher
  kProfile,        ///< the target has a name of its own
  kSeedThreshold,  ///< chooses that migration policy as well
};

struct PluginKey {
  const char* name;
  const char* path;  ///< where the value goes; tiers by number
  Spelling spelling = Spelling::kSame;
};

constexpr std::array kPluginKeys{
    PluginKey{"l1_cache_size", "cache.tiers.0.capacity", Spelling::kSize},
    PluginKey{"l2_cache_size", "cache.tiers.1.capacity", Spelling::kSize},
    PluginKey{"l3_cache_size", "cache.tiers.2.capacity", Spelling::kSize},
    PluginKey{"l1_eviction_policy", "cache.tiers.0.eviction.policy"},
    PluginKey{"l2_eviction_policy", "cache.tiers.1.eviction.policy"},
    PluginKey{"l3_eviction_policy", "cache.tiers.2.eviction.policy"},
    PluginKey{"l2_pin_memory", "cache.tiers.1.pin_memory"},
    PluginKey{"l3_compression", "cache.tiers.2.compression", Spelling::kZstdOrNone},
    PluginKey{"migration_threshold_high_freq", "cache.migration.migration_threshold_high_freq",
              Spelling::kSeedThreshold},
    PluginKey{"migration_threshold_medium_freq", "cache.migration.migration_threshold_medium_freq",
              Spelling::kSeedThreshold},
    PluginKey{"migration_time_threshold", "cache.migration.migration_time_threshold",
              Spelling::kSeedThreshold},
    PluginKey{"prediction_window", "cache.migration.prediction_window", Spelling::kSeedThreshold},
    PluginKey{"prediction_threshold", "cache.migration.prediction_threshold", Spelling::kSeedThreshold},

    PluginKey{"enable_intelligent_multimodal_caching", "multimodal.enabled"},
    PluginKey{"intelligent_multimodal_cache_size_gb", "multimodal.capacity", Spelling::kGibibytes},
    PluginKey{"intelligent_multimodal_cache_eviction_policy", "multimodal.eviction.policy"},
    PluginKey{"intelligent_multimodal_cache_enable_similarity", "multimodal.similarity.enabled"},
    PluginKey{"intelligent_multimodal_cache_similarity_threshold", "multimodal.similarity.threshold"},
    PluginKey{"intelligent_multimodal_cache_enable_ttl", "multimodal.ttl.enabled"},
    PluginKey{"intelligent_multimodal_cache_default_ttl", "multimodal.ttl.default"},
    PluginKey{"intelligent_multimodal_cache_enable_compression", "multimodal.compression.enabled"},
    PluginKey{"intelligent_multimodal_cache_compression_ratio", "multimodal.compression.ratio"},

    PluginKey{"max_entries", "visual.max_entries"},
    PluginKey{"max_vram_bytes", "visual.max_vram", Spelling::kSize},
    PluginKey{"minimum_stable_blocks", "visual.minimum_stable_blocks"},

    PluginKey{"enable_async_multimodal_processing", "async.enabled"},
    PluginKey{"async_max_concurrent_requests", "async.max_concurrent_requests"},
    PluginKey{"async_buffer_size", "async.buffer_size"},
    PluginKey{"async_batch_timeout", "async.batch_timeout"},
    PluginKey{"enable_async_batching", "async.batching"},
    PluginKey{"text_weight", "async.text_weight"},
    PluginKey{"image_weight", "async.image_weight"},

    PluginKey{"max_batch_size", "pipeline.max_batch_size"},
    PluginKey{"variable_batch_size", "pipeline.batcher", Spelling::kAdaptiveOrNot},
    PluginKey{"enable_async_io", "pipeline.async_io"},
    PluginKey{"enable_tensor_caching", "pipeline.tensor_caching"},
    PluginKey{"enable_model_caching", "pipeline.model_caching"},
    PluginKey{"enable_prefetching", "pipeline.prefetching"},
    PluginKey{"enable_pinned_memory", "pipeline.pinned_memory"},
    PluginKey{"enable_async_transfers", "pipeline.async_transfers"},
    PluginKey{"target_hardware", "profile", Spelling::kProfile},
};

constexpr char kSeedThresholdName[] = "seed-threshold";
constexpr char kSeedTarget[] = "nvidia_sm61";

Json translated(const PluginKey& key, const Json& value) {
  switch (key.spelling) {
    case Spelling::kGibibytes:
      return static_cast<std::uint64_t>(value.get<double>() * static_cast<double>(kGiB.value));
    case Spelling::kZstdOrNone:
      return value.get<bool>() ? "zstd" : "none";
    case Spelling::kAdaptiveOrNot:
      return value.get<bool>() ? "adaptive" : "arrival";
    case Spelling::kProfile:
      return value == kSeedTarget ? Json(std::string(hardware::kDefaultProfile)) : value;
    case Spelling::kSame:
    case Spelling::kSize:
    case Spelling::kSeedThreshold:
      break;
  }
  return value;
}

bool same(const PluginKey& key, const Json& a, const Json& b) {
  if (key.spelling != Spelling::kSize && key.spelling != Spelling::kGibibytes) return a == b;
  const auto size_of = [](const Json& json) {
    return parse_size(json.is_string() ? json.get<std::string>() : json.dump());
  };
  return a.is_null() == b.is_null() && (a.is_null() || size_of(a) == size_of(b));
}

class Translator {
 public:
  Translator(Json& document, const Origin& origin, Conflict conflict)
      : document_(document), origin_(origin), conflict_(conflict) {}

  void translate(const PluginKey& key, const Json& value) {
    if (key.spelling == Spelling::kSeedThreshold) choose_seed_threshold(key);
    const std::string_view path = key.path;
    const std::size_t dot = path.rfind('.');
    Json& parent = dot == std::string_view::npos ? document_ : object_at(key, path.substr(0, dot));
    set(key, parent, std::string(path.substr(dot == std::string_view::npos ? 0 : dot + 1)),
        translated(key, value));
  }

 private:
  /// The object at a path, made where it is missing.
  Json& object_at(const PluginKey& key, std::string_view path) {
    Json* node = &document_;
    while (!path.empty()) {
      const std::string part(path.substr(0, path.find('.')));
      path.remove_prefix(std::min(part.size() + 1, path.size()));
      const bool is_index = part.find_first_not_of("0123456789") == std::string::npos;
      node = is_index ? &tier(key, *node, std::stoul(part)) : &(*node)[part];
    }
    return *node;
  }

  Json& tier(const PluginKey& key, Json& tiers, std::size_t index) const {
    if (tiers.is_null()) {
      for (int i = 0; i < kMaxTiers; ++i) tiers.push_back(Json::object());
    }
    if (index >= tiers.size()) {
      throw Error(ErrorKind::kUsage, fmt::format("{}: plugin.{} needs tier {}, and cache.tiers has {}",
                                                 origin_.at(key.name), key.name, index + 1, tiers.size()));
    }
    return tiers[index];
  }

  void choose_seed_threshold(const PluginKey& key) {
    Json& migration = document_["cache"]["migration"];
    const bool is_other =
        migration.is_object() && migration.contains("policy") && migration.at("policy") != kSeedThresholdName;
    if (is_other && conflict_ == Conflict::kReplace) migration = Json::object();
    set(key, migration, "policy", kSeedThresholdName);
  }

  void set(const PluginKey& key, Json& parent, const std::string& name, const Json& value) {
    const bool both = conflict_ == Conflict::kRefuse && parent.contains(name);
    if (both && !same(key, parent.at(name), value)) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: plugin.{} means {} {}, but the config gives {}: leave one of them out",
                              origin_.at(key.name), key.name, name, value.dump(), parent.at(name).dump()));
    }
    parent[name] = value;
  }

  Json& document_;
  const Origin& origin_;
  const Conflict conflict_;
};

}  // namespace

void translate_plugin_keys(const Json& source, Json& document, const Origin& origin, Conflict conflict) {
  const auto plugin = source.find("plugin");
  if (plugin == source.end()) return;
  Translator translator(document, origin, conflict);
  for (const PluginKey& key : kPluginKeys) {
    if (plugin->contains(key.name)) translator.translate(key, plugin->at(key.name));
  }
}

}  // namespace cachebench::bench
