// Libraries for plugin_test: a sound one, one that says it is of another interface, and one that is no plug-in.

#include <slabring/plugin.hpp>

#include <stdexcept>
#include <string>

#ifndef TEST_PLUGIN_none
namespace {

/// Adds the number in its configuration to every byte.
class Add : public slabring::PluginTransform {
 public:
  explicit Add(std::string_view config) : by_(std::stoi(std::string(config))) {}
  void apply(const slabring::MutableImageView& image, slabring::PluginRandom&) override {
    for (int y = 0; y < image.height; ++y) {
      for (int i = 0; i < image.width * image.channels; ++i) {
        image.row(y)[i] = static_cast<std::uint8_t>(image.row(y)[i] + by_);
      }
    }
  }

 private:
  int by_;
};

/// Every byte is a random one.
class Noise : public slabring::PluginTransform {
 public:
  void apply(const slabring::MutableImageView& image, slabring::PluginRandom& random) override {
    for (int y = 0; y < image.height; ++y) {
      for (int i = 0; i < image.width * image.channels; ++i) {
        image.row(y)[i] = static_cast<std::uint8_t>(random.uniform(0, 256));
      }
    }
  }
};

class Fail : public slabring::PluginTransform {
 public:
  void apply(const slabring::MutableImageView&, slabring::PluginRandom&) override {
    throw std::runtime_error("this image is not to its taste");
  }
};

class Crash : public slabring::PluginTransform {
 public:
  void apply(const slabring::MutableImageView&, slabring::PluginRandom&) override { __builtin_trap(); }
};

}  // namespace
#endif

#if defined(TEST_PLUGIN_sound)
SLABRING_PLUGIN({"Add", slabring::make_plugin<Add>}, {"Noise", slabring::make_plugin<Noise>},
                {"Fail", slabring::make_plugin<Fail>}, {"Crash", slabring::make_plugin<Crash>})
#elif defined(TEST_PLUGIN_other_interface)
extern "C" __attribute__((visibility("default"))) const slabring::PluginList* slabring_plugin() noexcept {
  static constexpr slabring::PluginEntry entries[] = {{"Add", slabring::make_plugin<Add>},
                                                      {"Noise", slabring::make_plugin<Noise>},
                                                      {"Fail", slabring::make_plugin<Fail>},
                                                      {"Crash", slabring::make_plugin<Crash>}};
  static constexpr slabring::PluginList list{99, sizeof(slabring::MutableImageView), entries, 4};
  return &list;
}
#endif
