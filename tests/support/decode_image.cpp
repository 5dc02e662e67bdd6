#include "support/decode_image.hpp"

#include <algorithm>
#include <stdexcept>

namespace slabring::test {

RgbImage copy(const ImageView& view) {
  RgbImage image{view.width, view.height, {}};
  for (int y = 0; y < view.height; ++y) {
    image.pixels.insert(image.pixels.end(), view.row(y), view.row(y) + view.width * 3);
  }
  return image;
}

RgbImage crop(const RgbImage& image, const Rect& region) {
  const std::ptrdiff_t stride = image.width * std::ptrdiff_t{3};
  const std::uint8_t* first = image.pixels.data() + region.y * stride + region.x * 3;
  return copy({first, region.width, region.height, 3, stride});
}

RgbImage decode_region(Decoder& decoder, std::span<const std::byte> file, const Rect& region) {
  decoder.open(file);
  return copy(decoder.decode(region));
}

RgbImage decode_all(Decoder& decoder, std::span<const std::byte> file) {
  const ImageHeader header = decoder.open(file);
  return copy(decoder.decode({0, 0, header.width, header.height}));
}

RgbImage decode_all(std::span<const std::byte> file) {
  Decoder decoder;
  return decode_all(decoder, file);
}

SampleFailure failure_of(Decoder& decoder, std::span<const std::byte> file) {
  try {
    decode_all(decoder, file);
  } catch (const SampleFailure& failure) {
    return failure;
  }
  return {SampleStatus::ok, "decoding succeeded"};
}

SampleFailure failure_of(std::span<const std::byte> file) {
  Decoder decoder;
  return failure_of(decoder, file);
}

Bytes bytes_of(std::string_view text) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::size_t find(const Bytes& bytes, const Bytes& part) {
  const auto at = std::search(bytes.begin(), bytes.end(), part.begin(), part.end());
  if (at == bytes.end()) throw std::logic_error("the bytes that the test looks for are not in the file");
  return static_cast<std::size_t>(at - bytes.begin());
}

}  // namespace slabring::test
