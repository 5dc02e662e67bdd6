#include "augment/jpeg_artefacts.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "augment/images.hpp"
#include "base/sample_failure.hpp"

namespace slabring {
namespace {

using test::Image;

// That the pixels are Pillow's is shown by pillow_test.

MutableImageView writable(Image& image) {
  return {image.bytes.data(), image.width, image.height, image.channels, std::ptrdiff_t{image.width} * image.channels};
}

Image at_quality(Image image, int quality, std::size_t room = 0) {
  ScratchBuffer<std::uint8_t> bytes;
  add_jpeg_artefacts(writable(image), quality, bytes, room);
  return image;
}

int mean_difference(const Image& one, const Image& other) {
  int sum = 0;
  for (std::size_t i = 0; i < one.bytes.size(); ++i) sum += std::abs(one.bytes[i] - other.bytes[i]);
  return sum / static_cast<int>(one.bytes.size());
}

TEST(JpegArtefacts, AreMoreAtALowerQuality) {
  const Image image = test::noise(33, 21, 1);
  EXPECT_LE(mean_difference(at_quality(image, 100), image), 1);
  EXPECT_GT(mean_difference(at_quality(image, 1), image), mean_difference(at_quality(image, 50), image));
}

TEST(JpegArtefacts, AreTheSameWhateverRoomTheFileHadAtFirst) {
  const Image image = test::noise(61, 47, 3);
  EXPECT_EQ(at_quality(image, 90, 1), at_quality(image, 90));
}

TEST(JpegArtefacts, OfWhatNoJpegCanHoldAreAFaultOfTheSample) {
  Image image(65'501, 1, 1);
  ScratchBuffer<std::uint8_t> bytes;
  try {
    add_jpeg_artefacts(writable(image), 50, bytes);
    FAIL() << "nothing was thrown";
  } catch (const SampleFailure& failure) {
    EXPECT_EQ(failure.status(), SampleStatus::transform_failed);
    EXPECT_STREQ(failure.what(), "JPEG: libjpeg: Maximum supported image dimension is 65500 pixels");
  }
}

}  // namespace
}  // namespace slabring
