// SPDX-License-Identifier: Apache-2.0
#include "progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace cachebench::app {
namespace {

std::string describe(const bench::Progress& now, const bench::Progress& before) {
  const double seconds = static_cast<double>((now.elapsed - before.elapsed).count()) / 1e9;
  const auto asked = static_cast<double>(now.accesses - std::min(before.accesses, now.accesses));
  const std::uint64_t looked_up = now.hits + now.misses;
  std::string text = fmt::format("{} {}/{}", now.warmup ? "warm-up" : "replay", now.done, now.total);
  if (now.total > 0)
    text += fmt::format(" ({:.0f}%)", 100.0 * static_cast<double>(now.done) / static_cast<double>(now.total));
  if (seconds > 0) text += fmt::format(", {}", format_rate(asked / seconds));
  if (looked_up > 0)
    text +=
        fmt::format(", hits {:.1f}%", 100.0 * static_cast<double>(now.hits) / static_cast<double>(looked_up));
  if (now.total > now.done && now.done > 0) {
    const double left = static_cast<double>(now.elapsed.count()) / static_cast<double>(now.done) *
                        static_cast<double>(now.total - now.done);
    text += fmt::format(", {} left", format_duration(Nanoseconds{static_cast<std::int64_t>(left)}));
  }
  if (now.lag.count() > 0) text += fmt::format(", {} behind schedule", format_duration(now.lag));
  return text;
}

}  // namespace

ProgressStyle progress_style_for(std::FILE* stream) {
  const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): before threads start
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(::fileno(stream)) != 0 && !dumb ? ProgressStyle::kLive : ProgressStyle::kLines;
}

void ProgressLine::show(const bench::Progress& progress) {
  if (style_ == ProgressStyle::kNone) return;
  const MutexLock lock(mutex_);
  style_ == ProgressStyle::kLive ? redraw(progress) : print_if_due(progress);
}

void ProgressLine::redraw(const bench::Progress& progress) {
  std::fprintf(stderr, "\r\033[K%s", describe(progress, before_).c_str());
  std::fflush(stderr);
  drawn_ = true;
  before_ = progress;
}

void ProgressLine::print_if_due(const bench::Progress& progress) {
  constexpr Nanoseconds kInterval{10'000'000'000};
  if (progress.elapsed - before_.elapsed < kInterval) return;
  std::fprintf(stderr, "%s\n", describe(progress, before_).c_str());
  before_ = progress;
}

void ProgressLine::finish() {
  const MutexLock lock(mutex_);
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace cachebench::app
