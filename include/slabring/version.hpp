#pragma once

#include <string_view>

#include "slabring/export.hpp"

namespace slabring {

/// "0.1.0". Library and slabring-worker have to agree; the Loader checks it.
SLABRING_API std::string_view version() noexcept;

}  // namespace slabring
