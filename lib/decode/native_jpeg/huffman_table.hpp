#pragma once

#include <array>
#include <cstdint>

#include "decode/native_jpeg/bit_reader.hpp"
#include "decode/native_jpeg/frame.hpp"

namespace slabring::native_jpeg {

inline constexpr int max_code_length = 16;
inline constexpr int max_dc_size = 11;  ///< bits of a difference; more are for 12-bit samples
inline constexpr int max_ac_size = 10;

/// A canonical Huffman code: for the few codes that are longer than a table's index, and to fill tables from.
class CanonicalCode {
 public:
  /// False: these are no codes, or they include one of ones only, which libjpeg refuses too.
  bool assign(const HuffmanSpec& spec);

  struct Symbol {
    int length = 0;  ///< 0: no code begins like this
    int value = 0;
  };
  /// The symbol at the top of `bits`.
  Symbol decode(std::uint64_t bits) const;

  int count(int length) const { return counts_[static_cast<std::size_t>(length)]; }
  int symbol(int index) const { return symbols_[static_cast<std::size_t>(index)]; }

 private:
  std::array<int, max_code_length + 1> counts_{};
  std::array<std::uint32_t, max_code_length + 1> end_{};    ///< of the codes of a length, at the top of 16 bits
  std::array<std::int32_t, max_code_length + 1> offset_{};  ///< from a code to the index of its symbol
  std::array<std::uint8_t, 256> symbols_{};
};

/// Code and difference of a block's first coefficient by one look-up.
class DcTable {
 public:
  bool build(const HuffmanSpec& spec);

  // An entry: bits of code and value | bits of the code << 8 | 64 - size << 16 | (size > 0) << 24. 0: a long code, or
  // none.
  SLABRING_INLINE std::uint32_t look_up(std::uint64_t bits) const { return entries_[bits >> (64 - index_bits)]; }
  static constexpr std::uint32_t entry(int length, int size) {
    return static_cast<std::uint32_t>((length + size) | length << 8 | ((64 - size) & 63) << 16 |
                                      (size > 0 ? 1 : 0) << 24);
  }
  /// The same for any length; 0: the data is damaged.
  std::uint32_t look_up_slowly(std::uint64_t bits) const;

 private:
  static constexpr int index_bits = 9;
  std::array<std::uint32_t, 1 << index_bits> entries_;
  CanonicalCode code_;
};

/// Up to two symbols of the other 63 coefficients by one look-up (docs/jpeg.md has a worked example).
///
/// An index of `index_bits` bits often holds a whole symbol, code and value: the known one, whose value is tabulated.
/// Behind it the code of a last symbol may lie in the index while its value lies beyond: that value is computed, beside
/// the chain of operations that leads to the next look-up. An entry with a single symbol that does not fit has only the
/// last one.
class AcTable {
 public:
  static constexpr int index_bits = 10;
  /// Of a look-up; two fit between refills of the reader.
  static constexpr int max_bits = index_bits + max_ac_size;
  static_assert(2 * max_bits <= 56);

  // Steps of the zigzag index that are no steps: larger than any index.
  static constexpr unsigned end_of_block = 128;
  static constexpr unsigned unusual = 192;  ///< a code longer than the index, or none, or a run of zeros only

  // Fields of an entry, from the low bits up.
  static constexpr int total_bits = 0;        ///< 8: of everything
  static constexpr int last_offset = 8;       ///< 8: where the last symbol's value begins
  static constexpr int last_complement = 16;  ///< 8: 64 - its size
  static constexpr int known_step = 24;       ///< 8: of the zigzag index to the known symbol; none: 128
  static constexpr int last_step = 32;        ///< 8: to the last one, or one of the two above
  static constexpr int known_bits = 40;       ///< 8: of the known symbol alone
  static constexpr int known_value = 48;      ///< 16
  static constexpr unsigned no_known = 128;

  bool build(const HuffmanSpec& spec);

  SLABRING_INLINE std::uint64_t look_up(std::uint64_t bits) const { return entries_[bits >> (64 - index_bits)]; }
  const CanonicalCode& code() const { return code_; }

 private:
  using Entry = std::uint64_t;
  class Builder;
  alignas(64) std::array<Entry, 1 << index_bits> entries_;
  CanonicalCode code_;
};

}  // namespace slabring::native_jpeg
