// SPDX-License-Identifier: Apache-2.0
#include "bench/config/feature_sections.h"

#include <nlohmann/json.hpp>

#include "bench/config/config_json.h"
#include "bench/config/section_reader.h"

namespace cachebench::bench {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value, typename Write>
Json optional_json(const std::optional<Value>& value, Write write) {
  return value ? Json(write(*value)) : Json(nullptr);
}

void read_similarity(const SectionReader& section, SimilaritySection& similarity) {
  section.read("enabled", similarity.enabled);
  section.read("threshold", similarity.threshold);
  section.read("top_k", similarity.top_k);
  section.read("text", similarity.text);
  section.read("image", similarity.image);
  section.read("embedding", similarity.embedding);
  section.read("confirm", similarity.confirm);
}

void read_compression(const SectionReader& section, CompressionSection& compression) {
  section.read("enabled", compression.enabled);
  section.read("ratio", compression.ratio);
  section.read_enum("when", compression.when, CompressWhen::kAlways);
  section.read("pressure_start", compression.pressure_start);
  section.read("pressure_stop", compression.pressure_stop);
}

Json similarity_json(const SimilaritySection& similarity) {
  return {{"enabled", similarity.enabled}, {"threshold", similarity.threshold},
          {"top_k", similarity.top_k},     {"text", similarity.text},
          {"image", similarity.image},     {"embedding", similarity.embedding},
          {"confirm", similarity.confirm}};
}

Json compression_json(const CompressionSection& compression) {
  return {{"enabled", compression.enabled},
          {"ratio", compression.ratio},
          {"when", name_of(compression.when)},
          {"pressure_start", compression.pressure_start},
          {"pressure_stop", compression.pressure_stop}};
}

}  // namespace

const char* name_of(CompressWhen when) {
  return when == CompressWhen::kAlways ? "always" : "pressure";
}
const char* name_of(RegistryEviction eviction) {
  return eviction == RegistryEviction::kLru ? "lru" : "lfu";
}
const char* name_of(BackPressure rule) {
  if (rule == BackPressure::kReject) return "reject";
  return rule == BackPressure::kShed ? "shed" : "block";
}

void read_multimodal(const SectionReader& section, MultimodalSection& multimodal) {
  section.read("enabled", multimodal.enabled);
  section.read("capacity", multimodal.capacity);
  section.read_variant("eviction", multimodal.eviction);
  section.read("hash", multimodal.hash);
  read_similarity(section.below("similarity"), multimodal.similarity);
  const SectionReader ttl = section.below("ttl");
  ttl.read("enabled", multimodal.ttl.enabled);
  ttl.read("default", multimodal.ttl.default_ttl);
  read_compression(section.below("compression"), multimodal.compression);
  const SectionReader dynamic = section.below("dynamic");
  dynamic.read("enabled", multimodal.dynamic.enabled);
  dynamic.read("min_share", multimodal.dynamic.min_share);
  dynamic.read("max_share", multimodal.dynamic.max_share);
  if (section.has("quotas")) {
    for (const auto& [kind, share] : section.at("quotas").items())
      multimodal.quotas[kind] = share.get<double>();
  }
  section.read("share_encoder", multimodal.share_encoder);
}

void read_visual(const SectionReader& section, VisualSection& visual) {
  section.read("enabled", visual.enabled);
  section.read("max_entries", visual.max_entries);
  section.read("max_vram", visual.max_vram);
  section.read_enum("eviction", visual.eviction, RegistryEviction::kLru);
  section.read("minimum_stable_blocks", visual.minimum_stable_blocks);
}

void read_async(const SectionReader& section, AsyncSection& async) {
  section.read("enabled", async.enabled);
  section.read("max_concurrent_requests", async.max_concurrent_requests);
  section.read("buffer_size", async.buffer_size);
  section.read_enum("back_pressure", async.back_pressure, BackPressure::kShed);
  section.read("batching", async.batching);
  section.read("batch_timeout", async.batch_timeout);
  section.read("text_weight", async.text_weight);
  section.read("image_weight", async.image_weight);
  section.read("max_complexity", async.max_complexity);
  section.read("deadline", async.deadline);
}

