#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// One kind of dataset: how it is called, and the ways into it.
struct SourceKind {
  /// Before the colon of a source, and in DatasetRecipe::kind.
  std::string_view name;
  std::string_view summary;
  /// Opens what a person named.
  std::unique_ptr<Dataset> (*open)(SourceRequest& request);
  /// Opens what another process described.
  std::unique_ptr<Dataset> (*open_recipe)(const DatasetRecipe& recipe);
  /// Whether the path alone shows that it is of this kind; null: it has to be said. The first kind that says yes is it.
  bool (*recognises)(const std::string& path);
  /// The Debian package without which this build was made; the functions are null then, but `recognises`.
  std::string_view lacking = {};
};

/// Every kind, in the order in which a path is offered to them.
std::span<const SourceKind> all_source_kinds() noexcept;

/// Throws Error(dataset) that lists the kinds, or names the library that is missing.
const SourceKind& source_kind(std::string_view name);

/// "a, b, c": every kind's name.
std::string source_kind_names();

/// For `recognises`: `path` ends in one of `endings` (lower case), compared without case.
bool ends_in(std::string_view path, std::initializer_list<std::string_view> endings) noexcept;

}  // namespace slabring
