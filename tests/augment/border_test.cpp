#include "augment/border.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace slabring {
namespace {

std::vector<int> positions(int size, PaddingMode mode) {
  std::vector<int> all;
  for (int at = -5; at < size + 5; ++at) all.push_back(mirrored_position(at, size, mode));
  return all;
}

TEST(Border, RepeatsMirrorsOrEnds) {
  EXPECT_EQ(positions(3, PaddingMode::constant), (std::vector<int>{-1, -1, -1, -1, -1, 0, 1, 2, -1, -1, -1, -1, -1}));
  EXPECT_EQ(positions(3, PaddingMode::edge), (std::vector<int>{0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2}));
  EXPECT_EQ(positions(3, PaddingMode::reflect), (std::vector<int>{1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1}));
  EXPECT_EQ(positions(3, PaddingMode::symmetric), (std::vector<int>{1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1}));
}

TEST(Border, OfOnePixelIsThatPixel) {
  for (const PaddingMode mode : {PaddingMode::edge, PaddingMode::reflect, PaddingMode::symmetric}) {
    EXPECT_EQ(positions(1, mode), std::vector<int>(11, 0));
  }
}

}  // namespace
}  // namespace slabring
