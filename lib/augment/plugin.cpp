#include "slabring/plugin.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "augment/plugin.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

constexpr const char* entry_point = "slabring_plugin";

class Random final : public PluginRandom {
 public:
  explicit Random(RandomStream& stream) noexcept : stream_(stream) {}
  std::uint64_t bits() noexcept override { return stream_.bits(); }

 private:
  RandomStream& stream_;
};

class Loading {
 public:
  Loading(const Plugin& plugin, const std::string& place) : plugin_(plugin), place_(place) {}

  std::unique_ptr<PluginTransform> transform() const {
    const PluginList& list = open();
    std::string names;
    for (const PluginEntry& entry : std::span(list.entries, list.count)) {
      if (plugin_.name == entry.name) return made_by(entry);
      names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.name);
    }
    refuse(fmt::format("name \"{}\" is no transform of '{}'; there are: {}", plugin_.name, plugin_.path, names));
  }

 private:
  [[noreturn]] void refuse(const std::string& sentence) const {
    throw Error(ErrorCode::pipeline, fmt::format("{}: {}", place_, sentence));
  }

  const PluginList& open() const {
    // An empty one would be this program.
    if (!plugin_.path.starts_with('/')) refuse(fmt::format("path \"{}\" is not absolute", plugin_.path));
    void* const library = dlopen(plugin_.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) refuse(fmt::format("path cannot be loaded: {}", dlerror()));
    using List = const PluginList* (*)();
    const auto list = reinterpret_cast<List>(dlsym(library, entry_point));
    const PluginList* const found = list != nullptr ? list() : nullptr;
    if (found == nullptr) {
      refuse(fmt::format("path '{}' is no plug-in: it exports no {}(); see slabring/plugin.hpp", plugin_.path,
                         entry_point));
    }
    if (found->interface_version != plugin_interface || found->image_view_bytes != sizeof(MutableImageView)) {
      refuse(
          fmt::format("path '{}' was made for plug-in interface {}, this is {}; build it anew with slabring's headers",
                      plugin_.path, found->interface_version, plugin_interface));
    }
    return *found;
  }

  std::unique_ptr<PluginTransform> made_by(const PluginEntry& entry) const {
    std::string why = "it made none";
    try {
      if (auto transform = entry.make(plugin_.config)) return transform;
    } catch (const std::exception& error) {
      why = error.what();
    }
    refuse(fmt::format("config is refused by {} of '{}': {}", plugin_.name, plugin_.path, why));
  }

  const Plugin& plugin_;
  const std::string& place_;
};

}  // namespace

Plugin::Plugin(const std::string& library, std::string transform, std::string configuration)
    : path(library.empty() ? library : std::filesystem::absolute(library).lexically_normal().string()),
      name(std::move(transform)),
      config(std::move(configuration)) {}

ImageFunction load_plugin(const Plugin& plugin, const std::string& place) {
  std::shared_ptr<PluginTransform> transform = Loading(plugin, place).transform();
  return [transform = std::move(transform)](const MutableImageView& image, RandomStream& stream) {
    Random random(stream);
    transform->apply(image, random);
  };
}

}  // namespace slabring
