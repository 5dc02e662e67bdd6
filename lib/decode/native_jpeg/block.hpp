#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/native_jpeg/huffman_table.hpp"

namespace slabring::native_jpeg {

// Entropy decoding of the blocks of an MCU, all of it inlined into one function that keeps the reader in registers.

/// 64 coefficients row by row, and a place for what is not to be kept.
inline constexpr std::size_t block_stride = 96;  // a multiple of a cache line's numbers
using Block = std::int16_t;

/// The bits that the longest block takes: each symbol at most a code and a value.
inline constexpr int max_block_bits =
    (max_code_length + max_dc_size) + (block_size - 1) * (max_code_length + max_ac_size);

/// Blocks of the longest MCU, one of 4:2:0.
inline constexpr std::size_t max_mcu_blocks = 6;

inline constexpr int damaged = -1;

/// Where the decoding of a block stands.
struct AcPosition {
  std::uint64_t last = 0;   ///< zigzag index of the coefficient decoded last
  std::uint64_t next = 0;   ///< that of the last look-up's end, or no index (AcTable::end_of_block, unusual)
  std::uint64_t index = 0;  ///< of that look-up
};

/// Looks up symbols, stores their coefficients, and moves on behind them. False: that leads to no index before the last
/// one, and only at.next and at.index have moved. What is no coefficient is stored where it is discarded.
template <bool store>
SLABRING_INLINE bool take_symbols(BitReader& bits, const AcTable& table, AcPosition& at, Block* block) {
  at.index = AcTable::index(bits.bits);
  const std::uint64_t length = table.total_bits(at.index);  // first: the next look-up waits for it
  at.next = at.last + table.last_step(at.index);
  if constexpr (store) {
    const std::uint64_t complement = table.last_complement(at.index);
    const std::uint64_t known = at.last + table.known_step(at.index);
    // In this order: an entry without a last symbol has rubbish for its value, at the place of the known one.
    block[zigzag.place[at.next]] = static_cast<Block>(value_before(bits.bits, length, complement));
    block[zigzag.place[known]] = static_cast<Block>(table.known_value(at.index));
  }
  if (at.next >= block_size - 1) [[unlikely]]
    return false;
  bits.drop(length);
  at.last = at.next;
  return true;
}

/// What is left when the table has no answer: the block's last coefficient, or one symbol of any length.
struct RareSymbol {
  int last = damaged;  ///< zigzag index, or `damaged`
  bool ends_block = true;
};

template <bool store>
[[gnu::noinline]] RareSymbol decode_unusual_symbol(BitReader& bits, const CanonicalCode& code, unsigned last,
                                                   Block* block) {
  const auto [length, symbol] = code.decode(bits.bits);
  const int size = symbol & 15;
  if (length == 0 || size > max_ac_size) return {};
  bits.drop(static_cast<std::uint64_t>(length));
  if (symbol == 0) return {static_cast<int>(last), true};
  if (size == 0 && symbol != 0xF0) return {};
  last += (static_cast<unsigned>(symbol) >> 4) + 1;
  if (last >= block_size) return {};
  if (size > 0) {
    if constexpr (store) {
      block[zigzag.place[last]] = static_cast<Block>(extended(bits.bits, 64U - static_cast<unsigned>(size)));
    }
    bits.drop(static_cast<std::uint64_t>(size));
  }
  return {static_cast<int>(last), last == block_size - 1};
}

/// Goes on from a look-up whose index is neither before the block's last one nor the end of the block. One that passes
/// the last index may do so by its second symbol, which then belongs to the next block: it is taken symbol by symbol.
template <bool store>
[[gnu::noinline]] RareSymbol decode_rare_symbol(BitReader& bits, const AcTable& table, AcPosition at, Block* block) {
  constexpr std::uint64_t last_index = block_size - 1;
  if (at.next == last_index) {
    bits.drop(table.total_bits(at.index));
    return {block_size - 1, true};
  }
  bits.refill();
  return decode_unusual_symbol<store>(bits, table.code(), static_cast<unsigned>(at.last), block);
}

/// The coefficients after the first one. Returns the zigzag index of the last one, 0 when there is none, or `damaged`.
/// With store = false the bits are passed over, and the result only says whether they were sound.
///
/// Requires: `block` is zero; AcTable::max_bits bits are valid, which a DC coefficient leaves of a full reader.
template <bool store>
SLABRING_INLINE int decode_ac(BitReader& reader, const AcTable& table, Block* block) {
  BitReader bits = reader;  // in registers
  AcPosition at;
  for (;;) {
    if (take_symbols<store>(bits, table, at, block)) {
      do {
        bits.refill();
      } while (take_symbols<store>(bits, table, at, block) && take_symbols<store>(bits, table, at, block) &&
               take_symbols<store>(bits, table, at, block));
    }
    const std::uint64_t end = at.next - AcTable::end_of_block;  // wraps where there is none
    if (end < block_size - 1) [[likely]] {
      bits.drop(table.total_bits(at.index));
      reader = bits;
      return static_cast<int>(end);
    }
    // A copy, because a variable whose address is given away is not kept in a register.
    BitReader behind = bits;
    const RareSymbol symbol = decode_rare_symbol<store>(behind, table, at, block);
    bits = behind;
    if (symbol.ends_block) {
      reader = bits;
      return symbol.last;
    }
    at.last = static_cast<std::uint64_t>(symbol.last);
    bits.refill();
  }
}

static_assert(56 - (max_code_length + max_dc_size) >= AcTable::max_bits);

/// The first coefficient, as a difference to that of the block before. Requires: the reader is full.
SLABRING_INLINE bool decode_dc(BitReader& reader, const DcTable& table, std::uint32_t& prediction) {
  DcTable::Entry entry = table.look_up(reader.bits);
  if (entry.total_bits == 0) [[unlikely]] {
    entry = table.look_up_slowly(reader.bits);
    if (entry.total_bits == 0) return false;
  }
  const auto has_value = static_cast<std::uint32_t>(entry.complement >> 5);  // one of up to 11 bits
  const auto value = static_cast<std::uint32_t>(value_before(reader.bits, entry.total_bits, entry.complement));
  prediction += value & -has_value;
  reader.drop(entry.total_bits);
  return true;
}

/// A block to decode, and what was found.
struct BlockJob {
  const DcTable* dc = nullptr;
  const AcTable* ac = nullptr;
  std::uint32_t* prediction = nullptr;  ///< of its component
  Block* block = nullptr;               ///< all zero, for the coefficients; nullptr: pass over the bits
  Block first = 0;                      ///< coefficient
  std::int16_t last = 0;                ///< as decode_ac() returns it
};

/// Blocks that follow each other. A function of its own for an MCU or so: the loops need all registers there are.
/// False: the data is damaged.
SLABRING_INLINE bool decode_blocks(BitReader& reader, BlockJob* jobs, std::size_t count) {
  BitReader bits = reader;
  for (BlockJob* job = jobs; job != jobs + count; ++job) {
    bits.refill();
    if (!decode_dc(bits, *job->dc, *job->prediction)) return false;
    job->first = static_cast<Block>(*job->prediction);
    if (job->block != nullptr) job->block[0] = job->first;
    const int last =
        job->block != nullptr ? decode_ac<true>(bits, *job->ac, job->block) : decode_ac<false>(bits, *job->ac, nullptr);
    if (last < 0) [[unlikely]]
      return false;
    job->last = static_cast<std::int16_t>(last);
  }
  reader = bits;
  return true;
}

}  // namespace slabring::native_jpeg
