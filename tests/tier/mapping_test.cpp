// SPDX-License-Identifier: Apache-2.0
#include "tier/mapping.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <utility>
#include "tier/bounded_pinned.h"

namespace cachebench::tier {
namespace {

std::uintptr_t address_of(const Mapping& mapping) {
  return reinterpret_cast<std::uintptr_t>(mapping.data());
}

TEST_CASE("a mapping has whole pages of zeroes, at a boundary that suits its size") {
  const std::optional<Mapping> small = Mapping::try_map(Bytes{1});
  REQUIRE(small.has_value());
  CHECK(small->size() == Bytes{4096});
  CHECK(address_of(*small) % 4096 == 0);
  CHECK(small->span().back() == std::byte{0});

  const std::optional<Mapping> large = Mapping::try_map(Bytes{5 * kMiB.value + 1});
  REQUIRE(large.has_value());
  CHECK(large->size() == Bytes{5 * kMiB.value + 4096});
  CHECK(address_of(*large) % (2 * kMiB.value) == 0);
  large->span().front() = std::byte{1};
  large->span().back() = std::byte{2};
  CHECK(large->span()[4096] == std::byte{0});
}

TEST_CASE("what is never touched may be larger than the memory") {
  CHECK(Mapping::try_map(kGiB * 64).has_value());
  CHECK_FALSE(Mapping::try_map(Bytes{UINT64_MAX}).has_value());
  CHECK_FALSE(Mapping::try_map(Bytes{std::uint64_t{1} << 47}).has_value());
}

TEST_CASE("moving hands the pages over") {
  std::optional<Mapping> first = Mapping::try_map(Bytes{4096});
  REQUIRE(first.has_value());
  first->span()[7] = std::byte{42};
  Mapping second = std::move(*first);
  CHECK(first->data() == nullptr);
  CHECK(second.span()[7] == std::byte{42});
  Mapping third;
  third = std::move(second);
  CHECK(third.span()[7] == std::byte{42});
}

TEST_CASE("a refused lock is told in one line with the size and the way out") {
  const std::string line = describe_lock_failure(kGiB, ENOMEM);
  CHECK(line.find("1.00 GiB") != std::string::npos);
  CHECK(line.find("not page-locked") != std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("a device's pinned memory goes back to it, and ordinary memory serves where it has none") {
  const auto pinned = std::make_shared<BoundedPinned>(Bytes{8192});
  {
    std::optional<Mapping> first = Mapping::try_pinned(Bytes{5000}, pinned);
    REQUIRE(first.has_value());
    CHECK(first->is_pinned());
    CHECK(first->size() == Bytes{8192});
    CHECK(first->lock() == 0);
    CHECK(pinned->out == Bytes{8192});
    const Mapping moved = std::move(*first);
    CHECK_FALSE(first->is_pinned());
    std::optional<Mapping> second = Mapping::try_pinned(Bytes{1}, pinned);
    REQUIRE(second.has_value());
    CHECK_FALSE(second->is_pinned());
    second->span()[0] = std::byte{1};
    Mapping assigned;
    assigned = std::move(*second);
    CHECK(assigned.span()[0] == std::byte{1});
    CHECK(pinned->out == Bytes{8192});
  }
  CHECK(pinned->out == Bytes{0});
  CHECK_FALSE(Mapping::try_pinned(Bytes{1}, nullptr)->is_pinned());
  CHECK(describe_pageable(kGiB).find("cannot lock 1.00 GiB") != std::string::npos);
}

}  // namespace
}  // namespace cachebench::tier
