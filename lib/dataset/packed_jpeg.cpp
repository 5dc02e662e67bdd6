#include "dataset/packed_jpeg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"

namespace slabring {
namespace {

/// A second read costs about as much as so many bytes more in the first one, be it of a disk or of the page cache.
constexpr std::size_t read_whole_up_to = std::size_t{32} << 10;

constexpr std::size_t piece_bytes = TileIndex::piece_bytes;

}  // namespace

void read_packed(const RecordFiles& file, const pack::Entry& entry, std::span<std::byte> bytes) {
  file.read(0, entry.offset, bytes);
  if (const std::uint64_t found = fingerprint_of(bytes); found != entry.checksum) {
    throw SampleFailure(SampleStatus::corrupt,
                        fmt::format("the checksum of its bytes is {:016x}, and {:016x} was "
                                    "written; the pack is damaged from byte {} to {}",
                                    found, entry.checksum, entry.offset, entry.offset + entry.bytes));
  }
}

std::unique_ptr<PackedJpeg> PackedJpeg::open(const RecordFiles& file, const pack::Entry& entry,
                                             std::uint64_t index_bytes, std::vector<std::byte>& buffer) {
  if (index_bytes < sizeof(TileIndex::Head) || index_bytes > most_tile_index_bytes(entry.bytes)) return nullptr;
  buffer.resize(index_bytes + entry.bytes);
  const std::size_t at_once = entry.bytes <= read_whole_up_to ? entry.bytes : piece_bytes;
  file.read(0, entry.offset - index_bytes, std::span(buffer).first(index_bytes + at_once));
  std::optional<TileIndex> index = read_tile_index(std::span(buffer).first(index_bytes), entry.bytes, entry.checksum);
  if (!index) return nullptr;
  std::unique_ptr<PackedJpeg> jpeg(
      new PackedJpeg(file, entry, *std::move(index), std::span(buffer).subspan(index_bytes)));
  jpeg->check(0, (at_once + piece_bytes - 1) / piece_bytes);  // what is damaged is read again, and then refused
  return jpeg;
}

PackedJpeg::PackedJpeg(const RecordFiles& file, const pack::Entry& entry, TileIndex index, std::span<std::byte> bytes)
    : file_(file),
      entry_(entry),
      index_(std::move(index)),
      bytes_(bytes),
      has_piece_(index_.piece_checksums.size(), false) {}

std::span<std::byte> PackedJpeg::piece(std::size_t i) const noexcept {
  const std::size_t begin = i * piece_bytes;
  return bytes_.subspan(begin, std::min(piece_bytes, bytes_.size() - begin));
}

/// False: some of these pieces is not what the index is of.
bool PackedJpeg::check(std::size_t first, std::size_t end) {
  for (std::size_t i = first; i < end; ++i) {
    has_piece_[i] = has_piece_[i] || piece_checksum_of(piece(i)) == index_.piece_checksums[i];
    if (!has_piece_[i]) return false;
  }
  return true;
}

bool PackedJpeg::fetch(std::size_t begin, std::size_t end) {
  std::size_t first = begin / piece_bytes;
  std::size_t last = (end + piece_bytes - 1) / piece_bytes;
  while (first < last && has_piece_[first]) ++first;
  while (first < last && has_piece_[last - 1]) --last;
  if (first == last) return true;
  // In one go, although some between may be there already.
  const std::size_t from = first * piece_bytes;
  const std::size_t to = std::min(last * piece_bytes, bytes_.size());
  file_.read(0, entry_.offset + from, bytes_.subspan(from, to - from));
  return check(first, last);
}

std::span<const std::byte> PackedJpeg::whole() {
  read_packed(file_, entry_, bytes_);
  return bytes_;
}

}  // namespace slabring
