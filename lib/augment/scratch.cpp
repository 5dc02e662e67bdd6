#include "augment/scratch.hpp"

namespace slabring {

void AugmentScratch::settle() noexcept {
  for (StageScratch& stage : stages_) {
    stage.horizontal.settle();
    stage.vertical.settle();
    stage.ring.settle();
    stage.last_rows.settle();
    stage.taps.settle();
    stage.line.settle();
  }
  for (auto& image : images_) image.settle();
  lines_.settle();
  columns_.settle();
  floats_.settle();
  jpeg_.settle();
  kept_.settle();
  mix_.settle();
  row_.settle();
}

std::size_t AugmentScratch::bytes() const noexcept {
  std::size_t sum =
      lines_.bytes() + columns_.bytes() + floats_.bytes() + jpeg_.bytes() + kept_.bytes() + mix_.bytes() + row_.bytes();
  for (const StageScratch& stage : stages_) {
    sum += stage.horizontal.bytes() + stage.vertical.bytes() + stage.ring.bytes() + stage.last_rows.bytes() +
           stage.taps.bytes() + stage.line.bytes();
  }
  for (const auto& image : images_) sum += image.bytes();
  return sum;
}

}  // namespace slabring
