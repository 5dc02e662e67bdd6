#include "dataset/shard_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "slabring/error.hpp"

namespace slabring {
namespace {

constexpr std::uint64_t most_names = 1'000'000;

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, fmt::format("{}: {}", pattern, why));
}

std::uint64_t number_of(std::string_view pattern, std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    refuse(pattern, fmt::format("\"{}\" is no number; braces hold {{000..123}} or {{a,b}}", digits));
  }
  return number;
}

/// What stands between two braces.
std::vector<std::string> alternatives(std::string_view pattern, std::string_view inside) {
  std::vector<std::string> words;
  if (const std::size_t dots = inside.find(".."); dots != std::string_view::npos) {
    const std::uint64_t first = number_of(pattern, inside.substr(0, dots));
    const std::uint64_t last = number_of(pattern, inside.substr(dots + 2));
    if (last < first) refuse(pattern, fmt::format("{{{}}} goes backwards", inside));
    if (last - first >= most_names) refuse(pattern, fmt::format("{{{}}} is more than {} names", inside, most_names));
    for (std::uint64_t number = first; number <= last; ++number) words.push_back(fmt::format("{:0{}}", number, dots));
    return words;
  }
  for (std::string_view rest = inside;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    words.emplace_back(rest.substr(0, comma));
    if (comma == rest.size()) return words;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<std::string> shard_names(std::string_view pattern) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(pattern), ignored)) return {std::string(pattern)};
  std::vector<std::string> names{""};
  for (std::string_view rest = pattern; !rest.empty();) {
    const std::size_t open = std::min(rest.find('{'), rest.size());
    for (std::string& name : names) name += rest.substr(0, open);
    if (open == rest.size()) break;
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) refuse(pattern, "a brace is not closed");
    const std::vector<std::string> words = alternatives(pattern, rest.substr(open + 1, close - open - 1));
    if (names.size() * words.size() > most_names)
      refuse(pattern, fmt::format("stands for more than {} names", most_names));
    std::vector<std::string> longer;
    for (const std::string& name : names) {
      for (const std::string& word : words) longer.push_back(name + word);
    }
    names = std::move(longer);
    rest.remove_prefix(close + 1);
  }
  return names;
}

}  // namespace slabring
