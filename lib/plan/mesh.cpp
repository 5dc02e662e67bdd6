#include "plan/mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "slabring/error.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(std::span<const MeshAxis> mesh, const std::string& what) {
  std::string axes;
  for (const MeshAxis& axis : mesh) axes += fmt::format("{}{}={}", axes.empty() ? "" : ",", axis.name, axis.size);
  throw Error(ErrorCode::invalid_argument, fmt::format("option mesh is {}; {}", axes, what));
}

void check(int world, std::span<const MeshAxis> mesh) {
  std::int64_t ranks = 1;
  for (const MeshAxis& axis : mesh) {
    if (axis.size < 1) refuse(mesh, fmt::format("its axis {} needs at least 1 rank", axis.name));
    ranks *= axis.size;
    if (ranks > world) break;  // enough to know, and no overflow
  }
  if (ranks != world) refuse(mesh, fmt::format("its sizes must multiply to the world, which is {}", world));
  const auto data = std::count_if(mesh.begin(), mesh.end(), [](const MeshAxis& axis) { return axis.name == "data"; });
  if (data != 1) refuse(mesh, "exactly one axis must be called data: the one along which batches are divided");
}

}  // namespace

Share share_of(int rank, int world, std::span<const MeshAxis> mesh) {
  if (mesh.empty()) return {rank, world};
  check(world, mesh);
  for (auto axis = mesh.rbegin(); axis != mesh.rend(); ++axis) {
    if (axis->name == "data") return {rank % axis->size, axis->size};
    rank /= axis->size;
  }
  return {};
}

}  // namespace slabring
