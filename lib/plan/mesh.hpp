#pragma once

#include <span>

#include "slabring/options.hpp"

namespace slabring {

/// Which part of every batch a rank gets, of how many.
struct Share {
  int share = 0;
  int shares = 1;
};

/// The rank's place on the mesh's axis "data"; without a mesh each rank has a share of its own.
/// Throws Error(invalid_argument) for a mesh that does not multiply to `world` or has not one axis "data".
/// Requires: 0 <= rank < world.
Share share_of(int rank, int world, std::span<const MeshAxis> mesh);

}  // namespace slabring
