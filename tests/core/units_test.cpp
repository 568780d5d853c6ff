// SPDX-License-Identifier: Apache-2.0
#include "core/units.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "core/error.h"

using namespace cachebench;
using namespace std::chrono_literals;

namespace {

template <typename Function>
std::string message_of(Function function) {
  try {
    (void)function();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("sizes as people write them") {
  CHECK(parse_bytes("0") == Bytes{0});
  CHECK(parse_bytes("4096") == Bytes{4096});
  CHECK(parse_bytes("4096B") == Bytes{4096});
  CHECK(parse_bytes("64KiB") == Bytes{65536});
  CHECK(parse_bytes("64 KiB") == Bytes{65536});
  CHECK(parse_bytes("1.5GiB") == Bytes{1610612736});
  CHECK(parse_bytes("10MB") == Bytes{10'000'000});
  CHECK(parse_bytes("2K") == Bytes{2048});
  CHECK(parse_bytes("1TiB") == Bytes{1ULL << 40});
  CHECK(parse_bytes("18446744073709551615") == Bytes{UINT64_MAX});
}

TEST_CASE("what is not a size is named, with what is") {
  for (const char* text :
       {"", " ", "12x", "x12", "-1", "nan", "inf", "1e3", "10%", "4096 MiBs", "0x10", "1..2", "KiB"}) {
    const std::string message = message_of([&] { return parse_bytes(text); });
    CAPTURE(text);
    CHECK(message.find("'" + std::string(text) + "'") == 0);
    CHECK(message.find("64KiB") != std::string::npos);
  }
  CHECK(message_of([] { return parse_bytes("99999999999999999999"); }).find("too large") !=
        std::string::npos);
  CHECK(message_of([] { return parse_bytes("9000000000GiB"); }).find("too large") != std::string::npos);
}

TEST_CASE("shares are of the whole, rounded down as their digits say") {
  const SizeSpec tenth = parse_size("10%");
  CHECK(tenth.is_share);
  CHECK(tenth.resolve(Bytes{1000}) == Bytes{100});
  CHECK(tenth.resolve(Bytes{1009}) == Bytes{100});
  CHECK(tenth.resolve(Bytes{0}) == Bytes{0});
  CHECK(parse_size("64KiB").resolve(Bytes{5}) == Bytes{65536});
  CHECK(parse_size("100%").resolve(Bytes{UINT64_MAX}) == Bytes{1ULL << 63});
  // Every whole percent and per mille of every whole up to 2000, against integer arithmetic.
  for (std::uint64_t mille = 0; mille <= 1000; ++mille) {
    const std::string text = std::to_string(mille / 10) + "." + std::to_string(mille % 10) + "%";
    const SizeSpec share = parse_size(text);
    for (std::uint64_t whole = 0; whole <= 2000; whole += 7) {
      if (share.resolve(Bytes{whole}).value != whole * mille / 1000) FAIL(text << " of " << whole);
    }
  }
  for (const char* text : {"%", "10%%", "ten%", "-1%", "nan%", "10 x%", "1000000%"}) {
    CAPTURE(text);
    CHECK(message_of([&] { return parse_size(text); }) != "no error");
  }
}

TEST_CASE("durations") {
  CHECK(parse_duration("250ns") == 250ns);
  CHECK(parse_duration("10us") == 10us);
  CHECK(parse_duration("5ms") == 5ms);
  CHECK(parse_duration("2") == 2s);
  CHECK(parse_duration("2s") == 2s);
  CHECK(parse_duration("1.5m") == 90s);
  CHECK(parse_duration("1h") == 1h);
  CHECK(message_of([] { return parse_duration("5 parsecs"); }).find("5ms") != std::string::npos);
  CHECK(message_of([] { return parse_duration("1e30h"); }) != "no error");
  CHECK(message_of([] { return parse_duration("99999999999h"); }).find("too large") != std::string::npos);
}

TEST_CASE("figures for people") {
  CHECK(format_bytes(Bytes{0}) == "0 B");
  CHECK(format_bytes(Bytes{1023}) == "1023 B");
  CHECK(format_bytes(Bytes{1536}) == "1.50 KiB");
  CHECK(format_bytes(Bytes{1610612736}) == "1.50 GiB");
  CHECK(format_bytes(Bytes{UINT64_MAX}).ends_with(" TiB"));
  CHECK(format_duration(0ns) == "0 ns");
  CHECK(format_duration(999ns) == "999 ns");
  CHECK(format_duration(1230us) == "1.23 ms");
  CHECK(format_duration(999600ns) == "1000 us");
  CHECK(format_duration(999'999'999ns) == "1000 ms");
  CHECK(format_duration(90s) == "90 s");
  CHECK(format_duration(std::chrono::milliseconds(179'900)) == "3 min 00 s");
  CHECK(format_duration(-1500us) == "-1.5 ms");
  CHECK(format_rate(0) == "0 /s");
  CHECK(format_rate(12.34) == "12.3 /s");
  CHECK(format_rate(999'999) == "1000 k/s");
  CHECK(format_rate(12.3e6) == "12.3 M/s");
  CHECK(format_rate(4e9) == "4 G/s");
}

TEST_CASE("bytes add, subtract and compare as the integers inside") {
  Bytes bytes = kKiB + kMiB;
  CHECK(bytes - kKiB == kMiB);
  bytes += kKiB * 2;
  bytes -= kMiB;
  CHECK(bytes == Bytes{3072});
  CHECK(kGiB > kMiB);
}
