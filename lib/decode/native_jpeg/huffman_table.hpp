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

/// A field of a table's entry, of the type `Field` and `byte` bytes from its low end. Requires: index < size. Loads
/// come one after the other as they are written, so write the one first that others wait for. Left to itself GCC puts
/// it last, and computes the entry's address beforehand: both lengthen the chain from one look-up to the next
/// (docs/jpeg.md).
template <class Field, int byte, class Entry, std::size_t size>
SLABRING_INLINE std::uint64_t load_field(const std::array<Entry, size>& entries, std::uint64_t index) {
  static_assert(byte + sizeof(Field) <= sizeof(Entry));
#if defined(__x86_64__) && defined(__GNUC__)
  std::uint64_t value;
  if constexpr (sizeof(Field) == 1) {
    asm volatile("movzbl %c3(%1,%2,%c4), %k0"
                 : "=r"(value)
                 : "r"(&entries), "r"(index), "i"(byte), "i"(sizeof(Entry)), "m"(entries));
  } else {
    asm volatile("movzwl %c3(%1,%2,%c4), %k0"
                 : "=r"(value)
                 : "r"(&entries), "r"(index), "i"(byte), "i"(sizeof(Entry)), "m"(entries));
  }
  return value;
#else
  return static_cast<Field>(entries[index] >> 8 * byte);
#endif
}

/// Code and difference of a block's first coefficient by one look-up.
class DcTable {
 public:
  bool build(const HuffmanSpec& spec);

  struct Entry {
    std::uint64_t total_bits = 0;  ///< of code and value; 0: a long code, or none
    std::uint64_t complement = 0;  ///< 64 - the value's size; 0: it has none
  };
  SLABRING_INLINE Entry look_up(std::uint64_t bits) const {
    const std::uint64_t index = bits >> (64 - index_bits);
    const std::uint64_t total_bits = load_field<std::uint8_t, 0>(entries_, index);
    return {total_bits, load_field<std::uint8_t, 1>(entries_, index)};
  }
  /// The same for a code of any length; total_bits 0: the data is damaged.
  Entry look_up_slowly(std::uint64_t bits) const;

 private:
  static constexpr int index_bits = 9;
  std::array<std::uint16_t, 1 << index_bits> entries_;
  CanonicalCode code_;
};

/// Up to two symbols of the other 63 coefficients by one look-up (docs/jpeg.md has a worked example).
///
/// An index of `index_bits` bits often holds a whole symbol, code and value: the known one, whose value is tabulated.
/// Behind it the code of a last symbol may lie in the index while its value lies beyond: that value is computed, beside
/// the chain of operations that leads to the next look-up. An entry with a single symbol that does not fit has only the
/// last one.
///
/// The next look-up waits for two fields alone. They have an array of their own, so small that it stays in the first
/// cache whatever else is there; what waits for the others can wait for the second.
class AcTable {
 public:
  static constexpr int index_bits = 10;
  /// Bits of a value behind the index: larger ones are rare, and left to the unusual symbols.
  static constexpr int max_last_size = 8;
  /// Of a look-up; three fit between refills of the reader.
  static constexpr int max_bits = index_bits + max_last_size;
  static_assert(3 * max_bits <= 56);

  // Steps of the zigzag index that are no steps: larger than any index.
  static constexpr unsigned no_known = 128;
  static constexpr unsigned end_of_block = 128;
  static constexpr unsigned unusual = 192;  ///< a code longer than the index, or none, a run of zeros, a large value

  bool build(const HuffmanSpec& spec);

  SLABRING_INLINE static std::uint64_t index(std::uint64_t bits) { return bits >> (64 - index_bits); }
  const CanonicalCode& code() const { return code_; }

  // Fields of an entry: whole bytes, so that each is one load.
  /// Bits of everything.
  SLABRING_INLINE std::uint64_t total_bits(std::uint64_t index) const {
    return load_field<std::uint8_t, 0>(entries_.chain, index);
  }
  /// From the zigzag index before to the last symbol's, or end_of_block or unusual.
  SLABRING_INLINE std::uint64_t last_step(std::uint64_t index) const {
    return load_field<std::uint8_t, 1>(entries_.chain, index);
  }
  /// The known symbol's value, of 16 bits.
  SLABRING_INLINE std::uint64_t known_value(std::uint64_t index) const {
    return load_field<std::uint16_t, 0>(entries_.values, index);
  }
  /// To the known symbol, or no_known.
  SLABRING_INLINE std::uint64_t known_step(std::uint64_t index) const {
    return load_field<std::uint8_t, 2>(entries_.values, index);
  }
  /// 64 - the size of the last symbol's value, 0 where that is 0: the value ends where total_bits end.
  SLABRING_INLINE std::uint64_t last_complement(std::uint64_t index) const {
    return load_field<std::uint8_t, 3>(entries_.values, index);
  }

 private:
  class Builder;
  struct Entries {
    alignas(64) std::array<std::uint16_t, 1 << index_bits> chain;
    alignas(64) std::array<std::uint32_t, 1 << index_bits> values;
  };
  Entries entries_;
  CanonicalCode code_;
};

}  // namespace slabring::native_jpeg
