#include "decode/native_jpeg/unstuff.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "augment/every_target.hpp"

namespace slabring::native_jpeg {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Unstuff : public test::EveryTarget {
 protected:
  /// Bytes of which many are FF, most of those stuffed.
  Bytes draw(std::size_t size, unsigned marker_every) {
    Bytes bytes;
    while (bytes.size() < size) {
      bytes.push_back(static_cast<std::uint8_t>(random_() % 9 == 0 ? 0xFF : random_() % 255));
      if (bytes.back() == 0xFF) bytes.push_back(static_cast<std::uint8_t>(random_() % marker_every == 0 ? 0xD0 : 0));
    }
    bytes.resize(size);
    return bytes;
  }

  /// Everything up to a marker, in pieces of `enough`.
  struct Whole {
    Bytes bytes;
    std::size_t read = 0;
    bool at_marker = false;
    bool operator==(const Whole&) const = default;
  };
  template <class Function>
  static Whole run(const Function& function, const Bytes& source, std::size_t enough) {
    Whole whole;
    while (whole.read < source.size() && !whole.at_marker) {
      Bytes out(enough + unstuff_slack);
      const Unstuffed done = function(source.data() + whole.read, source.size() - whole.read, enough, out.data());
      EXPECT_LE(done.written, done.read);
      EXPECT_TRUE(done.read > 0 || done.at_marker);
      whole.bytes.insert(whole.bytes.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(done.written));
      whole.read += done.read;
      whole.at_marker = done.at_marker;
    }
    return whole;
  }

  std::mt19937 random_{1};
};

TEST_P(Unstuff, EqualsThePlainOneInPiecesOfAnySize) {
  for (std::size_t size = 1; size < 300; ++size) {
    for (const unsigned marker_every : {5U, 1000U}) {
      const Bytes source = draw(size, marker_every);
      const Whole expected = run(plain::unstuff, source, size);
      for (const std::size_t enough : {std::size_t{1}, std::size_t{7}, std::size_t{64}, size}) {
        ASSERT_EQ(run(unstuff, source, enough), expected) << size << " bytes in pieces of " << enough;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Unstuff, ::testing::ValuesIn(kernel_targets()), test::target_name);

TEST(PlainUnstuff, RemovesTheStuffingAndStopsAtAMarker) {
  const Bytes source{1, 0xFF, 0, 2, 0xFF, 0xD9, 3};
  Bytes out(source.size() + unstuff_slack);
  const Unstuffed done = plain::unstuff(source.data(), source.size(), source.size(), out.data());
  EXPECT_EQ(done.read, 4U);
  EXPECT_TRUE(done.at_marker);
  out.resize(done.written);
  EXPECT_EQ(out, (Bytes{1, 0xFF, 2}));
}

TEST(PlainUnstuff, LeavesOutAnFFAtTheVeryEnd) {
  const Bytes source{1, 0xFF};
  Bytes out(source.size() + unstuff_slack);
  const Unstuffed done = plain::unstuff(source.data(), source.size(), source.size(), out.data());
  EXPECT_EQ(done.read, 2U);
  EXPECT_EQ(done.written, 1U);
  EXPECT_FALSE(done.at_marker);
}

}  // namespace
}  // namespace slabring::native_jpeg
