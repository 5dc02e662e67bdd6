#include "dataset/name_list.hpp"

#include <algorithm>
#include <utility>

namespace slabring {
namespace {

bool is_between(char c, unsigned low, unsigned high) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return low <= byte && byte <= high;
}

/// Bytes of the well-formed UTF-8 sequence that `text` begins with; 0: none. Table 3-7 of the Unicode Standard.
std::size_t sequence_bytes(std::string_view text) noexcept {
  struct Form {
    unsigned lead_low, lead_high, second_low, second_high;
    std::size_t bytes;
  };
  static constexpr Form forms[] = {
      {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
      {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
      {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
  };
  for (const Form& form : forms) {
    if (!is_between(text[0], form.lead_low, form.lead_high)) continue;
    if (text.size() < form.bytes) return 0;
    if (form.bytes > 1 && !is_between(text[1], form.second_low, form.second_high)) return 0;
    for (std::size_t i = 2; i < form.bytes; ++i)
      if (!is_between(text[i], 0x80, 0xbf)) return 0;
    return form.bytes;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view name) noexcept {
  while (!name.empty()) {
    const std::size_t bytes = sequence_bytes(name);
    if (bytes == 0) return false;
    name.remove_prefix(bytes);
  }
  return true;
}

std::string python_sort_key(std::string_view name) {
  std::string key;
  while (!name.empty()) {
    const std::size_t bytes = sequence_bytes(name);
    if (bytes > 0) {
      key += name.substr(0, bytes);
    } else {
      // U+DC80 .. U+DCFF in the three-byte form, which sorts where the code point does.
      const auto byte = static_cast<unsigned char>(name[0]);
      key += {'\xed', static_cast<char>(0xb0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))};
    }
    name.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return key;
}

void NameList::add(std::string_view name) {
  places_.push_back({text_.size(), static_cast<std::uint32_t>(name.size())});
  text_ += name;
  all_utf8_ = all_utf8_ && is_utf8(name);
}

void NameList::clear() noexcept {
  text_.clear();
  places_.clear();
  all_utf8_ = true;
}

void NameList::sort() {
  if (!all_utf8_) return sort_by_key();
  const std::string_view text = text_;
  std::sort(places_.begin(), places_.end(), [text](const Place& a, const Place& b) {
    return text.substr(a.offset, a.bytes) < text.substr(b.offset, b.bytes);
  });
}

void NameList::sort_by_key() {
  std::vector<std::pair<std::string, Place>> keyed;
  keyed.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) keyed.emplace_back(python_sort_key((*this)[i]), places_[i]);
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::transform(keyed.begin(), keyed.end(), places_.begin(), [](const auto& pair) { return pair.second; });
}

}  // namespace slabring
