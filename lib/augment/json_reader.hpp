#pragma once

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/names.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Parses a pipeline file's text. Throws Error(pipeline): for broken JSON with the byte where it breaks, for text that
/// is too long or too deeply nested, for a key that comes twice.
nlohmann::json parse_pipeline_text(std::string_view text);

/// Reads one JSON object key by key. Everything wrong throws Error(pipeline) with the place ("transforms[1].size"), the
/// value and what is allowed.
class JsonObject {
 public:
  /// `where` is the object's place, empty for the whole file. Refuses what is no object and keys that are not
  /// `allowed`.
  JsonObject(const nlohmann::json& value, std::string where, std::span<const std::string_view> allowed);

  /// Null when the key is missing; a required key must be there.
  const nlohmann::json* find(std::string_view key) const;
  const nlohmann::json& at(std::string_view key) const;

  int integer(std::string_view key) const;
  /// One whole number or a list of them.
  std::vector<int> integers(std::string_view key) const;
  bool boolean(std::string_view key) const;
  double number(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  std::array<double, 2> pair(std::string_view key) const;
  /// One whole number, a square, or [height, width].
  Size size(std::string_view key) const;
  const nlohmann::json& list(std::string_view key) const;
  std::string_view word(std::string_view key) const;
  template <class Enum>
  Enum choice(std::string_view key) const {
    const std::optional<Enum> value = value_of<Enum>(word(key));
    if (!value) refuse_word(key, names_of<Enum>());
    return *value;
  }

  /// The place of a key's value: "transforms[1].size".
  std::string place_of(std::string_view key) const;
  [[noreturn]] void refuse(std::string_view key, std::string_view sentence) const;
  /// `"bilinar" is not one of nearest, box, ...`
  [[noreturn]] void refuse_word(std::string_view key, std::span<const std::string_view> allowed) const;

 private:
  const nlohmann::json& value_;
  std::string where_;
};

/// A value as a message shows it: JSON, cut off where it gets long.
std::string shown(const nlohmann::json& value);

}  // namespace slabring
