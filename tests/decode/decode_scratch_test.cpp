// Memory of the decoder: how much each format takes anew for an image like the last one, and that one large image does
// not make a worker large for ever.
#include <gtest/gtest.h>

#include <vector>

#include "decode/decoder.hpp"
#include "decode/image_buffer.hpp"
#include "support/count_allocations.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::photo;
using test::RgbImage;

void decode(Decoder& decoder, const Bytes& file) {
  const ImageHeader header = decoder.open(file);
  decoder.decode({0, 0, header.width, header.height});
}

/// What an image takes that comes after one like it. libjpeg, libwebp and stb_image have allocators of their own.
int allocations_of_second(const Bytes& file) {
  Decoder decoder;
  decode(decoder, file);
  const int before = allocations;
  decode(decoder, file);
  return allocations - before;
}

TEST(DecodeScratch, FormatsReadByUsAllocateNothingForTheNextImage) {
  const RgbImage image = photo(60, 40);
  EXPECT_EQ(allocations_of_second(test::encode_jpeg(image)), 0);
  EXPECT_EQ(allocations_of_second(test::encode_jpeg(image, {.luma = {2, 2}, .exif_orientation = 6})), 0);
  EXPECT_EQ(allocations_of_second(test::encode_bmp(image)), 0);
  EXPECT_EQ(allocations_of_second(test::encode_tga(image)), 0);
  EXPECT_EQ(allocations_of_second(test::encode_tga(image, true)), 0);
  EXPECT_EQ(allocations_of_second(test::encode_ppm(image)), 0);
}

TEST(DecodeScratch, FormatsOfLibrariesAllocateAFewTimesForTheNextImage) {
  RgbImage image = photo(60, 40);
  // The session, of which each image that libjpeg-turbo decodes needs a new one; and of CMYK a row.
  EXPECT_EQ(allocations_of_second(test::encode_jpeg(image, {.progressive = true})), 1);
  EXPECT_EQ(allocations_of_second(test::encode_jpeg(image, {.colour = test::JpegColour::cmyk})), 2);
  // The list of its IDAT chunks, when the header is read and again, and the file that stb_image is given.
  EXPECT_LE(allocations_of_second(test::encode_png(image)), 4);
  // The indices, and the order of the rows, which grows.
  EXPECT_LE(allocations_of_second(test::encode_gif(image)), 10);
  const Bytes webp = test::encode_webp(image);
  if (!webp.empty()) {
    EXPECT_EQ(allocations_of_second(webp), 0);
  }
}

TEST(DecodeScratch, ALargeImageOfAnyFormatIsForgotten) {
  const RgbImage large = photo(3000, 2000);
  const Bytes small = test::encode_bmp(photo(60, 40));
  std::vector<Bytes> files{test::encode_bmp(large), test::encode_tga(large), test::encode_ppm(large),
                           test::encode_jpeg(large, {.exif_orientation = 6})};
  if (Bytes webp = test::encode_webp(large, {.quality = 10}); !webp.empty()) files.push_back(webp);
  for (const Bytes& file : files) {
    Decoder decoder;
    decode(decoder, file);
    EXPECT_GT(decoder.scratch_bytes(), ImageBuffer::keep_bytes);
    decode(decoder, small);
    // What turned the image upright stays until another needs turning.
    decode(decoder, test::encode_jpeg(60, 40, {.exif_orientation = 6}));
    EXPECT_LE(decoder.scratch_bytes(), 2 * ImageBuffer::keep_bytes);
    EXPECT_LT(decoder.scratch_bytes(), std::size_t{1} << 20);
  }
}

}  // namespace
}  // namespace slabring
