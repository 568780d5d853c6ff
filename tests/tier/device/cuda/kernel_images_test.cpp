// SPDX-License-Identifier: Apache-2.0
#include "tier/device/cuda/kernel_images.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace cachebench::tier::cuda {
namespace {

constexpr std::array<KernelImage, 7> kImages{{{"move", 75, ImageKind::kCubin, {}},
                                              {"move", 80, ImageKind::kCubin, {}},
                                              {"move", 86, ImageKind::kCubin, {}},
                                              {"move", 75, ImageKind::kPtx, {}},
                                              {"move", 61, ImageKind::kCubin, {}},
                                              {"other", 90, ImageKind::kCubin, {}},
                                              {"move", 80, ImageKind::kPtx, {}}}};

std::string chosen(int major, int minor) {
  const KernelImage* const image = choose_image(kImages, "move", major, minor);
  if (image == nullptr) return "none";
  return (image->kind == ImageKind::kPtx ? "ptx " : "sm ") + std::to_string(image->architecture);
}

}  // namespace

TEST_CASE("the newest machine code of the card's own major version, else the newest PTX it can translate") {
  CHECK(chosen(6, 1) == "sm 61");
  CHECK(chosen(6, 2) == "sm 61");
  CHECK(chosen(6, 0) == "none");
  CHECK(chosen(5, 2) == "none");
  CHECK(chosen(7, 0) == "none");
  CHECK(chosen(7, 5) == "sm 75");
  CHECK(chosen(8, 0) == "sm 80");
  CHECK(chosen(8, 6) == "sm 86");
  CHECK(chosen(8, 9) == "sm 86");
  CHECK(chosen(9, 0) == "ptx 80");
  CHECK(chosen(12, 0) == "ptx 80");
  CHECK(choose_image({}, "move", 9, 0) == nullptr);
}

TEST_CASE("what the program brings are images of the architectures they are listed for") {
  if (kernel_images().empty()) {
    MESSAGE("skipped: this build has no device kernels");
    return;
  }
  for (const char* module : {"move", "quantise", "similarity"}) {
    for (const int major : {7, 8, 9, 10, 12}) {
      const KernelImage* const image = choose_image(kernel_images(), module, major, major == 7 ? 5 : 0);
      CHECK_MESSAGE(image != nullptr, module << " for compute capability " << major);
    }
    if (choose_image(kernel_images(), module, 6, 1) == nullptr) MESSAGE("no kernels for sm_61 in this build");
  }
  for (const KernelImage& image : kernel_images()) {
    REQUIRE(image.bytes.size() > 64);
    if (image.kind == ImageKind::kPtx) {
      const std::string text(reinterpret_cast<const char*>(image.bytes.data()), image.bytes.size());
      CHECK(text.find(".target sm_" + std::to_string(image.architecture)) != std::string::npos);
      CHECK(*(image.bytes.data() + image.bytes.size()) == std::byte{0});
      continue;
    }
    CHECK(std::memcmp(image.bytes.data(), "\177ELF", 4) == 0);
    std::uint16_t machine = 0;
    std::memcpy(&machine, image.bytes.data() + 18, 2);
    CHECK(machine == 190);  // EM_CUDA
    std::uint32_t flags = 0;
    std::memcpy(&flags, image.bytes.data() + 48, 4);
    const auto architecture = static_cast<std::uint32_t>(image.architecture);
    CHECK(((flags & 0xFFU) == architecture || ((flags >> 8U) & 0xFFU) == architecture));
  }
}

}  // namespace cachebench::tier::cuda
