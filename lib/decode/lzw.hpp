#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace slabring {

/// GIF's variant of LZW: turns codes into palette indices. Fed with the data's sub-blocks one after the other.
class LzwDecoder {
 public:
  /// Codes begin with `literal_bits` + 1 bits. Requires: 1 <= literal_bits <= 8.
  explicit LzwDecoder(int literal_bits);

  enum class State : std::uint8_t {
    needs_input,  ///< `input` is used up
    full,         ///< `indices` is filled; further input does not matter
    ended,        ///< the stream says that it ends here
  };

  /// Reads `input` and writes on where the last call stopped writing. Throws SampleFailure(corrupt) at a code that
  /// means nothing. Requires: the same `indices` in every call.
  State decode(std::span<const std::byte> input, std::span<std::uint8_t> indices);

  std::size_t written() const noexcept { return written_; }

 private:
  static constexpr int most_code_bits = 12;
  static constexpr int table_size = 1 << most_code_bits;

  void start_over();
  void define_next_code();
  void write_code(int code, std::span<std::uint8_t> indices);
  std::size_t length_of(int code) const noexcept { return length_[static_cast<std::size_t>(code)]; }

  const int clear_code_;
  int code_bits_ = 0;
  int next_code_ = 0;       ///< the one that the table defines next
  int previous_code_ = -1;  ///< -1: none since the last clear code
  std::uint8_t first_of_last_ = 0;
  std::uint32_t pending_ = 0;
  int pending_bits_ = 0;
  std::size_t written_ = 0;
  // A code stands for the string of its prefix and one index more.
  std::array<std::uint16_t, table_size> prefix_{};
  std::array<std::uint16_t, table_size> length_{};
  std::array<std::uint8_t, table_size> last_{};
};

}  // namespace slabring
