#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace slabring {

/// What stb_image makes of a PNG: rows without padding, 1 to 4 channels as in the file, 8 or 16 bits a sample (fewer
/// bits are scaled to 8). 16-bit samples have the machine's byte order.
struct StbPixels {
  struct Free {
    void operator()(void* pixels) const noexcept;
  };
  std::unique_ptr<void, Free> data;
  int width = 0;
  int height = 0;
  int channels = 0;
  bool wide = false;  ///< 16 bits

  const std::uint8_t* bytes() const noexcept { return static_cast<const std::uint8_t*>(data.get()); }
  const std::uint16_t* words() const noexcept { return static_cast<const std::uint16_t*>(data.get()); }
};

/// Inflates and unfilters a PNG of nothing but IHDR, IDAT and IEND. This is all that is asked of stb_image, whose
/// authors advise against feeding it what anybody may have written: chunks, checksums, colours and limits are
/// png_decoder's. Every allocation is zeroed, and none may exceed `largest_allocation`: a few kB of deflate can ask for
/// gigabytes. Throws SampleFailure.
StbPixels stb_decode_png(std::span<const std::byte> png, bool wide, std::size_t largest_allocation);

/// Inflates a zlib stream. nullopt when it is damaged or longer than `most_bytes`.
std::optional<std::string> stb_inflate(std::span<const std::byte> stream, std::size_t most_bytes);

}  // namespace slabring
