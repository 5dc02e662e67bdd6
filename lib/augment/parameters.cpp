#include "augment/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/names.hpp"

namespace slabring {
namespace {

using Fault = std::optional<ParameterFault>;

bool usable(int side) noexcept { return side >= 1 && side <= max_size_parameter; }

Fault check_size(Size size) {
  if (usable(size.height) && usable(size.width)) return {};
  return ParameterFault{"size", fmt::format("[{}, {}] (height, width) is out of range; must be 1 to {} each",
                                            size.height, size.width, max_size_parameter)};
}

Fault check_interpolation(Interpolation interpolation) {
  const auto names = names_of<Interpolation>();
  const auto value = static_cast<std::size_t>(interpolation);
  if (value < names.size()) return {};
  return ParameterFault{"interpolation", fmt::format("{} is no filter; must be one of {}", value, joined(names))};
}

Fault check_range(std::string_view parameter, const std::array<double, 2>& range) {
  if (0.0 < range[0] && range[0] <= range[1] && std::isfinite(range[1])) return {};
  return ParameterFault{
      parameter, fmt::format("[{}, {}] is no range of positive numbers; must be 0 < low <= high", range[0], range[1])};
}

Fault check_max_size(const Resize& op) {
  if (op.max_size == 0) return {};
  if (op.exact) {
    return ParameterFault{"max_size", fmt::format("{} has no meaning where size gives both sides; leave it out, or "
                                                  "give size as one number",
                                                  op.max_size)};
  }
  if (op.max_size > op.shorter_side && usable(op.max_size)) return {};
  return ParameterFault{"max_size", fmt::format("{} does not fit size {}, the shorter side; must be more, at most {}",
                                                op.max_size, op.shorter_side, max_size_parameter)};
}

Fault check(const Resize& op) {
  if (op.exact) {
    if (auto fault = check_size(*op.exact)) return fault;
  } else if (!usable(op.shorter_side)) {
    return ParameterFault{"size",
                          fmt::format("{} is out of range; must be 1 to {}", op.shorter_side, max_size_parameter)};
  }
  if (auto fault = check_max_size(op)) return fault;
  return check_interpolation(op.interpolation);
}

Fault check(const CenterCrop& op) { return check_size(op.size); }

Fault check(const RandomResizedCrop& op) {
  if (auto fault = check_size(op.size)) return fault;
  if (auto fault = check_range("scale", op.scale)) return fault;
  if (auto fault = check_range("ratio", op.ratio)) return fault;
  return check_interpolation(op.interpolation);
}

Fault check(const RandomHorizontalFlip& op) {
  if (op.p >= 0.0 && op.p <= 1.0) return {};
  return ParameterFault{"p", fmt::format("{} is no probability; must be 0 to 1", op.p)};
}

Fault check(const Normalize& op) {
  if (op.mean.empty()) return ParameterFault{"mean", "is empty; must have a value for each channel"};
  for (const double mean : op.mean) {
    if (std::isfinite(static_cast<float>(mean))) continue;
    return ParameterFault{"mean",
                          fmt::format("[{}] has a value that is no float32; must be finite", fmt::join(op.mean, ", "))};
  }
  if (op.std.size() != op.mean.size()) {
    return ParameterFault{"std",
                          fmt::format("has {} values, mean has {}; must have as many", op.std.size(), op.mean.size())};
  }
  for (const double deviation : op.std) {
    const auto divisor = static_cast<float>(deviation);
    if (std::isfinite(divisor) && divisor != 0.0F) continue;
    return ParameterFault{"std", fmt::format("[{}] has a value that float32 cannot divide by; must be finite, not 0",
                                             fmt::join(op.std, ", "))};
  }
  return {};
}

Fault check(const Lambda& op) {
  if (op.apply) return {};
  return ParameterFault{"apply", "is an empty function; must be callable"};
}

}  // namespace

std::string_view op_name(const Transform& transform) noexcept {
  struct Name {
    std::string_view operator()(const Resize&) const noexcept { return "Resize"; }
    std::string_view operator()(const CenterCrop&) const noexcept { return "CenterCrop"; }
    std::string_view operator()(const RandomResizedCrop&) const noexcept { return "RandomResizedCrop"; }
    std::string_view operator()(const RandomHorizontalFlip&) const noexcept { return "RandomHorizontalFlip"; }
    std::string_view operator()(const Normalize&) const noexcept { return "Normalize"; }
    std::string_view operator()(const Lambda&) const noexcept { return "Lambda"; }
  };
  return std::visit(Name{}, transform);
}

std::optional<ParameterFault> find_fault(const Transform& transform) {
  return std::visit([](const auto& op) { return check(op); }, transform);
}

}  // namespace slabring
