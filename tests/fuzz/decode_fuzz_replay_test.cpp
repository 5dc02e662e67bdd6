// Without libFuzzer: sound files of every kind, and thousands of damaged ones, through the same function.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "decode/webp_decoder.hpp"
#include "support/encode_image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

using test::Bytes;
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

class Damage {
 public:
  /// One to some of: a bit flipped, a byte replaced, bytes cut out or doubled, the end cut off. Half of it strikes near
  /// the beginning, where the headers are.
  void inflict(Bytes& file) {
    for (std::size_t blows = 1 + below(4); blows > 0 && file.size() > 8; --blows) {
      const std::size_t at = below(below(2) == 0 ? std::min<std::size_t>(file.size(), 700) : file.size());
      const auto first = file.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = first + static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(file.size() - at, 40) + 1));
      switch (below(6)) {
        case 0: file.erase(first, last); break;
        case 1: {
          const Bytes doubled(first, last);
          file.insert(first, doubled.begin(), doubled.end());
          break;
        }
        case 2: file.resize(at); break;
        case 3: *first = static_cast<std::byte>(below(256)); break;
        default: *first ^= static_cast<std::byte>(1u << below(8)); break;
      }
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::mt19937 random_{20240607};
};

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
