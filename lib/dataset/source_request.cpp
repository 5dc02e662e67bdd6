#include "dataset/source_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "slabring/error.hpp"

namespace slabring {
namespace {

bool exists(std::string_view path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(std::filesystem::path(path), ignored));
}

/// Behind all the brackets that `text` begins with.
std::size_t end_of_sources(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] == '[') {
    at = end_of_brackets(text, at);
    if (text.substr(at).starts_with(",[")) ++at;
  }
  return at;
}

/// Splits "path?name=value&..." into `request`.
void split_options(std::string_view text, SourceRequest& request) {
  const std::size_t mark = exists(text) ? std::string_view::npos : text.find('?', end_of_sources(text));
  request.path = text.substr(0, mark);
  if (mark == std::string_view::npos) return;
  std::string_view rest = text.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{}: after ? come options as name=value, joined by &; \"{}\" is none", text, rest));
    }
    const std::string_view name = rest.substr(0, equals);
    const std::size_t end = name == "query" ? rest.size() : std::min(rest.find('&'), rest.size());
    const bool has_value = end > equals;
    request.written.emplace_back(name, has_value ? rest.substr(equals + 1, end - equals - 1) : "");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

std::size_t end_of_brackets(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']' && --depth == 0) return i + 1;
  }
  throw Error(ErrorCode::invalid_argument, fmt::format("{}: the [ at position {} is not closed", text, at + 1));
}

std::optional<std::string> SourceRequest::take(std::string_view name) {
  const auto found =
      std::find_if(written.begin(), written.end(), [name](const auto& option) { return option.first == name; });
  if (found == written.end()) return std::nullopt;
  std::string value = std::move(found->second);
  written.erase(found);
  return value;
}

void SourceRequest::refuse_others(std::string_view known) const {
  if (written.empty()) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("{}: a source of kind {} has no option \"{}\"; it has {}", path,
                                                       kind, written.front().first, known.empty() ? "none" : known));
}

SourceRequest parse_source(std::string_view text, bool (*is_kind)(std::string_view word)) {
  SourceRequest request;
  const std::size_t colon = exists(text) ? std::string_view::npos : text.find(':');
  if (colon != std::string_view::npos && is_kind(text.substr(0, colon))) {
    request.kind = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  split_options(text, request);
  return request;
}

}  // namespace slabring
