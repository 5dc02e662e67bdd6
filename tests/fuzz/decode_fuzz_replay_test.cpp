// Without libFuzzer: sound files of every kind, and thousands of damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "decode/webp_decoder.hpp"
#include "support/damage.hpp"
#include "support/encode_image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

using test::Bytes;
using test::Damage;
using test::encode_jpeg;
using test::JpegColour;
using test::JpegOptions;

std::vector<Bytes> sound_files() {
  const JpegOptions jpegs[] = {
      {},
      {.luma = {2, 1}},
      {.luma = {2, 2}},
      {.luma = {1, 2}, .exif_orientation = 6},
      {.luma = {4, 1}, .restart_interval = 2},
      {.luma = {2, 2}, .restart_interval = 1},
      {.colour = JpegColour::grey},
      {.colour = JpegColour::cmyk},
      {.luma = {2, 2}, .progressive = true},
      {.luma = {2, 2}, .arithmetic = true},
      {.separate_scans = true},
  };
  std::vector<Bytes> files;
  for (const JpegOptions& options : jpegs) files.push_back(encode_jpeg(61, 47, options));
  test::RgbImage image = test::photo(13, 11);
  files.insert(files.end(), {encode_png(image), encode_bmp(image), encode_tga(image), encode_tga(image, true),
                             encode_ppm(image), encode_gif(image)});
  if (webp_is_read()) {
    files.insert(files.end(), {encode_webp(image), encode_webp(image, {.alpha = true}),
                               encode_webp(image, {.lossless = true, .alpha = true})});
  }
  return files;
}

void put_through(const Bytes& file) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
}

TEST(DecodeFuzzReplay, SoundFilesPass) {
  for (const Bytes& file : sound_files()) put_through(file);
}

TEST(DecodeFuzzReplay, DamagedFilesPass) {
  Damage damage;
  for (const Bytes& sound : sound_files()) {
    for (int i = 0; i < 1000; ++i) {
      Bytes file = sound;
      damage.inflict(file);
      put_through(file);
    }
  }
}

}  // namespace
}  // namespace slabring
