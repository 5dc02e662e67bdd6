#include "synth/scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace slabring::cli {
namespace {

constexpr int classes = 10;

YccImage scene(int label, std::uint64_t index, int width, int height, double detail = 1) {
  RandomStream random(5, SampleId{index}, 1);
  return paint_scene(look_of_class(label), {.width = width, .height = height, .detail = detail}, random);
}

TEST(Scene, IsAFunctionOfItsArguments) {
  const YccImage image = scene(3, 7, 101, 67);
  EXPECT_EQ(image.width, 101);
  EXPECT_EQ(image.height, 67);
  EXPECT_EQ(image.pixels.size(), 3U * 101 * 67);
  EXPECT_EQ(image.pixels, scene(3, 7, 101, 67).pixels);
  EXPECT_NE(image.pixels, scene(3, 8, 101, 67).pixels);
  EXPECT_NE(image.pixels, scene(4, 7, 101, 67).pixels);
}

TEST(Scene, PixelsAreTheSameOnEveryMachineAndWithEveryCompiler) {
  std::uint64_t checksum = 0xcbf29ce484222325;  // FNV-1a
  for (int label = 0; label < 20; ++label) {
    for (const std::uint8_t byte : scene(label, static_cast<std::uint64_t>(label), 90 + label, 70).pixels)
      checksum = (checksum ^ byte) * 0x100000001b3;
  }
  EXPECT_EQ(checksum, 1780793314060993909U) << "when this is meant, raise generator_version in synthesize.cpp";
}

TEST(Scene, CanBeOfAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 1}, {1, 3}, {17, 400}, {1600, 5}})
    EXPECT_EQ(scene(1, 1, width, height).pixels.size(), 3U * static_cast<std::size_t>(width * height));
}

/// Mean step between horizontal neighbours in luma.
double roughness_of(const YccImage& image) {
  double sum = 0;
  for (std::size_t i = 3; i < image.pixels.size(); i += 3) sum += std::abs(image.pixels[i] - image.pixels[i - 3]);
  return 3 * sum / static_cast<double>(image.pixels.size());
}

TEST(Scene, DetailMakesItRougher) {
  EXPECT_GT(roughness_of(scene(1, 1, 300, 200, 2)), 1.6 * roughness_of(scene(1, 1, 300, 200, 0.5)));
}

TEST(Scene, LooksOfClassesDifferInColourOrShape) {
  for (int a = 0; a < 100; ++a) {
    for (int b = 0; b < a; ++b) {
      const ClassLook left = look_of_class(a);
      const ClassLook right = look_of_class(b);
      const bool same_colours = std::abs(left.background_hue - right.background_hue) < 0.01 &&
                                std::abs(left.object_hue - right.object_hue) < 0.01;
      ASSERT_FALSE(same_colours && left.points == right.points) << a << ' ' << b;
    }
  }
}

// ---- the classes can be learnt ----

constexpr int side = 8;
constexpr std::size_t inputs = 3 * side * side + 1;
using Features = std::array<double, inputs>;

/// A random crop of a quarter of the area or more, flipped or not, as means of side x side cells; about -1 to 1.
Features features_of(const YccImage& image, RandomStream& random) {
  const double share = std::sqrt(random.uniform(0.25, 1));
  const double width = image.width * share;
  const double height = image.height * share;
  const double left = random.uniform(0, image.width - width);
  const double top = random.uniform(0, image.height - height);
  const bool flip = random.below(2) == 1;
  Features features{};
  std::array<double, inputs> counts{};
  for (int y = static_cast<int>(top); y < static_cast<int>(top + height); ++y) {
    for (int x = static_cast<int>(left); x < static_cast<int>(left + width); ++x) {
      const int column = std::min(static_cast<int>((x - left) / width * side), side - 1);
      const int row = std::min(static_cast<int>((y - top) / height * side), side - 1);
      const auto cell = static_cast<std::size_t>(3 * (row * side + (flip ? side - 1 - column : column)));
      const std::uint8_t* pixel = image.pixels.data() + 3 * (static_cast<std::ptrdiff_t>(y) * image.width + x);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        features[cell + channel] += pixel[channel];
        counts[cell + channel] += 1;
      }
    }
  }
  for (std::size_t i = 0; i + 1 < inputs; ++i) features[i] = (features[i] / std::max(counts[i], 1.0) - 128) / 40;
  features[inputs - 1] = 1;
  return features;
}

class Softmax {
 public:
  std::array<double, classes> chances(const Features& features) const {
    std::array<double, classes> scores{};
    for (std::size_t c = 0; c < classes; ++c)
      scores[c] = std::inner_product(features.begin(), features.end(), weights_[c].begin(), 0.0);
    const double highest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - highest);
    for (double& score : scores) score /= sum;
    return scores;
  }

  int guess(const Features& features) const {
    const auto all = chances(features);
    return static_cast<int>(std::max_element(all.begin(), all.end()) - all.begin());
  }

  void learn(const Features& features, int label, double rate) {
    const auto all = chances(features);
    for (std::size_t c = 0; c < classes; ++c) {
      const double error = all[c] - (static_cast<int>(c) == label ? 1 : 0);
      for (std::size_t i = 0; i < inputs; ++i) weights_[c][i] -= rate * error * features[i];
    }
  }

 private:
  std::array<Features, classes> weights_{};
};

TEST(Scene, ClassesAreLearntBySoftmaxRegressionOnCroppedPixels) {
  constexpr std::uint64_t training = 300;
  constexpr std::uint64_t validation = 200;
  std::vector<YccImage> images;
  for (std::uint64_t i = 0; i < training + validation; ++i)
    images.push_back(scene(static_cast<int>(i % classes), i, 120, 90));

  RandomStream random(1, SampleId{0}, 0);
  Softmax softmax;
  for (int epoch = 0; epoch < 20; ++epoch) {
    for (std::uint64_t i = 0; i < training; ++i)
      softmax.learn(features_of(images[i], random), static_cast<int>(i % classes), 0.02 / (1 + 0.3 * epoch));
  }
  int right = 0;
  for (std::uint64_t i = training; i < images.size(); ++i)
    right += softmax.guess(features_of(images[i], random)) == static_cast<int>(i % classes);
  EXPECT_GT(right, 130) << "of 200; chance is 20";
  RecordProperty("right_of_200", right);
}

}  // namespace
}  // namespace slabring::cli
