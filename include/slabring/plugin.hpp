#pragma once

/// What a shared library of transforms of your own includes, and all that it needs of slabring: it links nothing.
///
///   #include <slabring/plugin.hpp>
///
///   class Darken : public slabring::PluginTransform {
///    public:
///     explicit Darken(std::string_view config);  // the "config" of the pipeline; throws what it refuses
///     void apply(const slabring::MutableImageView& image, slabring::PluginRandom& random) override;
///   };
///   SLABRING_PLUGIN({"Darken", slabring::make_plugin<Darken>})
///
/// Built with `c++ -std=c++20 -shared -fPIC`, it is used as Plugin{"/path/libdarken.so", "Darken", config} in a
/// Pipeline, or {"op": "Plugin", "path": ..., "name": "Darken", "config": ...} in a pipeline file, with every start
/// method.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

#include "slabring/sample.hpp"

namespace slabring {

/// Of everything in this header. A library made for another number is refused.
inline constexpr std::uint32_t plugin_interface = 1;

/// The randomness a plug-in may use: a pure function of (seed, epoch, sample id, position in the pipeline).
class PluginRandom {
 public:
  /// Uniform 64 bits; each call gives the next ones of the stream.
  virtual std::uint64_t bits() noexcept = 0;
  /// Uniform in [0, 1) with 53 random bits.
  double uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  /// Uniform in [low, high).
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

 protected:
  ~PluginRandom() = default;
};

/// A transform of images in place, the shape kept. Each worker process has one of its own, made before it reads the
/// first byte of the data, and asks it from one thread; with workers = 0 that is the trainer's.
class PluginTransform {
 public:
  virtual ~PluginTransform() = default;
  /// `image` has 8-bit interleaved channels. What it becomes must be a function of it, of `random` and of the
  /// configuration alone: members may hold memory to work in, nothing that is remembered. What it throws becomes a
  /// fault of the sample (transform_failed). In a sandboxed worker it can open files beneath the dataset's folders and
  /// nothing else; whatever more it needs is for its constructor to open.
  virtual void apply(const MutableImageView& image, PluginRandom& random) = 0;
};

struct PluginEntry {
  const char* name;
  std::unique_ptr<PluginTransform> (*make)(std::string_view config);
};

/// What a plug-in's only exported function, slabring_plugin(), returns.
struct PluginList {
  std::uint32_t interface_version;  ///< first in every version
  std::uint32_t image_view_bytes;
  const PluginEntry* entries;
  std::size_t count;
};

/// For PluginEntry::make: of a class whose constructor takes the configuration, or nothing.
template <class Transform>
std::unique_ptr<PluginTransform> make_plugin(std::string_view config) {
  if constexpr (std::is_constructible_v<Transform, std::string_view>) {
    return std::make_unique<Transform>(config);
  } else {
    return std::make_unique<Transform>();
  }
}

}  // namespace slabring

/// Exports the library's transforms. Once a library, outside any namespace.
#define SLABRING_PLUGIN(...)                                                                                   \
  extern "C" __attribute__((visibility("default"))) const slabring::PluginList* slabring_plugin() noexcept {   \
    static constexpr slabring::PluginEntry entries[] = {__VA_ARGS__};                                          \
    static constexpr slabring::PluginList list{slabring::plugin_interface, sizeof(slabring::MutableImageView), \
                                               entries, sizeof entries / sizeof entries[0]};                   \
    return &list;                                                                                              \
  }
