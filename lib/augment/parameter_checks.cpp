#include "augment/parameter_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "augment/parameters.hpp"
#include "base/names.hpp"

namespace slabring::checks {
namespace {

bool usable(int side) noexcept { return side >= 1 && side <= max_size_parameter; }

// `low <= high` within the bounds; false for what is no number.
bool ordered(const std::array<double, 2>& range, double lowest, double highest) noexcept {
  return lowest <= range[0] && range[0] <= range[1] && range[1] <= highest;
}

}  // namespace

std::string side(const int& value) {
  if (usable(value)) return {};
  return fmt::format("{} is out of range; must be 1 to {}", value, max_size_parameter);
}

std::string size(const Size& value) {
  if (usable(value.height) && usable(value.width)) return {};
  return fmt::format("[{}, {}] (height, width) is out of range; must be 1 to {} each", value.height, value.width,
                     max_size_parameter);
}

std::string interpolation(const Interpolation& value) {
  const auto names = names_of<Interpolation>();
  const auto index = static_cast<std::size_t>(value);
  if (index < names.size()) return {};
  return fmt::format("{} is no filter; must be one of {}", index, joined(names));
}

std::string warp_interpolation(const Interpolation& value) {
  const bool possible =
      value == Interpolation::nearest || value == Interpolation::bilinear || value == Interpolation::bicubic;
  if (possible) return {};
  return fmt::format("{} is not possible here; must be one of nearest, bilinear, bicubic", to_string(value));
}

std::string padding_mode(const PaddingMode& value) {
  const auto names = names_of<PaddingMode>();
  const auto index = static_cast<std::size_t>(value);
  if (index < names.size()) return {};
  return fmt::format("{} is no mode; must be one of {}", index, joined(names));
}

std::string padding(const Padding& value) {
  const auto fits = [](int pixels) { return pixels >= 0 && pixels <= max_size_parameter; };
  if (fits(value.left) && fits(value.top) && fits(value.right) && fits(value.bottom)) return {};
  return fmt::format("[{}, {}, {}, {}] (left, top, right, bottom) is out of range; must be 0 to {} each", value.left,
                     value.top, value.right, value.bottom, max_size_parameter);
}

std::string fill(const Fill& value) {
  const auto& values = value.values;
  const bool fits = !values.empty() && values.size() <= 4 &&
                    std::all_of(values.begin(), values.end(), [](int v) { return v >= 0 && v <= 255; });
  if (fits) return {};
  return fmt::format("[{}] is no colour; must be 0 to 255, one value or one for each channel", fmt::join(values, ", "));
}

std::string sides(const std::vector<int>& value) {
  if (value.empty()) return "is empty; must have a size at least";
  if (std::all_of(value.begin(), value.end(), usable)) return {};
  return fmt::format("[{}] is out of range; must be 1 to {} each", fmt::join(value, ", "), max_size_parameter);
}

std::string range(const std::array<double, 2>& value) {
  if (ordered(value, -max_degrees, max_degrees)) return {};
  return fmt::format("[{}, {}] is no range of degrees; must be {} <= low <= high <= {}", value[0], value[1],
                     -max_degrees, max_degrees);
}

std::string point(const std::optional<std::array<double, 2>>& value) {
  const auto fits = [](double v) { return std::fabs(v) <= max_size_parameter; };
  if (!value || (fits((*value)[0]) && fits((*value)[1]))) return {};
  return fmt::format("[{}, {}] is far beyond any image; must be within {} pixels", (*value)[0], (*value)[1],
                     max_size_parameter);
}

std::string shares(const std::optional<std::array<double, 2>>& value) {
  if (!value || (share((*value)[0]).empty() && share((*value)[1]).empty())) return {};
  return fmt::format("[{}, {}] (of width, of height) has a value that is no share; must be 0 to 1 each", (*value)[0],
                     (*value)[1]);
}

std::string scales(const std::optional<std::array<double, 2>>& value) {
  if (!value) return {};
  return ordered(*value, 1e-3, 1e3)
             ? std::string()
             : fmt::format("[{}, {}] is no range of scales; must be 0.001 <= low <= high <= 1000", (*value)[0],
                           (*value)[1]);
}

std::string shear(const std::vector<double>& value) {
  // At 90 degrees an image is a line of no end.
  const auto fits = [&](std::size_t i) { return ordered({value[i], value[i + 1]}, -89.0, 89.0); };
  if (value.empty() || (value.size() == 2 && fits(0)) || (value.size() == 4 && fits(0) && fits(2))) return {};
  return fmt::format(
      "[{}] is no shear; must be [low, high] for x, or the same for x and y in one list, -89 to 89 degrees",
      fmt::join(value, ", "));
}

std::string share(const double& value) {
  if (value >= 0.0 && value <= 1.0) return {};
  return fmt::format("{} is no share; must be 0 to 1", value);
}

std::string share_range(const std::array<double, 2>& value) {
  if (ordered(value, 0.0, 1.0)) return {};
  return fmt::format("[{}, {}] is no range of shares; must be 0 <= low <= high <= 1", value[0], value[1]);
}

std::string kernel(const std::array<int, 2>& value) {
  const auto fits = [](int side) { return side >= 1 && side <= max_kernel_size && side % 2 == 1; };
  if (fits(value[0]) && fits(value[1])) return {};
  return fmt::format("[{}, {}] (x, y) is no kernel; must be odd, 1 to {} each", value[0], value[1], max_kernel_size);
}

std::string erasing_value(const std::vector<double>& value) {
  const bool fits = value.size() <= 4 && std::all_of(value.begin(), value.end(),
                                                     [](double v) { return std::isfinite(static_cast<float>(v)); });
  if (fits) return {};
  return fmt::format("[{}] cannot be written; must be a number, one for each channel, or \"random\"",
                     fmt::join(value, ", "));
}

std::string weights(const std::vector<double>& value) {
  const bool fits = std::all_of(value.begin(), value.end(), [](double w) { return w >= 0.0 && w <= 1e9; });
  const bool some = value.empty() || std::any_of(value.begin(), value.end(), [](double w) { return w > 0.0; });
  if (fits && some) return {};
  return fmt::format("[{}] are no weights; must be 0 to 1e9 each, not all 0", fmt::join(value, ", "));
}

std::string not_empty(const std::string& value) { return value.empty() ? "is empty; must name one" : ""; }

std::string any_text(const std::string&) { return {}; }

std::string list(const TransformList& value) {
  if (value.items().empty()) return "is empty; must have a transform at least";
  if (value.items().size() <= max_list_size) return {};
  return fmt::format("has {} transforms; must be at most {}", value.items().size(), max_list_size);
}

std::string policy(const AutoAugmentPolicy& value) {
  const auto names = names_of<AutoAugmentPolicy>();
  const auto index = static_cast<std::size_t>(value);
  if (index < names.size()) return {};
  return fmt::format("{} is no policy; must be one of {}", index, joined(names));
}

std::string small_count(const int& value) {
  if (value >= 1 && value <= 16) return {};
  return fmt::format("{} is out of range; must be 1 to 16", value);
}

std::string bins(const int& value) {
  if (value >= 2 && value <= 1000) return {};
  return fmt::format("{} is out of range; must be 2 to 1000", value);
}

std::string severity(const int& value) {
  if (value >= 1 && value <= 10) return {};
  return fmt::format("{} is out of range; must be 1 to 10", value);
}

std::string depth(const int& value) {
  if (value <= 16) return {};
  return fmt::format("{} is out of range; must be 1 to 16, or 0 or less to draw it", value);
}

std::string concentration(const double& value) {
  if (value >= 1e-2 && value <= 1e3) return {};
  return fmt::format("{} is out of range; must be 0.01 to 1000", value);
}

std::string anything(const bool& /*value*/) { return {}; }

std::string any_number(const int& /*value*/) { return {}; }

std::string probability(const double& value) {
  if (value >= 0.0 && value <= 1.0) return {};
  return fmt::format("{} is no probability; must be 0 to 1", value);
}

std::string positive_range(const std::array<double, 2>& value) {
  if (0.0 < value[0] && value[0] <= value[1] && std::isfinite(value[1])) return {};
  return fmt::format("[{}, {}] is no range of positive numbers; must be 0 < low <= high", value[0], value[1]);
}

std::string factor_range(const std::array<double, 2>& value) {
  if (ordered(value, 0.0, max_factor)) return {};
  return fmt::format("[{}, {}] is no range of factors; must be 0 <= low <= high <= {}", value[0], value[1], max_factor);
}

std::string hue_range(const std::array<double, 2>& value) {
  if (ordered(value, -0.5, 0.5)) return {};
  return fmt::format("[{}, {}] is no range of hues; must be -0.5 <= low <= high <= 0.5", value[0], value[1]);
}

std::string sharpness(const double& value) {
  if (value >= 0.0 && value <= max_factor) return {};
  return fmt::format("{} is no factor; must be 0 to {}", value, max_factor);
}

std::string channels(const int& value) {
  if (value == 1 || value == 3) return {};
  return fmt::format("{} is not possible; must be 1 or 3", value);
}

std::string classes(const int& value) {
  if (value >= 1 && value <= max_classes) return {};
  return fmt::format("{} is out of range; must be 1 to {}", value, max_classes);
}

std::string bits(const int& value) {
  if (value >= 0 && value <= 8) return {};
  return fmt::format("{} is out of range; must be 0 to 8", value);
}

std::string quality(const std::array<int, 2>& value) {
  if (1 <= value[0] && value[0] <= value[1] && value[1] <= 100) return {};
  return fmt::format("[{}, {}] is no range of qualities; must be 1 <= low <= high <= 100", value[0], value[1]);
}

std::string finite(const double& value) {
  if (std::isfinite(value)) return {};
  return fmt::format("{} is no finite number", value);
}

std::string epsilon(const double& value) {
  if (std::isfinite(value) && value >= 0.0) return {};
  return fmt::format("{} cannot be added to a divisor; must be 0 or a finite positive number", value);
}

std::string means(const std::vector<double>& value) {
  if (value.empty()) return "is empty; must have a value for each channel";
  const bool fits =
      std::all_of(value.begin(), value.end(), [](double mean) { return std::isfinite(static_cast<float>(mean)); });
  if (fits) return {};
  return fmt::format("[{}] has a value that is no float32; must be finite", fmt::join(value, ", "));
}

std::string deviations(const std::vector<double>& value) {
  const bool fits = std::all_of(value.begin(), value.end(), [](double deviation) {
    const auto divisor = static_cast<float>(deviation);
    return std::isfinite(divisor) && divisor != 0.0F;
  });
  if (fits) return {};
  return fmt::format("[{}] has a value that float32 cannot divide by; must be finite, not 0", fmt::join(value, ", "));
}

}  // namespace slabring::checks
