// The tables of two symbols a look-up against a decoder that takes one bit after the other.
#include "decode/native_jpeg/huffman_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "decode/native_jpeg/block.hpp"

namespace slabring::native_jpeg {
namespace {

/// A spec that owns its symbols.
struct Code {
  HuffmanSpec spec;
  std::vector<std::uint8_t> symbols;

  explicit Code(const std::array<std::uint8_t, 16>& counts, std::vector<std::uint8_t> of) : symbols(std::move(of)) {
    spec.counts = counts;
    spec.symbols = symbols;
    spec.defined = true;
  }
};

/// A random complete-but-one code, as encoders make them, of the symbols that AC coefficients may have.
Code draw_ac_code(std::mt19937& random) {
  std::vector<std::uint8_t> symbols{0x00, 0xF0};
  for (unsigned run = 0; run < 16; ++run) {
    for (unsigned size = 1; size <= max_ac_size; ++size) symbols.push_back(static_cast<std::uint8_t>(run << 4 | size));
  }
  std::ranges::shuffle(symbols, random);
  std::array<std::uint8_t, 16> counts{};
  std::size_t used = 0;
  int open = 2;  // codes of this length that may still be given out; one stays, so that none is of ones only
  for (std::size_t length = 0; length < 16 && used < symbols.size(); ++length, open *= 2) {
    const int most = std::min(open - 1, static_cast<int>(symbols.size() - used));
    const int count = length == 15 ? most
                      : most > 0   ? static_cast<int>(random() % static_cast<unsigned>(most + 1)) / 2
                                   : 0;
    counts[length] = static_cast<std::uint8_t>(std::min(count, 255));
    open -= counts[length];
    used += counts[length];
  }
  symbols.resize(used);
  return Code(counts, symbols);
}

/// Bits one after the other.
class SlowReader {
 public:
  explicit SlowReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}
  int bit() {
    const std::size_t at = at_++;
    return at / 8 < bytes_.size() ? bytes_[at / 8] >> (7 - at % 8) & 1 : 0;
  }
  int symbol(const HuffmanSpec& spec) {
    int code = 0;
    int first = 0;
    std::size_t index = 0;
    for (const int count : spec.counts) {
      code = code << 1 | bit();
      first <<= 1;
      if (code - first < count) return spec.symbols[index + static_cast<std::size_t>(code - first)];
      index += static_cast<std::size_t>(count);
      first += count;
    }
    return -1;
  }
  int value(int size) {
    int raw = 0;
    for (int i = 0; i < size; ++i) raw = raw << 1 | bit();
    return size > 0 && raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
  }
  std::size_t bits_read() const { return at_; }

 private:
  const std::vector<std::uint8_t>& bytes_;
  std::size_t at_ = 0;
};

/// The AC part of a block as ISO 10918-1 describes it; the result as of decode_ac().
int decode_slowly(SlowReader& reader, const HuffmanSpec& spec, std::array<std::int16_t, 64>& block) {
  int last = 0;
  for (int k = 1; k < 64;) {
    const int symbol = reader.symbol(spec);
    if (symbol < 0) return damaged;
    if (symbol == 0) return last;
    const int size = symbol & 15;
    k += symbol >> 4;
    if (k > 63) return damaged;
    if (size > 0) block[zigzag.place[static_cast<std::size_t>(k)]] = static_cast<std::int16_t>(reader.value(size));
    last = k++;
  }
  return last;
}

class AcTableTest : public ::testing::Test {
 protected:
  std::mt19937 random_{1};
};

TEST_F(AcTableTest, DecodesBlocksLikeOneBitAfterTheOther) {
  int whole = 0;
  int refused = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    const Code code = draw_ac_code(random_);
    AcTable table;
    ASSERT_TRUE(table.build(code.spec));
    std::vector<std::uint8_t> bytes(400);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());

    std::array<std::int16_t, 64> expected{};
    SlowReader slow(bytes);
    const int last = decode_slowly(slow, code.spec, expected);

