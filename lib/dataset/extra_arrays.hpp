#pragma once

#include <span>
#include <string>

#include "slabring/dataset.hpp"

namespace slabring {

/// "f32 [3, 4]", for messages.
std::string array_text(const ArrayForm& form);
/// "mask: u8 [4, 4], f32 [2]", or "none".
std::string array_text(std::span<const ExtraArray> arrays);

}  // namespace slabring
