#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slabring {

/// Orders file names as Python orders the strings it makes of them (os.fsdecode: UTF-8 with surrogateescape): by code
/// point, where a byte that is not UTF-8 counts as U+DC00 plus its value. For valid UTF-8 that is the order of the
/// bytes. Returns a string whose byte order is Python's order.
std::string python_sort_key(std::string_view name);

/// True when python_sort_key(name) == name.
bool is_utf8(std::string_view name) noexcept;

/// File names in one piece of memory: a folder may hold ten million.
class NameList {
 public:
  void add(std::string_view name);
  /// Into Python's order.
  void sort();
  void clear() noexcept;

  std::size_t size() const noexcept { return places_.size(); }
  bool empty() const noexcept { return places_.empty(); }
  std::string_view operator[](std::size_t i) const noexcept {
    return std::string_view(text_).substr(places_[i].offset, places_[i].bytes);
  }

 private:
  struct Place {
    std::uint64_t offset;
    std::uint32_t bytes;
  };

  void sort_by_key();

  std::string text_;
  std::vector<Place> places_;
  bool all_utf8_ = true;
};

}  // namespace slabring
