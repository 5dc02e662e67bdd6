#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "augment/draw.hpp"
#include "augment/scratch.hpp"
#include "decode/decoder.hpp"
#include "synth/jpeg_writer.hpp"

namespace slabring::cli {

/// Makes image files smaller: those with a side longer than `max_side` are resized (as the transform Resize does, with
/// antialias) and encoded as JPEG, upright and without metadata; others stay as they are. Not thread-safe.
class ShrinkImage {
 public:
  /// Throws UsageError for values that cannot be.
  ShrinkImage(int max_side, int quality);

  /// Valid until the next call, and as long as `file`. Throws SampleFailure.
  std::span<const std::byte> shrink(std::span<const std::byte> file);

 private:
  void to_ycc();

  const int max_side_;
  const int quality_;
  Decoder decoder_;
  AugmentScratch scratch_;
  SamplePlan plan_;
  YccImage image_;
  JpegWriter writer_;
};

}  // namespace slabring::cli
