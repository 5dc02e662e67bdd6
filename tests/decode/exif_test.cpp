#include "decode/exif.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::bytes_of;
using test::exif_tiff;

TEST(Exif, OrientationIsReadInBothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(exif_orientation(exif_tiff(orientation, false)), orientation);
    EXPECT_EQ(exif_orientation(exif_tiff(orientation, true)), orientation);
  }
}

TEST(Exif, PrefixIsOptional) {
  Bytes exif = bytes_of(std::string_view("Exif\0\0", 6));
  const Bytes tiff = exif_tiff(6);
  exif.insert(exif.end(), tiff.begin(), tiff.end());
  EXPECT_EQ(exif_orientation(exif), 6);
}

TEST(Exif, ValuesThatMeanNothingAreUpright) {
  for (int value : {0, 9, 255}) EXPECT_EQ(exif_orientation(exif_tiff(value)), 1);
}

TEST(Exif, WhatIsNoTiffHasNone) {
  EXPECT_EQ(exif_orientation({}), std::nullopt);
  EXPECT_EQ(exif_orientation(bytes_of("no TIFF at all, but long enough to be one")), std::nullopt);
}

TEST(Exif, EveryPrefixHasNoneUnlessTheEntryIsWhole) {
  for (bool big_endian : {false, true}) {
    const Bytes tiff = exif_tiff(6, big_endian);
    constexpr std::size_t header_count_and_entry = 8 + 2 + 12;
    for (std::size_t size = 0; size <= tiff.size(); ++size) {
      const std::optional<int> orientation = exif_orientation(std::span(tiff).first(size));
      EXPECT_EQ(orientation, size < header_count_and_entry ? std::nullopt : std::optional(6)) << size;
    }
  }
}

// Offsets and counts of every size must stay inside; the sanitizers watch.
TEST(Exif, HostileBytesGiveSomeOrientationOrNone) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    Bytes tiff = exif_tiff(6, round % 2 == 0);
    tiff.resize(8 + random() % 40);
    for (int blows = 0; blows < 4; ++blows) tiff[4 + random() % (tiff.size() - 4)] = static_cast<std::byte>(random());
    const int orientation = exif_orientation(tiff).value_or(1);
    EXPECT_TRUE(orientation >= 1 && orientation <= 8);
  }
}

}  // namespace
}  // namespace slabring
