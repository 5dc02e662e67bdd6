#pragma once

#include <string>
#include <vector>

namespace slabring::test {

/// The first `count` files of photos(), in the order of their paths.
std::vector<std::string> photo_files(std::size_t count);

/// The JPEG file `bytes` with another width and height in its frame header. Throws std::runtime_error where there is
/// none.
std::string with_frame_size(std::string bytes, int width, int height);

}  // namespace slabring::test
