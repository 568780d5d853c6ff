// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "core/file.h"
#include "support/temp_dir.h"
#include "tier/ssd/io_engine.h"
#include "tier/ssd/page.h"

/// What every I/O engine promises, as checks on one made by `make(fd, depth)`. For one test at a time;
/// failures are doctest's.
namespace cachebench::testing {

inline std::vector<tier::IoOperation*> wait_for(tier::IoEngine& engine, std::size_t count) {
  std::vector<tier::IoOperation*> finished;
  while (finished.size() < count) engine.wait(finished);
  return finished;
}

template <typename Make>
void check_engine(Make make) {
  const TempDir dir;
  const FileDescriptor file(open((dir / "file").c_str(), O_RDWR | O_CREAT, 0666));
  REQUIRE(file.is_open());
  constexpr unsigned kDepth = 8;
  const auto engine = make(file.get(), kDepth);
  REQUIRE(engine != nullptr);

  // A full queue of writes, then of reads, all at once and in any order.
  std::vector<tier::PageBuffer> pages;
  std::vector<tier::IoOperation> operations(kDepth);
  for (unsigned i = 0; i < kDepth; ++i) {
    pages.emplace_back(tier::kPage);
    std::fill_n(pages.back().data(), tier::kPage, static_cast<std::byte>(i + 1));
    operations[i] = {.kind = tier::IoKind::kWrite,
                     .offset = i * tier::kPage,
                     .data = pages.back().data(),
                     .size = tier::kPage};
  }
  for (auto& operation : operations) engine->submit(operation);
  for (const auto* done : wait_for(*engine, kDepth)) CHECK(done->result == tier::kPage);
  for (unsigned i = 0; i < kDepth; ++i) {
    std::fill_n(pages[i].data(), tier::kPage, std::byte{0});
    operations[i].kind = tier::IoKind::kRead;
    engine->submit(operations[i]);
  }
  for (const auto* done : wait_for(*engine, kDepth)) CHECK(done->result == tier::kPage);
  for (unsigned i = 0; i < kDepth; ++i) {
    CHECK(std::all_of(pages[i].data(), pages[i].data() + tier::kPage,
                      [&](std::byte b) { return b == static_cast<std::byte>(i + 1); }));
  }

  // A hole reads as zeros; beyond the end there is nothing.
  tier::IoOperation punch{.kind = tier::IoKind::kPunch, .offset = tier::kPage, .size = tier::kPage};
  engine->submit(punch);
  CHECK(wait_for(*engine, 1).front() == &punch);
  if (punch.result == 0) {
    engine->submit(operations[1]);
    wait_for(*engine, 1);
    CHECK(pages[1].data()[100] == std::byte{0});
  }
  operations[0].offset = kDepth * tier::kPage;
  engine->submit(operations[0]);
  CHECK(wait_for(*engine, 1).front()->result == 0);

  // A wake-up is not lost, whether it comes before the wait or during it.
  std::vector<tier::IoOperation*> nothing;
  engine->wake();
  engine->wait(nothing);
  std::thread other([&] { engine->wake(); });
  engine->wait(nothing);
  other.join();
  CHECK(nothing.empty());
}

/// Errors come back as negative numbers.
template <typename Make>
void check_engine_errors(Make make) {
  const FileDescriptor closed_for_writing(open("/dev/null", O_RDONLY));
  const auto engine = make(closed_for_writing.get(), 1U);
  tier::PageBuffer page(tier::kPage);
  tier::IoOperation write{.kind = tier::IoKind::kWrite, .data = page.data(), .size = tier::kPage};
  engine->submit(write);
  wait_for(*engine, 1);
  CHECK(write.result == -EBADF);
}

}  // namespace cachebench::testing
