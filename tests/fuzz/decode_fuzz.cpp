// One input to the decoder, for libFuzzer and for decode_fuzz_replay_test; with SLABRING_FUZZ_FORMAT, of that format
// only, so that no fuzzer spends its time on another's. Besides what the sanitizers see, it must hold that a region is
// delivered exactly when the whole image is, and equals that part of it. (Of a WebP whose pixel data is damaged further
// down, a region may be delivered.)
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>

#include "base/sample_failure.hpp"
#include "decode/decoder.hpp"
#include "decode/probe.hpp"
#include "decode/webp_decoder.hpp"
#include "support/decode_image.hpp"
#include "support/random_region.hpp"

namespace slabring {
namespace {

using test::RgbImage;

/// Small enough for thousands of inputs a second.
constexpr DecodeLimits limits{.max_pixels = 1 << 16, .max_file_bytes = 1 << 20, .max_jpeg_scans = 20};

std::optional<RgbImage> decode(Decoder& decoder, std::span<const std::byte> file, const std::optional<Rect>& region) {
  try {
    return region ? test::decode_region(decoder, file, *region) : test::decode_all(decoder, file);
  } catch (const SampleFailure& failure) {
    if (failure.status() == SampleStatus::ok || failure.what()[0] == '\0') std::abort();
    return std::nullopt;
  }
}

bool is_looked_at([[maybe_unused]] std::span<const std::byte> file) {
#ifdef SLABRING_FUZZ_FORMAT
  try {
    return probe(file) == ImageFormat::SLABRING_FUZZ_FORMAT;
  } catch (const SampleFailure&) {
    return false;
  }
#else
  return true;
#endif
}

/// The same for the smaller images that a JPEG can be decoded as.
void check_shrunk(Decoder& decoder, std::span<const std::byte> file, double scale) {
  const auto decode_shrunk = [&](const std::optional<Rect>& region) -> std::optional<RgbImage> {
    try {
      decoder.open(file);
      const auto grid = decoder.shrink(scale);
      if (!grid) return std::nullopt;
      return test::copy(decoder.decode(region.value_or(Rect{0, 0, grid->width, grid->height})));
    } catch (const SampleFailure&) {
      return std::nullopt;
    }
  };
  const std::optional<RgbImage> whole = decode_shrunk(std::nullopt);
  if (!whole) return;
  const Rect region = test::region_for(file, whole->width, whole->height);
  if (decode_shrunk(region) == crop(*whole, region)) return;
  std::fprintf(stderr, "%dx%d at %d, %d of %dx%d at %g differs from that part of the whole image\n", region.width,
               region.height, region.x, region.y, whole->width, whole->height, scale);
  std::abort();
}

void check(std::span<const std::byte> file) {
  if (!is_looked_at(file)) return;
  static Decoder decoder(limits);  // for all inputs: nothing of one may reach the next
  const std::optional<RgbImage> whole = decode(decoder, file, std::nullopt);
  if (!whole) {
    // Its header may be sound, and then no region may be delivered either. Every image has this one.
    if (decode(decoder, file, Rect{0, 0, 1, 1}) && !looks_like_webp(file)) {
      std::fputs("a region is delivered of an image that is refused\n", stderr);
      std::abort();
    }
    return;
  }
  const Rect region = test::region_for(file, whole->width, whole->height);
  if (decode(decoder, file, region) != crop(*whole, region)) {
    std::fprintf(stderr, "%dx%d at %d, %d of %dx%d differs from that part of the whole image\n", region.width,
                 region.height, region.x, region.y, whole->width, whole->height);
    std::abort();
  }
  check_shrunk(decoder, file, 0.125 * (1 << file.size() % 3));
}

}  // namespace
}  // namespace slabring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slabring::check(std::as_bytes(std::span(data, size)));
  return 0;
}
