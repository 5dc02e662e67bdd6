#include "fuzz/sound_files.hpp"

#include <stdexcept>

#include "base/fingerprint.hpp"
#include "dataset/tile_index.hpp"
#include "decode/jpeg_tiler.hpp"
#include "support/decode_image.hpp"

namespace slabring::test {
namespace {

std::vector<Bytes> jpegs() {
  const JpegOptions kinds[] = {
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
  for (const JpegOptions& options : kinds) files.push_back(encode_jpeg(61, 47, options));
  return files;
}

/// Written by hand, since the encoder writes 24 bits only.
std::vector<Bytes> bmps(const RgbImage& image) {
  std::vector<Bytes> files{encode_bmp(image)};
  for (const int bits : {1, 4, 8, 16, 32}) {
    Bytes file(54);
    const auto put = [&](std::size_t at, unsigned value) {
      for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<std::byte>(value >> 8 * i);
    };
    const unsigned colours = bits <= 8 ? 1u << bits : 0;
    file[0] = std::byte{'B'};
    file[1] = std::byte{'M'};
    put(10, 54 + 4 * colours);
    put(14, 40);
    put(18, 9);                                      // wide
    put(22, 7);                                      // high
    put(26, 1 | static_cast<unsigned>(bits) << 16);  // planes, bits a pixel
    put(46, colours);
    for (unsigned i = 0; i < 4 * colours + 7 * ((9 * static_cast<unsigned>(bits) + 31) / 32 * 4); ++i) {
      file.push_back(static_cast<std::byte>(i * 37));
    }
    files.push_back(file);
  }
  return files;
}

std::vector<Bytes> tgas(const RgbImage& image) {
  std::vector<Bytes> files{encode_tga(image), encode_tga(image, true)};
  using namespace std::string_view_literals;
  for (const auto& [header, palette] : {std::pair{"\0\0\3\0\0\0\0\0\0\0\0\0\7\0\5\0\x08\x20"sv, 0},
                                        {"\0\1\1\0\0\4\0\x18\0\0\0\0\7\0\5\0\x08\x10"sv, 12}}) {
    Bytes file = bytes_of(header);
    for (int i = 0; i < palette + 35; ++i) file.push_back(static_cast<std::byte>(i < palette ? i * 37 : i % 4));
    files.push_back(file);
  }
  return files;
}

std::vector<Bytes> pnms(const RgbImage& image) {
  using namespace std::string_view_literals;
  return {encode_ppm(image), bytes_of("P5 # grey\n3 2\n255\n\1\2\3\4\5\6"sv),
          bytes_of("P5\n2 2\n1000\n\0\1\0\2\0\3\3\4"sv)};
}

std::vector<Bytes> webps(const RgbImage& image) {
  return {encode_webp(image), encode_webp(image, {.alpha = true}), encode_webp(image, {.lossless = true}),
          encode_webp(image, {.lossless = true, .alpha = true})};
}

}  // namespace

std::vector<Bytes> sound_files(ImageFormat format) {
  RgbImage image = photo(13, 11);
  switch (format) {
    case ImageFormat::jpeg: return jpegs();
    case ImageFormat::png: return {encode_png(image)};
    case ImageFormat::bmp: return bmps(image);
    case ImageFormat::gif: return {encode_gif(image)};
    case ImageFormat::tga: return tgas(image);
    case ImageFormat::pnm: return pnms(image);
    case ImageFormat::webp: return webps(image);
  }
  return {};
}

std::vector<Bytes> tiled_files() {
  const JpegOptions kinds[] = {{},
                               {.luma = {2, 1}},
                               {.luma = {1, 2}, .exif_orientation = 6},
                               {.luma = {2, 2}},
                               {.colour = JpegColour::grey},
                               {.luma = {2, 2}, .progressive = true}};
  std::vector<Bytes> files;
  JpegTiler tiler;
  for (const JpegOptions& options : kinds) {
    for (const int width : {33, 61}) {
      const auto tiled = tiler.tile(encode_jpeg(width, 47, options));
      if (!tiled) throw std::logic_error("a sound JPEG cannot be tiled");
      const Bytes index = write_tile_index(tiled->tiles, tiled->file, fingerprint_of(tiled->file));
      Bytes& file = files.emplace_back();
      file = {std::byte{1}, static_cast<std::byte>(index.size()), static_cast<std::byte>(index.size() >> 8)};
      file.insert(file.end(), index.begin(), index.end());
      file.insert(file.end(), tiled->file.begin(), tiled->file.end());
    }
  }
  return files;
}

}  // namespace slabring::test
