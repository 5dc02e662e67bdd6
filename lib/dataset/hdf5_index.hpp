#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// What was done to a chunk before it was written.
enum class Hdf5Filter : std::uint8_t { deflate, shuffle };

/// Where the samples of one file are.
struct Hdf5File {
  std::string name;  ///< absolute
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t samples = 0;
  /// Of samples that lie one after the other. Unused where `chunk` has axes.
  std::uint64_t offset = 0;
  /// The shape of a chunk, samples first. Chunks follow one another in the table, the last axis fastest.
  Axes chunk{};
  std::uint64_t first_chunk = 0;
  std::vector<Hdf5Filter> filters;  ///< in the order of writing
};

/// A chunk's place in its file.
struct Hdf5Chunk {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;  ///< 0: never written, all zero
  std::uint32_t skipped_filters = 0;
};
static_assert(sizeof(Hdf5Chunk) == 16);

/// All that has to be known of the files to read samples without libhdf5: it keeps locks and buffers of its own that do
/// not survive a fork, and would need more system calls than a worker has.
struct Hdf5Index {
  ArrayForm form;
  /// Bytes of an element of the dataset, which the filter shuffle takes apart.
  std::size_t element_bytes = 1;
  /// Samples are image files, in rows of bytes. With `measured` each has a length of its own, and the rest of its row
  /// means nothing.
  bool encoded = false;
  bool measured = false;
  /// Samples are image files somewhere in the file, and the rows are references to them (Hdf5Heap).
  bool referenced = false;
  bool labelled = false;
  std::vector<Hdf5File> files;
  /// Sealed memory: a label of 64 bits a sample, where they are labelled; a length in the same way; then the chunks.
  UniqueFd table;
};

struct Hdf5Names {
  std::string samples;   ///< empty: the file's only dataset, or "data", "images", "x"
  std::string labels;    ///< empty: "labels", "label" or "y" where there is one; "none": samples have none
  std::string lengths;   ///< the dataset of the lengths of image files in rows of bytes; empty: there is none
  bool encoded = false;  ///< rows of bytes are image files
};

/// Reads the structure of `files` with libhdf5, and the labels. Throws Error(dataset) that names file and dataset.
Hdf5Index index_hdf5(const std::vector<std::string>& files, const Hdf5Names& names);

// For the table of kinds.
std::unique_ptr<Dataset> open_hdf5(SourceRequest& request);
std::unique_ptr<Dataset> open_hdf5_recipe(const DatasetRecipe& recipe);

}  // namespace slabring
