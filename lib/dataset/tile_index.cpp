#include "dataset/tile_index.hpp"

#include <cstring>

#include "base/fingerprint.hpp"

namespace slabring {
namespace {

using Head = TileIndex::Head;

constexpr std::size_t checksum_begins = offsetof(Head, file_checksum);
constexpr unsigned bits_a_byte = 7;
constexpr std::uint32_t more_follow = 0x80;

std::size_t pieces_of(std::uint64_t file_bytes) {
  return static_cast<std::size_t>((file_bytes + TileIndex::piece_bytes - 1) / TileIndex::piece_bytes);
}

void append_number(std::vector<std::byte>& bytes, std::uint32_t number) {
  for (; number >= more_follow; number >>= bits_a_byte) bytes.push_back(static_cast<std::byte>(number | more_follow));
  bytes.push_back(static_cast<std::byte>(number));
}

/// Takes a number from the front. nullopt: there is none, or one of more than 32 bits.
std::optional<std::uint32_t> take_number(std::span<const std::byte>& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 32 && !bytes.empty(); shift += bits_a_byte) {
    const auto byte = std::to_integer<std::uint32_t>(bytes.front());
    bytes = bytes.subspan(1);
    number |= std::uint64_t{byte & ~more_follow} << shift;
    if ((byte & more_follow) == 0) {
      return number >> 32 == 0 ? std::optional(static_cast<std::uint32_t>(number)) : std::nullopt;
    }
  }
  return std::nullopt;
}

/// False: they are not as many as the head says.
bool read_segments(const Head& head, std::span<const std::byte> lengths, JpegTiles& tiles) {
  tiles.interval = head.interval;
  tiles.begins.reserve(head.segments + std::size_t{1});
  tiles.begins.push_back(head.scan_begin);
  std::uint64_t at = head.scan_begin;
  for (std::uint32_t s = 0; s < head.segments; ++s) {
    const std::optional<std::uint32_t> length = take_number(lengths);
    if (!length || *length > head.file_bytes - at) return false;
    at += *length;
    tiles.begins.push_back(static_cast<std::uint32_t>(at));
  }
  return lengths.empty();
}

}  // namespace

std::uint32_t piece_checksum_of(std::span<const std::byte> piece) noexcept {
  return static_cast<std::uint32_t>(fingerprint_of(piece));
}

std::vector<std::byte> write_tile_index(const JpegTiles& tiles, std::span<const std::byte> file,
                                        std::uint64_t file_checksum) {
  std::vector<std::byte> index(sizeof(Head));
  for (std::size_t at = 0; at < file.size(); at += TileIndex::piece_bytes) {
    const std::uint32_t checksum =
        piece_checksum_of(file.subspan(at, std::min(TileIndex::piece_bytes, file.size() - at)));
    const auto bytes = std::as_bytes(std::span(&checksum, 1));
    index.insert(index.end(), bytes.begin(), bytes.end());
  }
  for (std::uint32_t s = 0; s < tiles.segments(); ++s) append_number(index, tiles.begins[s + 1] - tiles.begins[s]);
  Head head{};
  head.magic = TileIndex::magic;
  head.file_checksum = file_checksum;
  head.index_bytes = static_cast<std::uint32_t>(index.size());
  head.file_bytes = static_cast<std::uint32_t>(file.size());
  head.scan_begin = tiles.scan_begin();
  head.interval = tiles.interval;
  head.segments = tiles.segments();
  std::memcpy(index.data(), &head, sizeof head);
  head.checksum = fingerprint_of(std::span(index).subspan(checksum_begins));
  std::memcpy(index.data(), &head, sizeof head);
  return index;
}

std::uint64_t most_tile_index_bytes(std::uint64_t file_bytes) noexcept {
  // A segment has at least a marker, and lengths up to 2^14 take two bytes.
  return sizeof(Head) + pieces_of(file_bytes) * sizeof(std::uint32_t) + file_bytes;
}

std::optional<TileIndex> read_tile_index(std::span<const std::byte> index, std::uint32_t file_bytes,
                                         std::uint64_t file_checksum) {
  Head head{};
  if (index.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, index.data(), sizeof head);
  if (head.magic != TileIndex::magic || head.index_bytes != index.size()) return std::nullopt;
  if (head.checksum != fingerprint_of(index.subspan(checksum_begins))) return std::nullopt;
  if (head.file_bytes != file_bytes || head.file_checksum != file_checksum) return std::nullopt;
  const std::size_t pieces = pieces_of(file_bytes);
  index = index.subspan(sizeof head);
  // A segment takes a byte at least: this bounds what is allocated for them.
  if (index.size() / sizeof(std::uint32_t) < pieces) return std::nullopt;
  const auto lengths = index.subspan(pieces * sizeof(std::uint32_t));
  if (head.segments > lengths.size() || head.scan_begin > file_bytes) return std::nullopt;
  TileIndex read;
  read.piece_checksums.resize(pieces);
  std::memcpy(read.piece_checksums.data(), index.data(), pieces * sizeof(std::uint32_t));
  if (!read_segments(head, lengths, read.tiles) || !read.tiles.is_consistent(file_bytes)) return std::nullopt;
  if (read.tiles.scan_begin() < JpegTiles::marker_bytes) return std::nullopt;
  return read;
}

}  // namespace slabring
