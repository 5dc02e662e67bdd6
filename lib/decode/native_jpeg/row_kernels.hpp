#pragma once

#include <cstddef>
#include <cstdint>

namespace slabring::native_jpeg {

// From rows of samples to a row of RGB, in libjpeg-turbo's arithmetic. All kernels work in vectors and read up to
// samples_beyond more samples than they are told, of any value; the upsampling ones also write up to twice as many.
inline constexpr std::size_t samples_beyond = 64;

/// Smooth upsampling to twice the width: each sample becomes two, weighted 3 to 1 with its neighbour on that side.
/// in[-1] and in[count] hold the neighbours.
void upsample_row(const std::uint8_t* in, std::size_t count, std::uint8_t* out);

/// To twice the width and height: each row is first weighted 3 to 1 with `nearer`, the row above or below.
void upsample_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, std::uint8_t* out);

/// To twice the height alone. `bias` rounds: 1 towards the row above, 2 towards the one below.
void blend_chroma_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, int bias,
                       std::uint8_t* out);

/// Writes 3 * count bytes.
void ycc_to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t count,
                std::uint8_t* rgb);
void grey_to_rgb(const std::uint8_t* y, std::size_t count, std::uint8_t* rgb);

namespace plain {
void upsample_row(const std::uint8_t* in, std::size_t count, std::uint8_t* out);
void upsample_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, std::uint8_t* out);
void blend_chroma_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, int bias,
                       std::uint8_t* out);
void ycc_to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t count,
                std::uint8_t* rgb);
void grey_to_rgb(const std::uint8_t* y, std::size_t count, std::uint8_t* rgb);
}  // namespace plain

}  // namespace slabring::native_jpeg
