#pragma once

#include <functional>
#include <string>

#include "slabring/transform.hpp"

namespace slabring {

/// A user's function on an image: a Lambda's, or a plug-in's.
using ImageFunction = std::function<void(const MutableImageView&, RandomStream&)>;

/// Loads the library, and makes its transform of that name. The library stays loaded as long as the process lives: code
/// of its own may be waiting to run when the process ends.
/// Throws Error(pipeline) that begins with `place`: no library, another interface, no such transform, or it refuses the
/// configuration.
ImageFunction load_plugin(const Plugin& plugin, const std::string& place);

}  // namespace slabring
