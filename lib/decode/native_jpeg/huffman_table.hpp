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

/// A field of a table's entry, of the type `Field` and `shift` bits from its low end. Requires: index < size. Loads
/// come one after the other as they are written, so write the one first that others wait for. Left to itself GCC puts
/// it last, and computes the entry's address beforehand: both lengthen the chain from one look-up to the next
/// (docs/jpeg.md).
template <class Field, int shift, class Entry, std::size_t size>
SLABRING_INLINE std::uint64_t load_field(const std::array<Entry, size>& entries, std::uint64_t index) {
  static_assert(shift % 8 == 0 && shift / 8 + sizeof(Field) <= sizeof(Entry));
#if defined(__x86_64__) && defined(__GNUC__)
  std::uint64_t value;
  if constexpr (sizeof(Field) == 1) {
    asm volatile("movzbl %c3(%1,%2,%c4), %k0"
                 : "=r"(value)
                 : "r"(&entries), "r"(index), "i"(shift / 8), "i"(sizeof(Entry)), "m"(entries));
  } else {
    asm volatile("movzwl %c3(%1,%2,%c4), %k0"
                 : "=r"(value)
                 : "r"(&entries), "r"(index), "i"(shift / 8), "i"(sizeof(Entry)), "m"(entries));
  }
  return value;
#else
  return static_cast<Field>(entries[index] >> shift);
#endif
}

/// Code and difference of a block's first coefficient by one look-up.
class DcTable {
 public:
  bool build(const HuffmanSpec& spec);

  // Fields of an entry, from the low bits up, each of 8 bits.
  static constexpr int total_bits = 0;   ///< of code and value; 0: a long code, or none
  static constexpr int code_bits = 8;    ///< where the value begins
  static constexpr int complement = 16;  ///< 64 - its size
  static constexpr int has_value = 24;   ///< 1: its size is not 0

  SLABRING_INLINE static std::uint64_t index(std::uint64_t bits) { return bits >> (64 - index_bits); }
  template <int shift>
  SLABRING_INLINE std::uint64_t field(std::uint64_t index) const {
    return load_field<std::uint8_t, shift>(entries_, index);
  }
  /// An entry for a code of any length; 0: the data is damaged.
  std::uint32_t look_up_slowly(std::uint64_t bits) const;

 private:
  static constexpr std::uint32_t entry(int length, int size) {
    return static_cast<std::uint32_t>((length + size) << total_bits | length << code_bits |
                                      ((64 - size) & 63) << complement | (size > 0 ? 1 : 0) << has_value);
  }

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
  /// Bits of a value behind the index: larger ones are rare, and left to the unusual symbols.
  static constexpr int max_last_size = 8;
  /// Of a look-up; three fit between refills of the reader.
  static constexpr int max_bits = index_bits + max_last_size;
  static_assert(3 * max_bits <= 56);

  // Steps of the zigzag index that are no steps: larger than any index.
  static constexpr unsigned end_of_block = 128;
  static constexpr unsigned unusual = 192;  ///< a code longer than the index, or none, a run of zeros, a large value

  // Fields of an entry, from the low bits up: whole bytes, so that each is one load.
  static constexpr int total_bits = 0;        ///< 8: of everything
  static constexpr int last_offset = 8;       ///< 8: where the last symbol's value begins
  static constexpr int last_complement = 16;  ///< 8: 64 - its size
  static constexpr int known_step = 24;       ///< 8: of the zigzag index to the known symbol; none: 128
  static constexpr int last_step = 32;        ///< 8: to the last one, or one of the two above
  static constexpr int known_bits = 40;       ///< 8: of the known symbol alone
  static constexpr int known_value = 48;      ///< 16
  static constexpr unsigned no_known = 128;

  bool build(const HuffmanSpec& spec);

  SLABRING_INLINE static std::uint64_t index(std::uint64_t bits) { return bits >> (64 - index_bits); }
  const CanonicalCode& code() const { return code_; }

  template <int shift>
  SLABRING_INLINE std::uint64_t field(std::uint64_t index) const {
    if constexpr (shift == known_value) return load_field<std::uint16_t, shift>(entries_, index);
    return load_field<std::uint8_t, shift>(entries_, index);
  }

 private:
  using Entry = std::uint64_t;
  class Builder;
  alignas(64) std::array<Entry, 1 << index_bits> entries_;
  CanonicalCode code_;
};

}  // namespace slabring::native_jpeg
