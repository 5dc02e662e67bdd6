#pragma once

#include <memory>

#include "decode/jpeg_tiles.hpp"
#include "slabring/dataset.hpp"
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

/// The same of any dataset: of one that is a TiledSource, and of a combination where the sample is from such a part.
std::unique_ptr<TiledJpeg> load_tiled(const Dataset& dataset, SampleId id, Sample& sample);

/// Whether load_tiled() may ever give something: there is a TiledSource in it.
bool has_tiles(const Dataset& dataset);

}  // namespace slabring
