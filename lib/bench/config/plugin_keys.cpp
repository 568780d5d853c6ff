// SPDX-License-Identifier: Apache-2.0
#include "bench/config/plugin_keys.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/ids.h"
#include "core/units.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

/// What a flat key stands for.
enum class Target : std::uint8_t { kCapacity, kEvictionPolicy, kPinMemory, kCompression, kSeedThreshold };

struct PluginKey {
  const char* name;
  Target target;
  std::size_t tier;  ///< of the first four targets
};

constexpr std::array<PluginKey, 13> kPluginKeys{{
    {"l1_cache_size", Target::kCapacity, 0},
    {"l2_cache_size", Target::kCapacity, 1},
    {"l3_cache_size", Target::kCapacity, 2},
    {"l1_eviction_policy", Target::kEvictionPolicy, 0},
    {"l2_eviction_policy", Target::kEvictionPolicy, 1},
    {"l3_eviction_policy", Target::kEvictionPolicy, 2},
    {"l2_pin_memory", Target::kPinMemory, 1},
    {"l3_compression", Target::kCompression, 2},
    {"migration_threshold_high_freq", Target::kSeedThreshold, 0},
    {"migration_threshold_medium_freq", Target::kSeedThreshold, 0},
    {"migration_time_threshold", Target::kSeedThreshold, 0},
    {"prediction_window", Target::kSeedThreshold, 0},
    {"prediction_threshold", Target::kSeedThreshold, 0},
}};

constexpr char kSeedThresholdName[] = "seed-threshold";

class Translator {
 public:
  Translator(Json& document, const Origin& origin, Conflict conflict)
      : document_(document), origin_(origin), conflict_(conflict) {}

  void translate(const PluginKey& key, const Json& value) {
    switch (key.target) {
      case Target::kCapacity:
        return set(key, tier(key), "capacity", value);
      case Target::kEvictionPolicy:
        return set(key, tier(key)["eviction"], "policy", value);
      case Target::kPinMemory:
        return set(key, tier(key), "pin_memory", value);
      case Target::kCompression:
        return set(key, tier(key), "compression", value.get<bool>() ? "zstd" : "none");
      case Target::kSeedThreshold: {
        Json& migration = document_["cache"]["migration"];
        choose_seed_threshold(key, migration);
        return set(key, migration, key.name, value);
      }
    }
  }

 private:
  Json& tier(const PluginKey& key) {
    Json& tiers = document_["cache"]["tiers"];
    if (tiers.is_null()) {
      for (int i = 0; i < kMaxTiers; ++i) tiers.push_back(Json::object());
    }
    if (key.tier >= tiers.size()) {
      throw Error(ErrorKind::kUsage, fmt::format("{}: plugin.{} needs tier {}, and cache.tiers has {}",
                                                 origin_.at(key.name), key.name, key.tier + 1, tiers.size()));
    }
    return tiers[key.tier];
  }

  void choose_seed_threshold(const PluginKey& key, Json& migration) {
    const bool is_other =
        migration.is_object() && migration.contains("policy") && migration.at("policy") != kSeedThresholdName;
    if (is_other && conflict_ == Conflict::kReplace) migration = Json::object();
    set(key, migration, "policy", kSeedThresholdName);
  }

  void set(const PluginKey& key, Json& parent, const char* name, const Json& value) {
    const bool both = conflict_ == Conflict::kRefuse && parent.contains(name);
    if (both && !same(key, parent.at(name), value)) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{}: plugin.{} means {} {}, but the config gives {}: leave one of them out",
                              origin_.at(key.name), key.name, name, value.dump(), parent.at(name).dump()));
    }
    parent[name] = value;
  }

  static bool same(const PluginKey& key, const Json& a, const Json& b) {
    if (key.target != Target::kCapacity) return a == b;
    const auto size_of = [](const Json& json) {
      return parse_size(json.is_string() ? json.get<std::string>() : json.dump());
    };
    return size_of(a) == size_of(b);
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
