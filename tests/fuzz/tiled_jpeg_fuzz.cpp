// Any bytes as a tile index, and any bytes as a JPEG in tiles. Besides what the sanitizers see: an index that is read
// is consistent; and what is decoded by the tiles of a file, a region of it, libjpeg-turbo decodes of the whole file
// too, and to the same pixels.
//
// The input: a byte that says what to try, two for the length of an index, the index, the JPEG.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/tile_index.hpp"
#include "decode/decoder.hpp"
#include "decode/jpeg_tiles.hpp"
#include "decode/native_jpeg/native_decoder.hpp"
#include "support/decode_image.hpp"
#include "support/random_region.hpp"

namespace slabring {
namespace {

using test::RgbImage;

constexpr DecodeLimits limits{.max_pixels = 1 << 16, .max_file_bytes = 1 << 20, .max_jpeg_scans = 20};

[[noreturn]] void complain(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

native_jpeg::NativeDecoder& native() {
  static native_jpeg::NativeDecoder decoder;
  return decoder;
}

std::optional<RgbImage> decode_by_tiles(std::span<const std::byte> file, const JpegTiles& tiles, const Rect& region) {
  static ImageBuffer buffer;
  if (!native().open(file, tiles)) return std::nullopt;
  const auto [begin, end] = native().bytes_for(region);
  if (begin > end || end > file.size()) complain("bytes outside the file are asked for");
  const std::optional<ImageView> pixels = native().decode(region, buffer);
  return pixels ? std::optional(test::copy(*pixels)) : std::nullopt;
}

std::optional<RgbImage> decode_with_libjpeg(std::span<const std::byte> file) {
  static Decoder decoder(limits, JpegDecoding::libjpeg);
  try {
    return test::decode_all(decoder, file);
  } catch (const SampleFailure&) {
    return std::nullopt;
  }
}

/// nullopt: not for the native decoder, or too large to be tried.
std::optional<StoredHeader> header_of(std::span<const std::byte> file, const JpegTiles& tiles) {
  const std::optional<StoredHeader> header = native().open(file, tiles);
  if (!header || std::uint64_t{header->width} * header->height > limits.max_pixels) return std::nullopt;
  return header;
}

Rect whole_of(const StoredHeader& header) {
  return {0, 0, static_cast<int>(header.width), static_cast<int>(header.height)};
}

/// With the tiles that a file has.
void check_file(std::span<const std::byte> file) {
  const std::optional<JpegTiles> tiles = find_tiles(file);
  if (!tiles) return;
  if (!tiles->is_consistent(file.size())) complain("tiles that were found are inconsistent");
  const std::optional<StoredHeader> header = header_of(file, *tiles);
  if (!header) return;
  const Rect all = whole_of(*header);
  std::optional<RgbImage> expected;
  for (const Rect& region : {all, test::region_for(file, all.width, all.height)}) {
    const std::optional<RgbImage> found = decode_by_tiles(file, *tiles, region);
    if (!found) continue;
    if (!expected) expected = decode_with_libjpeg(file);
    if (!expected) complain("libjpeg-turbo refuses what is decoded by tiles");
    if (header->orientation != 1) continue;  // libjpeg-turbo's were turned upright
    if (*found != test::crop(*expected, region)) complain("the pixels differ");
  }
}

/// With tiles that an index says, whether they are those of the file or not.
void check_index(std::vector<std::byte> index, std::span<const std::byte> file, bool mend) {
  const std::uint64_t checksum = fingerprint_of(file);
  const auto bytes = static_cast<std::uint32_t>(file.size());
  if (mend && index.size() >= sizeof(TileIndex::Head)) {  // or nothing behind the checksums would ever be tried
    TileIndex::Head head{};
    std::memcpy(&head, index.data(), sizeof head);
    head.magic = TileIndex::magic;
    head.file_checksum = checksum;
    head.index_bytes = static_cast<std::uint32_t>(index.size());
    head.file_bytes = bytes;
    std::memcpy(index.data(), &head, sizeof head);
    head.checksum = fingerprint_of(std::span(index).subspan(offsetof(TileIndex::Head, file_checksum)));
    std::memcpy(index.data(), &head, sizeof head);
  }
  const std::optional<TileIndex> read = read_tile_index(index, bytes, checksum);
  if (!read) return;
  if (!read->tiles.is_consistent(file.size())) complain("an index that was read is inconsistent");
  const std::optional<StoredHeader> header = header_of(file, read->tiles);
  if (!header) return;
  const Rect all = whole_of(*header);
  decode_by_tiles(file, read->tiles, test::region_for(file, all.width, all.height));
}

}  // namespace
}  // namespace slabring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t head = 3;
  if (size <= head) return 0;
  const auto all = std::as_bytes(std::span(data, size));
  const std::size_t index_bytes = std::min(data[1] | std::size_t{data[2]} << 8, size - head);
  const auto index = all.subspan(head, index_bytes);
  const auto file = all.subspan(head + index_bytes);
  if (file.empty()) return 0;
  slabring::check_file(file);
  slabring::check_index({index.begin(), index.end()}, file, data[0] % 2 == 1);
  return 0;
}
