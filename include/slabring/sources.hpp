#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/export.hpp"

namespace slabring {

/// How far the making of an index is. Indexes are made once and then kept (SourceOptions::cache_folder).
struct IndexProgress {
  std::string_view source;  ///< the file that is being read
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< of all files of the source
  std::uint64_t samples = 0;      ///< found so far
};

struct SourceOptions {
  /// Where indexes are kept between runs. Empty: $SLABRING_CACHE, else $XDG_CACHE_HOME/slabring, else
  /// ~/.cache/slabring; without any of them, or where it cannot be written, an index is made anew each time.
  std::filesystem::path cache_folder{};
  /// False: indexes are neither looked for nor kept.
  bool keep_index = true;
  /// Called now and then while an index is made, in the thread that opens. May throw, which ends the opening.
  std::function<void(const IndexProgress&)> progress{};
};

/// Opens a dataset by what a person writes on a command line:
///
///   PATH                     what lies there: a folder of images, or what the ending of the name says
///   KIND:PATH                the same, said aloud
///   PATH?name=value&...      with options of the kind, which docs/sources.md lists; with KIND: in front too
///
/// A name that exists as a whole is always a path, whatever characters it has.
/// Throws Error(dataset): nothing there, no such kind (the message lists them), a kind that this build lacks the
/// library for, or as the kind says; Error(invalid_argument) for options that the kind does not have.
SLABRING_API std::unique_ptr<Dataset> open_source(std::string_view source, const SourceOptions& options = {});

/// One kind of source, for help texts.
struct SourceKindInfo {
  std::string_view name;     ///< what stands before the colon
  std::string_view summary;  ///< half a sentence
  std::string_view lacking;  ///< the library without which this build was made; empty when the kind can be opened
};
SLABRING_API std::vector<SourceKindInfo> source_kinds();

}  // namespace slabring