void read_pipeline(const SectionReader& section, PipelineSection& pipeline) {
  section.read("runner", pipeline.runner);
  section.read("checkpoint", pipeline.checkpoint);
  section.read("dtype", pipeline.dtype);
  section.read("weights", pipeline.weights);
  section.read("threads", pipeline.threads);
  section.read("weights_budget", pipeline.weights_budget);
  section.read("kv_tokens", pipeline.kv_tokens);
  section.read("kv_offload", pipeline.kv_offload);
  section.read("continuous_batching", pipeline.continuous_batching);
  section.read("max_batch_size", pipeline.max_batch_size);
  section.read("batcher", pipeline.batcher);
  section.read("async_io", pipeline.async_io);
  section.read("tensor_caching", pipeline.tensor_caching);
  section.read("model_caching", pipeline.model_caching);
  section.read("prefetching", pipeline.prefetching);
  section.read("pinned_memory", pipeline.pinned_memory);
  section.read("async_transfers", pipeline.async_transfers);
  section.read("streams", pipeline.streams);
  section.read("queue", pipeline.queue);
  const SectionReader workers = section.below("workers");
  workers.read("load", pipeline.workers.load);
  workers.read("transfer", pipeline.workers.transfer);
  workers.read("compute", pipeline.workers.compute);
  workers.read("post", pipeline.workers.post);
  section.read("max_new_tokens", pipeline.max_new_tokens);
  section.read("objective", pipeline.objective);
  section.read("caching", pipeline.caching);
  section.read("load_balancing", pipeline.load_balancing);
  section.read("warm_passes", pipeline.warm_passes);
}

Json to_json(const MultimodalSection& multimodal) {
  Json quotas = Json::object();
  for (const auto& [kind, share] : multimodal.quotas) quotas[kind] = share;
  return {
      {"enabled", multimodal.enabled},
      {"capacity", optional_json(multimodal.capacity, size_json)},
      {"eviction", variant_json(multimodal.eviction)},
      {"hash", multimodal.hash},
      {"similarity", similarity_json(multimodal.similarity)},
      {"ttl", {{"enabled", multimodal.ttl.enabled}, {"default", exact_duration(multimodal.ttl.default_ttl)}}},
      {"compression", compression_json(multimodal.compression)},
      {"dynamic",
       {{"enabled", multimodal.dynamic.enabled},
        {"min_share", multimodal.dynamic.min_share},
        {"max_share", multimodal.dynamic.max_share}}},
      {"quotas", quotas},
      {"share_encoder", multimodal.share_encoder}};
}

Json to_json(const VisualSection& visual) {
  return {{"enabled", visual.enabled},
          {"max_entries", visual.max_entries},
          {"max_vram", visual.max_vram.value},
          {"eviction", name_of(visual.eviction)},
          {"minimum_stable_blocks", visual.minimum_stable_blocks}};
}

Json to_json(const AsyncSection& async) {
  return {{"enabled", async.enabled},
          {"max_concurrent_requests", async.max_concurrent_requests},
          {"buffer_size", async.buffer_size},
          {"back_pressure", name_of(async.back_pressure)},
          {"batching", async.batching},
          {"batch_timeout", exact_duration(async.batch_timeout)},
          {"text_weight", async.text_weight},
          {"image_weight", async.image_weight},
          {"max_complexity", async.max_complexity},
          {"deadline", optional_json(async.deadline, exact_duration)}};
}

Json to_json(const PipelineSection& pipeline) {
  const PipelineWorkers& workers = pipeline.workers;
  return {{"runner", pipeline.runner},
          {"checkpoint", pipeline.checkpoint},
          {"dtype", pipeline.dtype},
          {"weights", pipeline.weights},
          {"threads", pipeline.threads},
          {"weights_budget", pipeline.weights_budget.value},
          {"kv_tokens", pipeline.kv_tokens},
          {"kv_offload", pipeline.kv_offload},
          {"continuous_batching", pipeline.continuous_batching},
          {"max_batch_size", pipeline.max_batch_size},
          {"batcher", pipeline.batcher},
          {"async_io", pipeline.async_io},
          {"tensor_caching", pipeline.tensor_caching},
          {"model_caching", pipeline.model_caching},
          {"prefetching", pipeline.prefetching},
          {"pinned_memory", pipeline.pinned_memory},
          {"async_transfers", pipeline.async_transfers},
          {"streams", pipeline.streams},
          {"queue", pipeline.queue},
          {"workers",
           {{"load", workers.load},
            {"transfer", workers.transfer},
            {"compute", workers.compute},
            {"post", workers.post}}},
          {"max_new_tokens", pipeline.max_new_tokens},
          {"objective", exact_duration(pipeline.objective)},
          {"caching", pipeline.caching},
          {"load_balancing", pipeline.load_balancing},
          {"warm_passes", pipeline.warm_passes}};
}

}  // namespace cachebench::bench
