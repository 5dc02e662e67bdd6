#include "augment/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <set>
#include <utility>

#include "augment/parameters.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

constexpr std::size_t max_text_bytes = std::size_t{1} << 20;
constexpr std::size_t max_depth = 4 + 2 * max_nesting;  // a pipeline needs 4, and a list in it 2 more
constexpr std::size_t max_shown = 80;

[[noreturn]] void refuse_text(const std::string& sentence) {
  throw Error(ErrorCode::pipeline, fmt::format("pipeline: {}", sentence));
}

std::string cut_off(std::string text) {
  if (text.size() <= max_shown) return text;
  text.resize(max_shown);
  return text + "...";
}

// What the parser's messages say behind their "[json.exception...] parse error" tag.
std::string reason_of(const json::exception& error) {
  const std::string_view what = error.what();
  const std::size_t tag = what.find("] ");
  return std::string(tag == std::string_view::npos ? what : what.substr(tag + 2));
}

// Watches the parser for what it would let pass: deep nesting, and keys that come twice, of which it keeps the last.
class ParseGuard {
 public:
  void operator()(json::parse_event_t event, const json& parsed) {
    using Event = json::parse_event_t;
    switch (event) {
      case Event::object_start:
      case Event::array_start:
        if (keys_.size() == max_depth) refuse_text(fmt::format("nested deeper than {} levels", max_depth));
        keys_.emplace_back();
        break;
      case Event::object_end:
      case Event::array_end: keys_.pop_back(); break;
      case Event::key:
        if (!keys_.back().insert(parsed.get<std::string>()).second) {
          refuse_text(fmt::format("the key {} comes twice in one object", shown(parsed)));
        }
        break;
      case Event::value: break;
    }
  }

 private:
  std::vector<std::set<std::string>> keys_;  // of every object (or array: none) that is open
};

// Nothing: the value is no whole number, or an int cannot hold it.
std::optional<int> int_of(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  const auto number = value.get<std::int64_t>();
  const bool wrapped = value.is_number_unsigned() && number < 0;
  if (wrapped || number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
    return std::nullopt;
  }
  return static_cast<int>(number);
}

}  // namespace

std::string shown(const json& value) {
  return cut_off(value.dump(-1, ' ', true, json::error_handler_t::replace));  // ASCII, so that it can be cut anywhere
}

json parse_pipeline_text(std::string_view text) {
  if (text.size() > max_text_bytes) {
    refuse_text(fmt::format("{} bytes long; must be at most {}", text.size(), max_text_bytes));
  }
  ParseGuard guard;
  const auto watch = [&guard](int /*depth*/, json::parse_event_t event, json& parsed) {
    guard(event, parsed);
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), watch);
  } catch (const json::parse_error& error) {
    refuse_text(fmt::format("no valid JSON, broken at byte {}: {}", error.byte, cut_off(reason_of(error))));
  } catch (const json::exception& error) {  // a number that fits into no double
    refuse_text(fmt::format("no valid JSON: {}", cut_off(reason_of(error))));
  }
}

JsonObject::JsonObject(const json& value, std::string where, std::span<const std::string_view> allowed)
    : value_(value), where_(std::move(where)) {
  if (!value.is_object()) {
    refuse_text(fmt::format("{}{}{} is no object", where_, where_.empty() ? "" : ": ", shown(value)));
  }
  for (const auto& [key, unused] : value.items()) {
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    refuse_text(fmt::format("{}{}unknown key {}; allowed are {}", where_, where_.empty() ? "" : ": ", shown(key),
                            joined(allowed)));
  }
}

std::string JsonObject::place_of(std::string_view key) const {
  return where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
}

void JsonObject::refuse(std::string_view key, std::string_view sentence) const {
  refuse_text(fmt::format("{}: {}", place_of(key), sentence));
}

void JsonObject::refuse_word(std::string_view key, std::span<const std::string_view> allowed) const {
  refuse(key, fmt::format("{} is not one of {}", shown(at(key)), joined(allowed)));
}

const json* JsonObject::find(std::string_view key) const {
  const auto found = value_.find(std::string(key));
  return found == value_.end() ? nullptr : &*found;
}

const json& JsonObject::at(std::string_view key) const {
  if (const json* value = find(key)) return *value;
  refuse(key, "is missing");
}

int JsonObject::integer(std::string_view key) const {
  const json& value = at(key);
  if (const auto number = int_of(value)) return *number;
  refuse(key, fmt::format("{} is no whole number of 32 bits", shown(value)));
}

std::vector<int> JsonObject::integers(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_array()) return {integer(key)};
  std::vector<int> numbers;
  for (const json& element : value) {
    const auto number = int_of(element);
    if (!number) refuse(key, fmt::format("{} has a value that is no whole number of 32 bits", shown(value)));
    numbers.push_back(*number);
  }
  return numbers;
}

bool JsonObject::boolean(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_boolean()) refuse(key, fmt::format("{} is neither true nor false", shown(value)));
  return value.get<bool>();
}

double JsonObject::number(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_number()) refuse(key, fmt::format("{} is no number", shown(value)));
  return value.get<double>();
}

std::vector<double> JsonObject::numbers(std::string_view key) const {
  const json& value = at(key);
  const bool fits = value.is_array() &&
                    std::all_of(value.begin(), value.end(), [](const json& element) { return element.is_number(); });
  if (!fits) refuse(key, fmt::format("{} is no list of numbers", shown(value)));
  return value.get<std::vector<double>>();
}

std::array<double, 2> JsonObject::pair(std::string_view key) const {
  const std::vector<double> values = numbers(key);
  if (values.size() != 2) refuse(key, fmt::format("{} is no pair; must be [low, high]", shown(at(key))));
  return {values[0], values[1]};
}

Size JsonObject::size(std::string_view key) const {
  const json& value = at(key);
  if (value.is_number_integer()) return {integer(key)};
  if (!value.is_array() || value.size() != 2) {
    refuse(key, fmt::format("{} is no size; must be a whole number or [height, width]", shown(value)));
  }
  const json sides{{"height", value[0]}, {"width", value[1]}};
  constexpr std::array<std::string_view, 2> keys{"height", "width"};
  const JsonObject both(sides, place_of(key), keys);
  return {both.integer("height"), both.integer("width")};
}

const json& JsonObject::list(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_array()) refuse(key, fmt::format("{} is no list", shown(value)));
  return value;
}

std::string_view JsonObject::word(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_string()) refuse(key, fmt::format("{} is no string", shown(value)));
  return value.get_ref<const std::string&>();
}

}  // namespace slabring
