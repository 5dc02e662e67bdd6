#include "op_examples.hpp"

namespace slabring::cli {

namespace {

RandomAffine affine() {
  RandomAffine op({10.0, 25.0});
  op.translate = {{0.1, 0.1}};
  op.scale = {{0.7, 1.1}};
  op.shear = {10.0, 20.0};
  op.interpolation = Interpolation::bilinear;
  return op;
}

RandomRotation rotation() { return RandomRotation({20.0, 30.0}, Interpolation::bilinear); }

}  // namespace

std::vector<OpExample> op_examples() {
  const auto bilinear = Interpolation::bilinear;
  return {{"Resize", Resize(Size(90, 180))},
          {"CenterCrop", CenterCrop(Size(120, 150))},
          {"RandomResizedCrop", RandomResizedCrop(Size(180, 240), {0.1, 0.4})},
          {"RandomHorizontalFlip", RandomHorizontalFlip(1.0)},
          {"RandomVerticalFlip", RandomVerticalFlip(1.0)},
          {"Pad reflect", RandomApply({CenterCrop(Size(90, 120)), Pad({60, 45}, 0, PaddingMode::reflect)}, 1.0)},
          {"RandomCrop", RandomCrop(Size(135, 165))},
          {"RandomShortestSize", RandomShortestSize({90, 135})},
          {"RandomRotation", rotation()},
          {"RandomAffine", affine()},
          {"RandomPerspective", RandomPerspective(0.6, 1.0)},
          {"ColorJitter", ColorJitter(0.5, 0.5, 0.5, 0.3)},
          {"Grayscale", Grayscale(3)},
          {"RandomGrayscale", RandomGrayscale(1.0)},
          {"RandomAdjustSharpness", RandomAdjustSharpness(6.0, 1.0)},
          {"RandomAutocontrast", RandomAutocontrast(1.0)},
          {"RandomEqualize", RandomEqualize(1.0)},
          {"RandomPosterize 2", RandomPosterize(2, 1.0)},
          {"RandomSolarize 128", RandomSolarize(128.0, 1.0)},
          {"RandomInvert", RandomInvert(1.0)},
          {"GaussianBlur", GaussianBlur(11, {3.0, 3.0})},
          {"JPEG 8", JPEG(8)},
          {"AutoAugment", AutoAugment(AutoAugmentPolicy::imagenet, bilinear)},
          {"RandAugment", RandAugment(2, 15, 31, bilinear)},
          {"TrivialAugmentWide", TrivialAugmentWide(31, bilinear)},
          {"AugMix", AugMix(6)},
          {"RandomApply", RandomApply({RandomInvert(1.0), RandomHorizontalFlip(1.0)}, 1.0)},
          {"RandomChoice", RandomChoice({RandomPosterize(1, 1.0), RandomSolarize(90.0, 1.0)})},
          {"RandomOrder", RandomOrder({RandomEqualize(1.0), GaussianBlur(7), RandomSolarize(160.0, 1.0)})},
          {"Normalize", Normalize::imagenet()},
          {"Standardize", Standardize()},
          {"RandomErasing", RandomErasing(1.0, {0.1, 0.3}, {0.5, 2.0}, {255.0, 0.0, 255.0})},
          {"MixUp", MixUp(2, 20.0)},
          {"CutMix", CutMix(2, 4.0)}};
}

}  // namespace slabring::cli
