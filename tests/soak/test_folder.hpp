#pragma once

#include <cstddef>
#include <filesystem>

namespace slabring::soak {

/// Writes `count` small images in class folders, of every format, one in fifty of them broken, in every way in turn.
/// Returns how many are broken.
std::size_t write_folder(const std::filesystem::path& root, std::size_t count);

}  // namespace slabring::soak
