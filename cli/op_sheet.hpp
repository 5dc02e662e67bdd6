#pragma once

#include <cstdint>

#include "contact_sheet.hpp"

namespace slabring::cli {

/// The image, and beside it what each of op_examples() makes of it. Normalize and Standardize are drawn so that 0 is
/// grey and two deviations are black and white; MixUp and CutMix have the mirrored image as a partner. `image` has 3
/// channels.
ContactSheet draw_op_sheet(const ImageView& image, std::uint64_t seed);

}  // namespace slabring::cli
