#include "slabring/version.hpp"

namespace slabring {

std::string_view version() noexcept { return SLABRING_VERSION; }

}  // namespace slabring
