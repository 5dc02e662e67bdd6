#include "augment/policies.hpp"

#include <cmath>

namespace slabring {
namespace {

using enum PolicyOp;

// The policies that were learned, as published with "AutoAugment: Learning Augmentation Strategies from Data" (2019).
constexpr std::array<LearnedPair, 25> imagenet_pairs{{
    {{{posterize, 0.4, 8}, {rotate, 0.6, 9}}},  {{{solarize, 0.6, 5}, {autocontrast, 0.6, 0}}},
    {{{equalize, 0.8, 0}, {equalize, 0.6, 0}}}, {{{posterize, 0.6, 7}, {posterize, 0.6, 6}}},
    {{{equalize, 0.4, 0}, {solarize, 0.2, 4}}}, {{{equalize, 0.4, 0}, {rotate, 0.8, 8}}},
    {{{solarize, 0.6, 3}, {equalize, 0.6, 0}}}, {{{posterize, 0.8, 5}, {equalize, 1.0, 0}}},
    {{{rotate, 0.2, 3}, {solarize, 0.6, 8}}},   {{{equalize, 0.6, 0}, {posterize, 0.4, 6}}},
    {{{rotate, 0.8, 8}, {color, 0.4, 0}}},      {{{rotate, 0.4, 9}, {equalize, 0.6, 0}}},
    {{{equalize, 0.0, 0}, {equalize, 0.8, 0}}}, {{{invert, 0.6, 0}, {equalize, 1.0, 0}}},
    {{{color, 0.6, 4}, {contrast, 1.0, 8}}},    {{{rotate, 0.8, 8}, {color, 1.0, 2}}},
    {{{color, 0.8, 8}, {solarize, 0.8, 7}}},    {{{sharpness, 0.4, 7}, {invert, 0.6, 0}}},
    {{{shear_x, 0.6, 5}, {equalize, 1.0, 0}}},  {{{color, 0.4, 0}, {equalize, 0.6, 0}}},
    {{{equalize, 0.4, 0}, {solarize, 0.2, 4}}}, {{{solarize, 0.6, 5}, {autocontrast, 0.6, 0}}},
    {{{invert, 0.6, 0}, {equalize, 1.0, 0}}},   {{{color, 0.6, 4}, {contrast, 1.0, 8}}},
    {{{equalize, 0.8, 0}, {equalize, 0.6, 0}}},
}};

constexpr std::array<LearnedPair, 25> cifar10_pairs{{
    {{{invert, 0.1, 0}, {contrast, 0.2, 6}}},          {{{rotate, 0.7, 2}, {translate_x, 0.3, 9}}},
    {{{sharpness, 0.8, 1}, {sharpness, 0.9, 3}}},      {{{shear_y, 0.5, 8}, {translate_y, 0.7, 9}}},
    {{{autocontrast, 0.5, 0}, {equalize, 0.9, 0}}},    {{{shear_y, 0.2, 7}, {posterize, 0.3, 7}}},
    {{{color, 0.4, 3}, {brightness, 0.6, 7}}},         {{{sharpness, 0.3, 9}, {brightness, 0.7, 9}}},
    {{{equalize, 0.6, 0}, {equalize, 0.5, 0}}},        {{{contrast, 0.6, 7}, {sharpness, 0.6, 5}}},
    {{{color, 0.7, 7}, {translate_x, 0.5, 8}}},        {{{equalize, 0.3, 0}, {autocontrast, 0.4, 0}}},
    {{{translate_y, 0.4, 3}, {sharpness, 0.2, 6}}},    {{{brightness, 0.9, 6}, {color, 0.2, 8}}},
    {{{solarize, 0.5, 2}, {invert, 0.0, 0}}},          {{{equalize, 0.2, 0}, {autocontrast, 0.6, 0}}},
    {{{equalize, 0.2, 0}, {equalize, 0.6, 0}}},        {{{color, 0.9, 9}, {equalize, 0.6, 0}}},
    {{{autocontrast, 0.8, 0}, {solarize, 0.2, 8}}},    {{{brightness, 0.1, 3}, {color, 0.7, 0}}},
    {{{solarize, 0.4, 5}, {autocontrast, 0.9, 0}}},    {{{translate_y, 0.9, 9}, {translate_y, 0.7, 9}}},
    {{{autocontrast, 0.9, 0}, {solarize, 0.8, 3}}},    {{{equalize, 0.8, 0}, {invert, 0.1, 0}}},
    {{{translate_y, 0.7, 9}, {autocontrast, 0.9, 0}}},
}};

constexpr std::array<LearnedPair, 25> svhn_pairs{{
    {{{shear_x, 0.9, 4}, {invert, 0.2, 0}}},       {{{shear_y, 0.9, 8}, {invert, 0.7, 0}}},
    {{{equalize, 0.6, 0}, {solarize, 0.6, 6}}},    {{{invert, 0.9, 0}, {equalize, 0.6, 0}}},
    {{{equalize, 0.6, 0}, {rotate, 0.9, 3}}},      {{{shear_x, 0.9, 4}, {autocontrast, 0.8, 0}}},
    {{{shear_y, 0.9, 8}, {invert, 0.4, 0}}},       {{{shear_y, 0.9, 5}, {solarize, 0.2, 6}}},
    {{{invert, 0.9, 0}, {autocontrast, 0.8, 0}}},  {{{equalize, 0.6, 0}, {rotate, 0.9, 3}}},
    {{{shear_x, 0.9, 4}, {solarize, 0.3, 3}}},     {{{shear_y, 0.8, 8}, {invert, 0.7, 0}}},
    {{{equalize, 0.9, 0}, {translate_y, 0.6, 6}}}, {{{invert, 0.9, 0}, {equalize, 0.6, 0}}},
    {{{contrast, 0.3, 3}, {rotate, 0.8, 4}}},      {{{invert, 0.8, 0}, {translate_y, 0.0, 2}}},
    {{{shear_y, 0.7, 6}, {solarize, 0.4, 8}}},     {{{invert, 0.6, 0}, {rotate, 0.8, 4}}},
    {{{shear_y, 0.3, 7}, {translate_x, 0.9, 3}}},  {{{shear_x, 0.1, 6}, {invert, 0.6, 0}}},
    {{{solarize, 0.7, 2}, {translate_y, 0.6, 7}}}, {{{shear_y, 0.8, 4}, {invert, 0.8, 0}}},
    {{{shear_x, 0.7, 9}, {translate_y, 0.8, 3}}},  {{{shear_y, 0.8, 5}, {autocontrast, 0.7, 0}}},
    {{{shear_x, 0.7, 2}, {invert, 0.1, 0}}},
}};

constexpr std::array<PolicyOp, 14> drawn_ops{identity,  shear_x,    shear_y,      translate_x, translate_y,
                                             rotate,    brightness, color,        contrast,    sharpness,
                                             posterize, solarize,   autocontrast, equalize};
constexpr std::array<PolicyOp, 13> mixed_ops{shear_x,   shear_y,  translate_x,  translate_y, rotate,
                                             posterize, solarize, autocontrast, equalize,    brightness,
                                             color,     contrast, sharpness};
constexpr std::size_t mixed_without_enhancing = 9;

// torch.linspace(begin, end, bins)[bin]: from the nearer end, in float32.
double linspace(double begin, double end, int bins, int bin) noexcept {
  const auto first = static_cast<float>(begin);
  const auto last = static_cast<float>(end);
  const float step = (last - first) / static_cast<float>(bins - 1);
  const float value =
      bin < bins / 2 ? first + step * static_cast<float>(bin) : last - step * static_cast<float>(bins - 1 - bin);
  return static_cast<double>(value);
}

// from - round(bin / ((bins - 1) / by)), in float32 and ties to even.
double posterize_bits(const MagnitudeSpace& space, int bin) noexcept {
  const auto width = static_cast<float>(static_cast<double>(space.bins - 1) / space.posterize_by);
  return space.posterize_from - static_cast<double>(std::nearbyint(static_cast<float>(bin) / width));
}

}  // namespace

std::span<const LearnedPair, 25> learned_pairs(AutoAugmentPolicy policy) noexcept {
  switch (policy) {
    case AutoAugmentPolicy::cifar10: return cifar10_pairs;
    case AutoAugmentPolicy::svhn: return svhn_pairs;
    case AutoAugmentPolicy::imagenet: break;
  }
  return imagenet_pairs;
}

std::span<const PolicyOp> random_ops() noexcept { return drawn_ops; }

std::span<const PolicyOp> augmix_ops(bool all_ops) noexcept {
  return std::span<const PolicyOp>(mixed_ops).first(all_ops ? mixed_ops.size() : mixed_without_enhancing);
}

MagnitudeSpace auto_augment_space(Size image, int bins) noexcept {
  MagnitudeSpace space;
  space.translate_x = 150.0 / 331.0 * image.width;
  space.translate_y = 150.0 / 331.0 * image.height;
  space.bins = bins;
  return space;
}

MagnitudeSpace trivial_augment_space(int bins) noexcept {
  MagnitudeSpace space;
  space.shear = 0.99;
  space.translate_x = 32.0;
  space.translate_y = 32.0;
  space.rotate = 135.0;
  space.enhance = 0.99;
  space.posterize_by = 6;
  space.bins = bins;
  return space;
}

MagnitudeSpace augmix_space(Size image) noexcept {
  MagnitudeSpace space;
  space.translate_x = image.width / 3.0;
  space.translate_y = image.height / 3.0;
  space.posterize_from = 4;
  return space;
}

bool has_magnitude(PolicyOp op) noexcept {
  return op != identity && op != autocontrast && op != equalize && op != invert;
}

bool is_signed(PolicyOp op) noexcept { return has_magnitude(op) && op != posterize && op != solarize; }

double magnitude(PolicyOp op, const MagnitudeSpace& space, int bin) noexcept {
  const auto up_to = [&](double end) { return linspace(0.0, end, space.bins, bin); };
  switch (op) {
    case shear_x:
    case shear_y: return up_to(space.shear);
    case translate_x: return up_to(space.translate_x);
    case translate_y: return up_to(space.translate_y);
    case rotate: return up_to(space.rotate);
    case brightness:
    case color:
    case contrast:
    case sharpness: return up_to(space.enhance);
    case posterize: return posterize_bits(space, bin);
    case solarize: return linspace(255.0, 0.0, space.bins, bin);
    case identity:
    case autocontrast:
    case equalize:
    case invert: break;
  }
  return 0.0;
}

}  // namespace slabring
