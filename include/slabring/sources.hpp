#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/export.hpp"
#include "slabring/source_options.hpp"

namespace slabring {

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
