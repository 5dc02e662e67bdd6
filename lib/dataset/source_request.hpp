#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slabring/sources.hpp"

namespace slabring {

/// A source as a person wrote it, taken apart: "KIND:PATH?name=value&name=value".
///
/// The value of `query` goes on to the end, since SQL may contain whatever it likes. A path may be sources in brackets,
/// "KIND:[A?x=1],[B]": what stands in them is left to the kind.
struct SourceRequest {
  std::string kind;  ///< empty: to be recognised
  std::string path;
  SourceOptions options;

  /// The value of the option `name`, which is used up; nullopt when it was not written.
  std::optional<std::string> take(std::string_view name);
  /// To be called when all known options are taken: throws Error(invalid_argument) that names what is left and lists
  /// what there is.
  void refuse_others(std::string_view known) const;

  std::vector<std::pair<std::string, std::string>> written;
};

/// Where the bracket that `text` has at `at` is closed: the place behind. Throws Error(invalid_argument).
std::size_t end_of_brackets(std::string_view text, std::size_t at);

/// Takes `text` apart. `is_kind` says what may stand before the colon. Throws Error(invalid_argument).
SourceRequest parse_source(std::string_view text, bool (*is_kind)(std::string_view word));

}  // namespace slabring
