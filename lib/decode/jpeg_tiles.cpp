#include "decode/jpeg_tiles.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "decode/native_jpeg/frame.hpp"

namespace slabring {
namespace {

constexpr std::uint8_t prefix = 0xFF;
constexpr std::uint8_t stuffing = 0x00;
constexpr std::uint8_t first_restart = 0xD0;
constexpr std::uint8_t end_of_image = 0xD9;

using native_jpeg::Bytes;

/// Where the next marker of a scan begins, from `at` on; the end of the file when there is none.
std::size_t next_marker(Bytes file, std::size_t at) {
  while (at + 1 < file.size()) {
    const void* found = std::memchr(file.data() + at, prefix, file.size() - at - 1);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - file.data());
    if (file[at + 1] != stuffing) return at;
    at += 2;
  }
  return file.size();
}

}  // namespace

bool JpegTiles::is_consistent(std::uint64_t file_bytes) const noexcept {
  if (interval == 0 || begins.size() < 2 || begins.back() != file_bytes) return false;
  return std::adjacent_find(begins.begin(), begins.end(), [](std::uint32_t begin, std::uint32_t next) {
           return begin > next || next - begin < marker_bytes;
         }) == begins.end();
}

std::optional<JpegTiles> find_tiles(std::span<const std::byte> jpeg) {
  const Bytes file(reinterpret_cast<const std::uint8_t*>(jpeg.data()), jpeg.size());
  native_jpeg::Frame frame;
  if (file.size() > std::numeric_limits<std::uint32_t>::max() || !read_frame(file, frame)) return std::nullopt;
  if (frame.restart_interval == 0) return std::nullopt;
  JpegTiles tiles;
  tiles.interval = static_cast<std::uint32_t>(frame.restart_interval);
  const std::uint32_t segments = frame.segments();
  tiles.begins.reserve(segments + std::size_t{1});
  std::size_t at = frame.scan_begin;
  for (std::uint32_t s = 0; s < segments; ++s) {
    tiles.begins.push_back(static_cast<std::uint32_t>(at));
    at = next_marker(file, at);
    if (at == file.size()) return std::nullopt;
    if (file[at + 1] != (s + 1 < segments ? first_restart + s % 8 : end_of_image)) return std::nullopt;
    at += JpegTiles::marker_bytes;
  }
  if (at != file.size()) return std::nullopt;
  tiles.begins.push_back(static_cast<std::uint32_t>(at));
  return tiles;
}

}  // namespace slabring
