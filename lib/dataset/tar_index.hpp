#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dataset/record_table.hpp"
#include "read/record_files.hpp"

namespace slabring {

/// What of a tar shard makes a sample.
struct TarForm {
  /// Endings after the first dot of a name, lower case, the best first: the member that is the image.
  std::vector<std::string> image = {"jpg", "jpeg", "png", "webp", "ppm", "pgm", "pbm", "pnm", "bmp", "gif", "tga"};
  /// Of the member that is the label as text.
  std::string label = "cls";
  /// In the member "json", where there is no text: the field that is the label.
  std::string json_label = "label";
};

/// Appends the samples of one shard to `table`, in WebDataset's conventions: consecutive members whose names are equal
/// up to the first dot of the last component are one sample, of which the rest of the name is the part; members without
/// a dot, hidden ones and those like __this__ do not count. A sample without an image, or with a label that is no
/// number, is an entry with a fault.
///
/// Throws Error(dataset) that names the shard and the place: compressed, no tar, damaged, cut off, hard links, files
/// with holes, the same part twice.
void index_tar(const RecordFile& shard, std::uint32_t number, const TarForm& form, RecordTableBuilder& table,
               const std::function<void(std::uint64_t position)>& report);

}  // namespace slabring
