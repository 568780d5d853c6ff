// SPDX-License-Identifier: Apache-2.0
#include "model/backend_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "core/error.h"
#include "core/nearest.h"
#include "core/registry.h"

namespace cachebench::model {
namespace {

namespace fs = std::filesystem;
using Backends = Registry<ModelBackendDescriptor>;

constexpr const char* kModule = "cachebench_torch.so";

/// Beside the program, then in lib/cachebench/ of the prefix it is installed in.
std::string find_module() {
  std::error_code failed;
  const fs::path folder = fs::read_symlink("/proc/self/exe", failed).parent_path();
  for (const fs::path& place : {folder / kModule, folder.parent_path() / "lib" / "cachebench" / kModule}) {
    if (fs::exists(place, failed)) return place.string();
  }
  return "";
}

// OpenBLAS chooses its kernels by the processor's name when it is loaded, and takes one that is newer than
// itself for one of twenty years ago, at half the speed or less. What the processor can do is a better guide.
// Whoever has set the variable knows best.
void choose_blas_kernels() {
  const char* kernels = nullptr;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    kernels = "SKYLAKEX";
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    kernels = "HASWELL";
  }
  constexpr int kKeep = 0;
  if (kernels != nullptr)
    ::setenv("OPENBLAS_CORETYPE", kernels, kKeep);  // NOLINT(concurrency-mt-unsafe): as for dlerror below
}

}  // namespace

const ModelBackendDescriptor& load_backend(const std::string& name) {
  if (const ModelBackendDescriptor* found = Backends::instance().find(name)) return *found;
  const std::string module = find_module();
  if (module.empty()) {
    throw Error(
        ErrorKind::kEnvironment,
        fmt::format("this build has no {}: the model needs LibTorch; install it (scripts/setup) and build "
                    "again",
                    kModule));
  }
  choose_blas_kernels();
  // Kept open for the life of the program: what it registers points into it.
  if (::dlopen(module.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = ::dlerror();  // NOLINT(concurrency-mt-unsafe): one thread, as the header says
    throw Error(ErrorKind::kEnvironment, fmt::format("{} cannot be loaded: {}", module, reason));
  }
  if (const ModelBackendDescriptor* found = Backends::instance().find(name)) return *found;
  throw Error(ErrorKind::kEnvironment, fmt::format("{} holds no '{}': it is of another build", module, name));
}

const RunnerDescriptor& load_runner(const std::string& name) {
  const auto& runners = Registry<RunnerDescriptor>::instance();
  constexpr const char* kInModule = "libtorch";
  if (name == kInModule) static_cast<void>(load_backend(name));
  if (const RunnerDescriptor* found = runners.find(name)) return *found;
  std::vector<std::string> names = runners.names();
  if (runners.find(kInModule) == nullptr) names.emplace_back(kInModule);
  throw Error(ErrorKind::kUsage, unknown_name("runner", name, names));
}

}  // namespace cachebench::model
