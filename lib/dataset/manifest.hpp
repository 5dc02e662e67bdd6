#pragma once

#include <memory>

#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The kind "manifest": a CSV, TSV or JSONL file that lists paths, relative to its own folder, and labels. Labels are
/// whole numbers, or words: then classes are the sorted words, as ImageFolder sorts folders.
///
/// Options: path, label (column names, or numbers from 1 with header=no), header (yes, no), format (csv, tsv, jsonl).
std::unique_ptr<Dataset> open_manifest(SourceRequest& request);
std::unique_ptr<Dataset> open_manifest_recipe(const DatasetRecipe& recipe);
bool is_manifest(const std::string& path);

}  // namespace slabring
