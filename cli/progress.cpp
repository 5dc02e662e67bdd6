#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace slabring::cli {

namespace {

constexpr std::uint64_t bar_width = 30;
constexpr auto draw_interval = std::chrono::milliseconds(100);

}  // namespace

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total, double seconds) {
  if (total == Progress::unknown) {
    return fmt::format("{} {}  {:.0f}/s", what, done, seconds > 0 ? static_cast<double>(done) / seconds : 0.0);
  }
  const std::uint64_t filled = total == 0 ? 0 : std::min(done, total) * bar_width / total;
  std::string line = fmt::format("{} [{:#>{}}{: >{}}] {}/{}", what, "", filled, "", bar_width - filled, done, total);
  if (done == 0 || seconds <= 0) return line;
  const double rate = static_cast<double>(done) / seconds;
  const auto left = std::llround(static_cast<double>(total - std::min(done, total)) / rate);
  return line + fmt::format("  {:.0f}/s  {}:{:02} left", rate, left / 60, left % 60);
}

Progress::Progress(std::string_view what, std::uint64_t total)
    : what_(what),
      total_(total),
      on_terminal_(total > 0 && isatty(STDERR_FILENO) == 1),
      begun_(Clock::now()),
      next_draw_(begun_) {}

Progress::~Progress() { wipe(); }

void Progress::advance(std::uint64_t count) {
  done_ += count;
  if (!on_terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now >= next_draw_) draw(now);
}

void Progress::wipe() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);  // to the line's start; erase to its end
  drawn_ = false;
}

void Progress::draw(Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  fmt::print(stderr, "\r{}\x1b[K", progress_line(what_, done_, total_, seconds));
  drawn_ = true;
  next_draw_ = now + draw_interval;
}

}  // namespace slabring::cli
