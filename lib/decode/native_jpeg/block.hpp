#pragma once

#include <array>
#include <cstdint>

#include "decode/native_jpeg/huffman_table.hpp"

namespace slabring::native_jpeg {

// Entropy decoding of one block. Inlined into the loops over MCUs, which keep the reader in registers.

/// 64 coefficients row by row, and a place for what is not to be kept.
inline constexpr std::size_t block_stride = 96;  // a multiple of a cache line's numbers
using Block = std::int16_t;

/// The bits that the longest block takes: each symbol at most a code and a value.
inline constexpr int max_block_bits =
    (max_code_length + max_dc_size) + (block_size - 1) * (max_code_length + max_ac_size);

inline constexpr int damaged = -1;

/// One symbol of any length, with 56 bits valid. `last`: the zigzag index of the coefficient before it, moved on.
/// Returns false when the data is damaged.
template <bool store>
bool decode_unusual_symbol(BitReader& bits, const CanonicalCode& code, unsigned& last, bool& at_end, Block* block) {
  const auto [length, symbol] = code.decode(bits.bits);
  const int size = symbol & 15;
  if (length == 0 || size > max_ac_size) return false;
  bits.drop(static_cast<std::uint64_t>(length));
  at_end = symbol == 0;
  if (at_end) return true;
  if (size == 0 && symbol != 0xF0) return false;
  last += (static_cast<unsigned>(symbol) >> 4) + 1;
  if (last >= block_size) return false;
  if (size == 0) return true;
  if constexpr (store) {
    block[zigzag.place[last]] = static_cast<Block>(extended(bits.bits, 64U - static_cast<unsigned>(size)));
  }
  bits.drop(static_cast<std::uint64_t>(size));
  return true;
}

/// A look-up's entry, taken apart: stores its coefficients behind index `last` and returns the index it leads to. What
/// is no coefficient is stored where it is discarded.
template <bool store>
SLABRING_INLINE unsigned take_entry(std::uint64_t entry, const BitReader& bits, unsigned last, Block* block) {
  const unsigned next = last + static_cast<unsigned>(entry >> AcTable::last_step & 255);
  if constexpr (store) {
    const unsigned known = last + static_cast<unsigned>(entry >> AcTable::known_step & 255);
    const int value = extended(bits.bits << (entry >> AcTable::last_offset & 63), entry >> AcTable::last_complement);
    // In this order: an entry without a last symbol has rubbish for its value, at the place of the known one.
    block[zigzag.place[next]] = static_cast<Block>(value);
    block[zigzag.place[known]] = static_cast<Block>(entry >> AcTable::known_value);
  }
  return next;
}

/// The coefficients after the first one. Returns the zigzag index of the last one, 0 when there is none, or `damaged`.
/// With store = false the bits are passed over, and the result only says whether they were sound.
///
/// Requires: `block` is zero; AcTable::max_bits bits are valid, which a DC coefficient leaves of a full reader.
template <bool store>
SLABRING_INLINE int decode_ac(BitReader& reader, const AcTable& table, Block* block) {
  BitReader bits = reader;  // in registers
  unsigned last = 0;
  for (;;) {
    std::uint64_t entry = table.look_up(bits.bits);
    unsigned next = take_entry<store>(entry, bits, last, block);
    if (next < block_size - 1) [[likely]] {
      bits.drop(entry);
      bits.refill();
      last = next;
      entry = table.look_up(bits.bits);
      next = take_entry<store>(entry, bits, last, block);
      if (next < block_size - 1) [[likely]] {
        bits.drop(entry);
        last = next;
        continue;
      }
    }
    // The end of the block, mostly.
    const unsigned end = next - AcTable::end_of_block;  // wraps where there is none
    const bool at_last = next == block_size - 1;
    if (end < block_size - 1 || at_last) [[likely]] {
      bits.drop(entry & 63);
      reader = bits;
      return static_cast<int>(at_last ? next : end);
    }
    if ((entry >> AcTable::last_step & 255) != AcTable::unusual) {
      // The index passes the block's end: by its last symbol, which then belongs to the next block, or by both.
      if (last + static_cast<unsigned>(entry >> AcTable::known_step & 255) != block_size - 1) return damaged;
      if constexpr (store) block[block_size - 1] = static_cast<Block>(entry >> AcTable::known_value);
      bits.drop(entry >> AcTable::known_bits & 63);
      reader = bits;
      return block_size - 1;
    }
    bool at_end = false;
    bits.refill();
    // Copies, because a variable whose address is given away is not kept in a register.
    BitReader bits_behind = bits;
    unsigned last_behind = last;
    if (!decode_unusual_symbol<store>(bits_behind, table.code(), last_behind, at_end, block)) return damaged;
    bits = bits_behind;
    last = last_behind;
    if (at_end || last == block_size - 1) {
      reader = bits;
      return static_cast<int>(last);
    }
    bits.refill();
  }
}

static_assert(56 - (max_code_length + max_dc_size) >= AcTable::max_bits);

/// The difference of the first coefficient to that of the block before. Requires: the reader is full.
SLABRING_INLINE bool decode_dc(BitReader& reader, const DcTable& table, std::uint32_t& prediction) {
  std::uint32_t entry = table.look_up(reader.bits);
  if (entry == 0) [[unlikely]] {
    entry = table.look_up_slowly(reader.bits);
    if (entry == 0) return false;
  }
  const int value = extended(reader.bits << (entry >> 8 & 63), entry >> 16);
  const auto has_value = -static_cast<std::uint32_t>(entry >> 24);  // all ones or all zeros
  prediction += static_cast<std::uint32_t>(value) & has_value;
  reader.drop(entry & 63);
  return true;
}

/// A block whose first coefficient is predicted by `prediction`. Returns as decode_ac().
template <bool store>
SLABRING_INLINE int decode_block(BitReader& reader, const DcTable& dc, const AcTable& ac, std::uint32_t& prediction,
                                 Block* block) {
  reader.refill();
  if (!decode_dc(reader, dc, prediction)) return damaged;
  if constexpr (store) block[0] = static_cast<Block>(prediction);
  return decode_ac<store>(reader, ac, block);
}

}  // namespace slabring::native_jpeg
