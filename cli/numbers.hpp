#pragma once

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>

namespace slabring::cli {

/// `text` as a whole number, in decimal. Throws CLI::ValidationError that names the option, the text and what is right.
/// CLI11's own conversion reads "010" as 8 and "-1" as 2^64 - 1.
template <std::integral T>
T whole_number(const std::string& option, std::string_view text) {
  constexpr T lowest = std::numeric_limits<T>::min();
  constexpr T highest = std::numeric_limits<T>::max();
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = end == text.data() + text.size();
  if (whole && error == std::errc{}) return value;
  if (whole && error == std::errc::result_out_of_range) {
    throw CLI::ValidationError(option, fmt::format("{} is not between {} and {}", text, lowest, highest));
  }
  throw CLI::ValidationError(option,
                             fmt::format("'{}' is not a whole number{}", text, lowest == 0 ? " from 0 up" : ""));
}

/// Adds an option that takes one whole number. `Target` is an integer or a std::optional of one.
template <std::integral T, class Target = T>
CLI::Option* add_whole_number(CLI::App& app, const std::string& name, Target& target, const std::string& description) {
  const auto store = [name, &target](const std::string& text) { target = whole_number<T>(name, text); };
  CLI::Option* option = app.add_option_function<std::string>(name, store, description)->type_name("N");
  if constexpr (std::integral<Target>) option->default_str(fmt::to_string(target));
  return option;
}

}  // namespace slabring::cli
