#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace slabring {

// What a Converter does to a line of pixels: order first, then values. The results are the same with every instruction
// set (see kernel_target.hpp).

/// Where the pixels of a line go.
struct PixelOrder {
  std::size_t channels = 1;  ///< 1 to 4
  bool mirrored = false;     ///< the last pixel first
  bool planar = false;       ///< the values of a channel together, those of the next `plane` bytes further on
  std::size_t plane = 0;
};

/// Writes `width` pixels of interleaved bytes in another order. `out` lies apart from the line.
void arrange_pixels(const std::uint8_t* line, std::size_t width, const PixelOrder& order, std::uint8_t* out);

/// The bits of a bfloat16, told apart from those of a half.
enum class BFloat16 : std::uint16_t {};

/// What a byte becomes as a number, (byte / 255 - mean) / std in float32 as torchvision computes it, for bytes of
/// `period` channels in turn.
struct Scaling {
  static constexpr std::size_t max_period = 4;
  static constexpr std::size_t max_lanes = 8;
  /// What the lanes of a vector are computed with, whichever channel comes first.
  using Lanes = std::array<float, max_lanes + max_period>;

  std::size_t period = 1;
  /// The results for all bytes, 256 for each channel; the other types' are null.
  const float* f32 = nullptr;
  const std::uint16_t* f16 = nullptr;
  const BFloat16* bf16 = nullptr;

  Lanes mean{};
  Lanes std{};
  Lanes inverse{};       ///< 1 / std
  Lanes inverse_rest{};  ///< what float32 leaves out of it
  /// True when computing gives what the tables say; otherwise they are looked up.
  bool computable = false;
};

/// The arithmetic for channels of these means and deviations; the tables stay as they are.
void prepare_lanes(const float* means, const float* deviations, Scaling& scaling);

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, float* out);
void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, std::uint16_t* out);
void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, BFloat16* out);

/// The same in the plainest C++: what the fast ones must equal bit for bit, and what runs where there are none.
namespace plain {

void arrange_pixels(const std::uint8_t* line, std::size_t width, const PixelOrder& order, std::uint8_t* out);
void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, float* out);
void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, std::uint16_t* out);
void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, BFloat16* out);

}  // namespace plain
}  // namespace slabring
