#pragma once

#include <string>
#include <string_view>

namespace slabring::cli {

/// Of the libjpeg-turbo it was compiled with: "2.1.5".
std::string_view libjpeg_turbo_version() noexcept;
/// What `slabring --version` prints: both, and the formats that are read.
std::string version_text();

}  // namespace slabring::cli
