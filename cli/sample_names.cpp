#include "sample_names.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "dataset/filter_rules.hpp"
#include "dataset/pack.hpp"

namespace slabring::cli {

namespace {

/// The folder that a source is, or lies in, with a slash; empty when there is none.
std::string folder_of(const std::string& source) {
  const std::size_t colon = source.find(':');
  for (std::string path : {source, colon == std::string::npos ? std::string() : source.substr(colon + 1)}) {
    path.resize(std::min(path.find('?'), path.size()));
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    if (path.empty() || error || !std::filesystem::exists(absolute, error)) continue;
    const auto folder = std::filesystem::is_directory(absolute, error) ? absolute : absolute.parent_path();
    const std::string text = folder.native();
    return text.ends_with('/') ? text : text + '/';
  }
  return {};
}

}  // namespace

SampleNames::SampleNames(const Dataset& dataset, const std::string& source)
    : dataset_(dataset), prefix_(folder_of(source)) {}

std::string SampleNames::name(SampleId id) const {
  if (const auto* pack = dynamic_cast<const Pack*>(&dataset_)) return std::string(pack->name(id));
  std::string text = sample_name(dataset_, id);
  if (!prefix_.empty() && text.starts_with(prefix_)) text.erase(0, prefix_.size());
  text.erase(0, std::min(text.find_first_not_of('/'), text.size()));
  return text;
}

std::string safe_relative_path(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return {};
  const std::filesystem::path path(name);
  if (path.is_absolute() || !path.has_filename()) return {};
  const bool leads_out = std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
  return leads_out ? std::string() : path.lexically_normal().native();
}

}  // namespace slabring::cli
