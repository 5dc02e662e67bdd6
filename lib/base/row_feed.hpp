#pragma once

#include <cstddef>
#include <cstdint>

namespace slabring {

/// The rows of an RGB image that are made when they are asked for: the whole of it is never in memory. Not thread-safe.
class RowFeed {
 public:
  /// Thrown by row() and finish(): there are no more rows, and those so far do not count.
  struct GivenUp {};

  virtual ~RowFeed() = default;

  virtual int width() const noexcept = 0;
  virtual int height() const noexcept = 0;

  /// From now on a row is valid until the row `rows` further down is asked for. To be called once, before the first
  /// row. Requires: rows > 0.
  virtual void keep(int rows) = 0;

  /// Row `y`, with bytes_behind bytes of any value behind it that may be read. Requires: it is further down than all
  /// that were asked for, or still valid.
  virtual const std::uint8_t* row(int y) = 0;
  static constexpr std::size_t bytes_behind = 16;

  /// No more rows are asked for; whoever makes them sees to the rest.
  virtual void finish() = 0;
};

}  // namespace slabring
