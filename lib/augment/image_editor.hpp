#pragma once

#include "augment/image_op.hpp"
#include "augment/point_table.hpp"
#include "augment/scratch.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Runs operations on an image in scratch memory. Those that only look at a value wait in a table and touch the pixels
/// together, when another operation or the result needs them.
class ImageEditor {
 public:
  explicit ImageEditor(AugmentScratch& scratch) : scratch_(scratch) {}

  /// Room for the next image beside the present one: rows without gaps, not initialised.
  MutableImageView room(int width, int height, int channels);
  /// Goes on with what was written into the last room(); the image before is gone.
  void enter_room();

  /// Throws SampleFailure where a user's function does.
  void apply(const ImageOp& op);
  /// The image with all operations done; valid until the next room().
  const MutableImageView& image();

 private:
  struct Applier;
  void add_to_mix(float weight);

  AugmentScratch& scratch_;
  std::size_t buffer_ = 0;
  MutableImageView image_;
  MutableImageView room_;
  PointTable pending_;
};

}  // namespace slabring
