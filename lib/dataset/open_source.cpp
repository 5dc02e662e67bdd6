#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"

namespace slabring {
namespace {

/// A word that could be meant as a kind: so that "zip:x" is an unknown kind, and "C:/x" or "./a:b" a path.
bool looks_like_a_kind(std::string_view word) {
  return word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

[[noreturn]] void refuse_path(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::dataset, fmt::format("there is no folder {} and no file of that name", path));
  }
  throw Error(ErrorCode::dataset, fmt::format("{}: its name does not show what kind of source it is; write KIND:{} "
                                              "with one of the kinds {}",
                                              path, path, source_kind_names()));
}

const SourceKind& recognised_kind(const std::string& path) {
  if (path.empty()) throw Error(ErrorCode::dataset, "the dataset is named by the empty path");
  for (const SourceKind& kind : all_source_kinds()) {
    if (kind.recognises != nullptr && kind.recognises(path)) return source_kind(kind.name);
  }
  refuse_path(path);
}

}  // namespace

std::unique_ptr<Dataset> open_source(std::string_view source, const SourceOptions& options) {
  SourceRequest request = parse_source(source, &looks_like_a_kind);
  request.options = options;
  const SourceKind& kind = request.kind.empty() ? recognised_kind(request.path) : source_kind(request.kind);
  request.kind = kind.name;
  return kind.open(request);
}

std::vector<SourceKindInfo> source_kinds() {
  std::vector<SourceKindInfo> infos;
  for (const SourceKind& kind : all_source_kinds()) infos.push_back({kind.name, kind.summary, kind.lacking});
  return infos;
}

}  // namespace slabring
