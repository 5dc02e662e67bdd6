// A transform in a shared library of its own: darkens images towards their corners, by a random amount.
//
//   c++ -std=c++20 -O2 -shared -fPIC vignette_plugin.cpp -o libvignette.so
//
// In a pipeline: {"op": "Plugin", "path": "/absolute/path/libvignette.so", "name": "Vignette", "config": "0.7"}, where
// the configuration is the most that a corner may lose, 0 to 1.

#include <slabring/plugin.hpp>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

class Vignette : public slabring::PluginTransform {
 public:
  explicit Vignette(std::string_view config) {
    const std::string text(config);
    char* end = nullptr;
    most_ = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || *end != '\0' || !(most_ >= 0.0 && most_ <= 1.0)) {
      throw std::invalid_argument("\"" + text + "\" is not a number from 0 to 1");
    }
  }

  void apply(const slabring::MutableImageView& image, slabring::PluginRandom& random) override {
    const double strength = random.uniform(0.0, most_);
    const double center_x = (image.width - 1) / 2.0;
    const double center_y = (image.height - 1) / 2.0;
    const double corner = center_x * center_x + center_y * center_y;
    for (int y = 0; y < image.height; ++y) {
      std::uint8_t* pixel = image.row(y);
      for (int x = 0; x < image.width; ++x) {
        const double distance = (x - center_x) * (x - center_x) + (y - center_y) * (y - center_y);
        const double light = corner > 0.0 ? 1.0 - strength * distance / corner : 1.0;
        for (int channel = 0; channel < image.channels; ++channel, ++pixel) {
          *pixel = static_cast<std::uint8_t>(*pixel * light + 0.5);
        }
      }
    }
  }

 private:
  double most_ = 0.0;
};

}  // namespace

SLABRING_PLUGIN({"Vignette", slabring::make_plugin<Vignette>})
