// One input to the native JPEG decoder, for libFuzzer and for native_jpeg_fuzz_replay_test. Besides what the sanitizers
// see: what it decodes, whole, a region of it or smaller, libjpeg-turbo decodes too, and to the same pixels.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>

#include "base/sample_failure.hpp"
#include "decode/decoder.hpp"
#include "decode/native_jpeg/native_decoder.hpp"
#include "support/decode_image.hpp"
#include "support/random_region.hpp"

namespace slabring {
namespace {

using test::RgbImage;

/// Small enough for thousands of inputs a second.
constexpr DecodeLimits limits{.max_pixels = 1 << 16, .max_file_bytes = 1 << 20, .max_jpeg_scans = 20};

/// Both are for all inputs: nothing of one may reach the next.
native_jpeg::NativeDecoder& native() {
  static native_jpeg::NativeDecoder decoder;
  return decoder;
}

std::optional<RgbImage> decode_native(std::span<const std::byte> file, const Rect& region) {
  static ImageBuffer buffer;
  if (!native().open(file)) return std::nullopt;
  const std::optional<ImageView> pixels = native().decode(region, buffer);
  return pixels ? std::optional(test::copy(*pixels)) : std::nullopt;
}

std::optional<RgbImage> decode_with_libjpeg(std::span<const std::byte> file) {
  static Decoder decoder(limits, JpegDecoding::libjpeg);
  try {
    return test::decode_all(decoder, file);
  } catch (const SampleFailure&) {
    return std::nullopt;
  }
}

[[noreturn]] void complain(const char* what, const Rect& region) {
  std::fprintf(stderr, "%s: %dx%d at %d, %d\n", what, region.width, region.height, region.x, region.y);
  std::abort();
}

void check(std::span<const std::byte> file) {
  const std::optional<StoredHeader> header = native().open(file);
  if (!header || std::uint64_t{header->width} * header->height > limits.max_pixels) return;
  const auto width = static_cast<int>(header->width);
  const auto height = static_cast<int>(header->height);
  std::optional<RgbImage> expected;
  for (const Rect& region : {Rect{0, 0, width, height}, test::region_for(file, width, height)}) {
    const std::optional<RgbImage> found = decode_native(file, region);
    if (!found) continue;
    if (!expected) expected = decode_with_libjpeg(file);
    if (!expected) complain("libjpeg-turbo refuses what the native decoder decodes", region);
    if (header->orientation != 1) continue;  // libjpeg-turbo's were turned upright
    if (expected->width != width || expected->height != height) complain("the sizes differ", region);
    if (*found != test::crop(*expected, region)) complain("the pixels differ", region);
  }
}

/// Half, a quarter or an eighth of the image; nothing when it is refused.
std::optional<RgbImage> decode_shrunk(Decoder& decoder, std::span<const std::byte> file) {
  try {
    decoder.open(file);
    const auto grid = decoder.shrink(0.5 / static_cast<double>(1U << file.size() % 3));
    if (!grid) return std::nullopt;
    return test::copy(decoder.decode({0, 0, grid->width, grid->height}));
  } catch (const SampleFailure&) {
    return std::nullopt;
  }
}

void check_shrunk(std::span<const std::byte> file) {
  static Decoder both(limits, JpegDecoding::native);
  static Decoder libjpeg(limits, JpegDecoding::libjpeg);
  const std::uint64_t before = both.decoded_native();
  const std::optional<RgbImage> found = decode_shrunk(both, file);
  if (both.decoded_native() == before) return;
  if (found != decode_shrunk(libjpeg, file)) complain("a smaller image differs", {});
}

}  // namespace
}  // namespace slabring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slabring::check(std::as_bytes(std::span(data, size)));
  slabring::check_shrunk(std::as_bytes(std::span(data, size)));
  return 0;
}
