#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slabring/transform.hpp"

namespace slabring {

/// Sizes that a transform may ask for: 1 to this; the largest side of a JPEG.
inline constexpr int max_size_parameter = 65'500;
/// Factors of colours: more than this is the same for every pixel.
inline constexpr double max_factor = 1e6;

/// Classes that labels may be told apart by.
inline constexpr int max_classes = 1'000'000;
/// Angles that a transform may turn by.
inline constexpr double max_degrees = 3'600.0;

/// Lists in lists, as deep as a pipeline file may have them.
inline constexpr int max_nesting = 6;
/// A blur's kernel; and as many transforms as may be put into a random order.
inline constexpr int max_kernel_size = 255;
inline constexpr int max_list_size = 64;

/// The name of a transform's class: "RandomResizedCrop".
std::string_view op_name(const Transform& transform) noexcept;

/// A parameter with a value that cannot be used: "scale", "[0.5, 0.1] is ...; must be ...".
struct ParameterFault {
  std::string_view parameter;
  std::string sentence;
};

/// The first wrong parameter, looking at this transform alone.
std::optional<ParameterFault> find_fault(const Transform& transform);

}  // namespace slabring
