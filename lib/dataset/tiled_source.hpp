#pragma once

#include <memory>

#include "decode/jpeg_tiles.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// What a Dataset is besides when it has JPEGs of which parts can be read. Whoever does not ask for them gets whole
/// files from Dataset::load(), as from any other.
class TiledSource {
 public:
  virtual ~TiledSource() = default;

  /// Instead of Dataset::load(): the label of the sample, in `sample`, and the JPEG, whose bytes are in
  /// sample.buffer(). nullptr: this sample is none in tiles, and load() is to be called. Throws as load().
  virtual std::unique_ptr<TiledJpeg> load_tiled(SampleId id, Sample& sample) const = 0;
};

}  // namespace slabring