    std::array<Block, block_stride> block{};
    BitReader reader{bytes.data(), 0, 0};
    reader.refill();
    ASSERT_EQ(decode_ac<true>(reader, table, block.data()), last) << "turn " << turn;
    BitReader skipping{bytes.data(), 0, 0};
    skipping.refill();
    ASSERT_EQ(decode_ac<false>(skipping, table, nullptr) < 0, last < 0) << "turn " << turn;
    if (last < 0) {
      ++refused;
      continue;
    }
    ++whole;
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), block.begin())) << "turn " << turn;
    ASSERT_EQ(reader.consumed_bits(bytes.data()), static_cast<std::ptrdiff_t>(slow.bits_read())) << "turn " << turn;
    ASSERT_EQ(skipping.consumed_bits(bytes.data()), static_cast<std::ptrdiff_t>(slow.bits_read())) << "turn " << turn;
  }
  EXPECT_GT(whole, 200);
  EXPECT_GT(refused, 300);
}

/// The example of docs/jpeg.md, of the first codes of the standard's luminance table.
TEST(AcTable, HasTheEntryOfTheWorkedExample) {
  const Code code({0, 2, 1, 3}, {0x01, 0x02, 0x03, 0x00, 0x04, 0x11});  // 00, 01, 100, 1010, 1011, 1100
  AcTable table;
  ASSERT_TRUE(table.build(code.spec));
  const std::uint64_t index = AcTable::index(std::uint64_t{0b0110'1100'10} << 54);
  EXPECT_EQ(table.total_bits(index), 9U);
  EXPECT_EQ(table.last_step(index), 3U);
  EXPECT_EQ(table.last_complement(index), 63U);
  EXPECT_EQ(table.known_step(index), 1U);
  EXPECT_EQ(static_cast<std::int16_t>(table.known_value(index)), 2);
}

TEST(CanonicalCode, OfOnesOnlyIsRefused) {
  EXPECT_FALSE(CanonicalCode().assign(Code({2}, {0, 1}).spec));
  EXPECT_TRUE(CanonicalCode().assign(Code({1, 1}, {0, 1}).spec));
  EXPECT_FALSE(CanonicalCode().assign(Code({1, 2}, {0, 1, 2}).spec));
}

TEST(CanonicalCode, OfTooManyCodesIsRefused) {
  EXPECT_FALSE(CanonicalCode().assign(Code({0, 5}, {0, 1, 2, 3, 4}).spec));
}

TEST(DcTable, DecodesEveryDifference) {
  // Lengths 2 to 16 in turn, so that the table has long codes too.
  std::vector<std::uint8_t> sizes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const Code code({0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, sizes);
  DcTable table;
  ASSERT_TRUE(table.build(code.spec));
  std::mt19937 random(1);
  for (int turn = 0; turn < 20'000; ++turn) {
    std::vector<std::uint8_t> bytes(16);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() | (random() % 2 ? 0xF0 : 0));
    SlowReader slow(bytes);
    const int size = slow.symbol(code.spec);
    BitReader reader{bytes.data(), 0, 0};
    reader.refill();
    std::uint32_t prediction = 1000;
    ASSERT_EQ(decode_dc(reader, table, prediction), size >= 0);
    if (size < 0) continue;
    ASSERT_EQ(static_cast<int>(prediction), 1000 + slow.value(size));
    ASSERT_EQ(reader.consumed_bits(bytes.data()), static_cast<std::ptrdiff_t>(slow.bits_read()));
  }
}

TEST(DcTable, OfSizesThatDoNotExistIsRefused) {
  EXPECT_FALSE(DcTable().build(Code({1}, {16}).spec));
  EXPECT_TRUE(DcTable().build(Code({1}, {15}).spec));  // as libjpeg: only wrong where it is used
}

}  // namespace
}  // namespace slabring::native_jpeg
