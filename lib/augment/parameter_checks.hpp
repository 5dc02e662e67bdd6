#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "slabring/transform.hpp"

namespace slabring::checks {

// Each gives a sentence about a value that cannot be used, without the parameter's name; empty: it can be used.

std::string side(const int& value);
std::string size(const Size& value);
std::string interpolation(const Interpolation& value);
/// What rotation, affine and perspective can do.
std::string warp_interpolation(const Interpolation& value);
std::string padding_mode(const PaddingMode& value);
std::string padding(const Padding& value);
std::string fill(const Fill& value);
std::string sides(const std::vector<int>& value);
/// Degrees: low <= high.
std::string range(const std::array<double, 2>& value);
std::string point(const std::optional<std::array<double, 2>>& value);
std::string shares(const std::optional<std::array<double, 2>>& value);
std::string scales(const std::optional<std::array<double, 2>>& value);
std::string shear(const std::vector<double>& value);
std::string share(const double& value);
/// A share's range: 0 <= low <= high <= 1.
std::string share_range(const std::array<double, 2>& value);
std::string kernel(const std::array<int, 2>& value);
std::string erasing_value(const std::vector<double>& value);
std::string weights(const std::vector<double>& value);
std::string list(const TransformList& value);
std::string not_empty(const std::string& value);
std::string any_text(const std::string& value);
std::string policy(const AutoAugmentPolicy& value);
std::string small_count(const int& value);
std::string bins(const int& value);
std::string severity(const int& value);
std::string depth(const int& value);
std::string concentration(const double& value);
std::string anything(const bool& value);
std::string any_number(const int& value);
std::string probability(const double& value);
std::string positive_range(const std::array<double, 2>& value);
/// A factor's range: 0 <= low <= high.
std::string factor_range(const std::array<double, 2>& value);
/// The colour wheel, in turns: -0.5 <= low <= high <= 0.5.
std::string hue_range(const std::array<double, 2>& value);
std::string sharpness(const double& value);
std::string channels(const int& value);
std::string classes(const int& value);
std::string bits(const int& value);
/// A JPEG's: low <= high.
std::string quality(const std::array<int, 2>& value);
std::string finite(const double& value);
/// What is added to a divisor.
std::string epsilon(const double& value);
std::string means(const std::vector<double>& value);
std::string deviations(const std::vector<double>& value);

}  // namespace slabring::checks
