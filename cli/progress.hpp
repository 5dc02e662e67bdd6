#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace slabring::cli {

/// A bar with rate and remaining time on stderr, drawn only when stderr is a terminal; the line is wiped at the end.
/// One thread uses it.
class Progress {
 public:
  /// A total that only the end will tell: then there is no bar, but how much is done.
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  /// `what` stands before the bar; `total` of 0 draws nothing.
  Progress(std::string_view what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `count` more are done; redraws at most ten times a second.
  void advance(std::uint64_t count);
  /// Wipes the line, so that something else can be printed; the next advance() draws it again.
  void wipe();

 private:
  using Clock = std::chrono::steady_clock;

  void draw(Clock::time_point now);

  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  bool on_terminal_;
  bool drawn_ = false;
  Clock::time_point begun_;
  Clock::time_point next_draw_;
};

/// The line without its colours: "digest [####      ]  40/100  812/s  0:12 left", or "index 40  812/s" of
/// Progress::unknown.
std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total, double seconds);

}  // namespace slabring::cli
