#include "dataset/filter_rules.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "slabring/error.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_like(const std::string& name, const std::string& pattern) {
  return name == pattern || ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

/// For a message: the first few.
std::string list_of(std::span<const std::string> classes) {
  constexpr std::size_t most = 8;
  std::string text;
  for (const std::string& name : classes.first(std::min(most, classes.size()))) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  }
  return classes.size() > most ? fmt::format("{} and {} more", text, classes.size() - most) : text;
}

}  // namespace

LabelRange label_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto first = whole_number(text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : whole_number(text.substr(dots + 2));
  if (!first || !last || *last < *first) {
    refuse(fmt::format("\"{}\" names no label; it must be a whole number, or two of them as FIRST..LAST", text));
  }
  return {*first, *last};
}

std::vector<std::int64_t> classes_like(std::span<const std::string> classes, std::span<const std::string> patterns) {
  std::vector<std::int64_t> found;
  for (const std::string& pattern : patterns) {
    const std::size_t before = found.size();
    for (std::size_t number = 0; number < classes.size(); ++number) {
      if (is_like(classes[number], pattern)) found.push_back(static_cast<std::int64_t>(number));
    }
    if (found.size() > before) continue;
    throw Error(ErrorCode::dataset,
                classes.empty()
                    ? fmt::format("the dataset has no class names, so none is like \"{}\"; name labels", pattern)
                    : fmt::format("no class is like \"{}\"; there are {}", pattern, list_of(classes)));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// Descriptions are "FILE, sample NAME", or of packs "FILE, sample NUMBER (NAME)".
std::string sample_name(const Dataset& dataset, SampleId id) {
  constexpr std::string_view mark = ", sample ";
  std::string text = dataset.describe(id);
  const std::size_t found = text.find(mark);
  if (found == std::string::npos) return text;
  text.erase(0, found + mark.size());
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const bool in_pack = digits > 0 && text.compare(digits, 2, " (") == 0 && text.ends_with(')');
  return in_pack ? text.substr(digits + 2, text.size() - digits - 3) : text;
}

FilterRule filter_rule(std::string_view word, std::string_view values) {
  FilterRule rule;
  rule.negated = word.ends_with('!');
  if (rule.negated) word.remove_suffix(1);
  if (word == "label") {
    rule.by = FilterBy::label;
  } else if (word == "class") {
    rule.by = FilterBy::class_name;
  } else if (word == "name") {
    rule.by = FilterBy::name;
  } else {
    refuse(fmt::format("a filter knows no \"{}\"; it has label, class and name, each with = or !=", word));
  }
  rule.any_of = parts_between_commas(values);
  return rule;
}

std::vector<FilterRule> filter_rules(std::string_view text) {
  std::vector<FilterRule> rules;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('&', at), text.size());
    const std::string_view rule = text.substr(at, end - at);
    const std::size_t equals = rule.find('=');
    if (equals == std::string_view::npos) {
      refuse(fmt::format("\"{}\" is no rule of a filter; it must be such as label=0..9, class=cat,dog or name!=*.png",
                         rule));
    }
    rules.push_back(filter_rule(rule.substr(0, equals), rule.substr(equals + 1)));
    at = end + 1;
  }
  return rules;
}

std::vector<std::string> parts_between_commas(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace slabring
