#include "decode/scan_end.hpp"

#include <cstring>

namespace slabring {

bool scan_ends_soundly(std::span<const std::uint8_t> data) {
  constexpr std::uint8_t prefix = 0xFF, stuffing = 0, first_restart = 0xD0, last_restart = 0xD7, end_of_image = 0xD9;
  const std::uint8_t* at = data.data();
  const std::uint8_t* const end = at + data.size();
  while (at < end &&
         (at = static_cast<const std::uint8_t*>(std::memchr(at, prefix, static_cast<std::size_t>(end - at))))) {
    while (at < end && *at == prefix) ++at;
    if (at == end) return false;
    const std::uint8_t marker = *at++;
    const bool belongs_to_the_data = marker == stuffing || (marker >= first_restart && marker <= last_restart);
    if (!belongs_to_the_data) return marker == end_of_image;
  }
  return false;
}

}  // namespace slabring
