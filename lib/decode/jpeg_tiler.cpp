#include "decode/jpeg_tiler.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/sample_failure.hpp"
#include "decode/jpeg_session.hpp"

namespace slabring {
namespace {

using namespace std::string_view_literals;

constexpr unsigned whole_marker = 0xFFFF;
constexpr int app_markers = 16;
/// What a segment costs is 3 to 4 bytes in the file and 2 in the index: with this, all of them less than one in a
/// hundred.
constexpr std::int64_t least_segment_bytes = 700;
constexpr std::size_t room_for_tables = std::size_t{64} << 10;

/// The life of one jpeg_compress_struct that writes into `room`, and fails where that is too small. Its errors are the
/// session's, so libjpeg is called for it in JpegSession::run() only.
class Compression {
 public:
  Compression(JpegSession& session, std::span<std::byte> room) : room_(room) {
    info.err = session.info().err;
    session.run([this](jpeg_decompress_struct&) { jpeg_create_compress(&info); });
    to_.next_output_byte = reinterpret_cast<JOCTET*>(room.data());
    to_.free_in_buffer = room.size();
    to_.init_destination = [](j_compress_ptr) {};
    to_.empty_output_buffer = [](j_compress_ptr full) -> boolean {
      ERREXIT(full, JERR_FILE_WRITE);
      return FALSE;
    };
    to_.term_destination = [](j_compress_ptr) {};
    info.dest = &to_;
  }
  ~Compression() { jpeg_destroy_compress(&info); }
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;

  std::span<const std::byte> written() const noexcept { return room_.first(room_.size() - to_.free_in_buffer); }

  jpeg_compress_struct info{};

 private:
  std::span<std::byte> room_;
  jpeg_destination_mgr to_{};
};

bool begins_with(const jpeg_marker_struct& marker, std::string_view text) {
  return std::string_view(reinterpret_cast<const char*>(marker.data), marker.data_length).starts_with(text);
}

/// libjpeg writes these two itself.
bool is_written_already(const jpeg_compress_struct& info, const jpeg_marker_struct& marker) {
  constexpr int app0 = JPEG_APP0;
  constexpr int app14 = JPEG_APP0 + 14;
  return (info.write_JFIF_header && marker.marker == app0 && begins_with(marker, "JFIF\0"sv)) ||
         (info.write_Adobe_marker && marker.marker == app14 && begins_with(marker, "Adobe"sv));
}

void save_all_markers(jpeg_decompress_struct& info) {
  jpeg_save_markers(&info, JPEG_COM, whole_marker);
  for (int i = 0; i < app_markers; ++i) jpeg_save_markers(&info, JPEG_APP0 + i, whole_marker);
}

void copy_markers(const jpeg_decompress_struct& from, jpeg_compress_struct& to) {
  for (const jpeg_marker_struct* marker = from.marker_list; marker != nullptr; marker = marker->next) {
    if (!is_written_already(to, *marker)) jpeg_write_marker(&to, marker->marker, marker->data, marker->data_length);
  }
}

int divided_up(JDIMENSION size, int part) { return (static_cast<int>(size) + part - 1) / part; }

/// The restart interval for an image of `bytes`.
unsigned interval_of(const jpeg_decompress_struct& info, std::size_t bytes) {
  // A scan of one component has one block to an MCU, whatever its sampling factors say.
  const bool single = info.num_components == 1;
  const int columns = divided_up(info.image_width, DCTSIZE * (single ? 1 : info.max_h_samp_factor));
  const int rows = divided_up(info.image_height, DCTSIZE * (single ? 1 : info.max_v_samp_factor));
  return static_cast<unsigned>(tile_interval(columns, rows, bytes));
}

/// The file that `room` begins with afterwards. Throws SampleFailure: it cannot be.
std::span<const std::byte> code_anew(std::span<const std::byte> file, std::span<std::byte> room) {
  JpegSession session(file, DecodeLimits{}.max_jpeg_scans);
  Compression compression(session, room);
  jvirt_barray_ptr* coefficients = nullptr;
  session.run([&](jpeg_decompress_struct& info) {
    save_all_markers(info);
    jpeg_read_header(&info, TRUE);
    coefficients = jpeg_read_coefficients(&info);
  });
  if (session.has_warned()) throw SampleFailure(SampleStatus::corrupt, "libjpeg passed over damage");
  session.run([&](jpeg_decompress_struct& info) {
    jpeg_compress_struct& out = compression.info;
    jpeg_copy_critical_parameters(&info, &out);
    out.write_JFIF_header = info.saw_JFIF_marker;
    out.arith_code = FALSE;
    out.optimize_coding = TRUE;
    out.restart_interval = interval_of(info, file.size());
    jpeg_write_coefficients(&out, coefficients);
    copy_markers(info, out);
    jpeg_finish_compress(&out);
  });
  return compression.written();
}

bool are_equal(const ImageView& a, const ImageView& b) {
  if (a.width != b.width || a.height != b.height) return false;
  for (int y = 0; y < a.height; ++y) {
    if (std::memcmp(a.row(y), b.row(y), static_cast<std::size_t>(a.width) * 3) != 0) return false;
  }
  return true;
}

}  // namespace

int tile_interval(int columns, int rows, std::size_t bytes) noexcept {
  constexpr std::int64_t shortest = 4;
  constexpr std::int64_t longest = 65'535;  // what a marker can say
  const std::int64_t mcus = std::int64_t{columns} * rows;
  const std::int64_t enough =
      least_segment_bytes * mcus / static_cast<std::int64_t>(std::max<std::size_t>(bytes, 1)) + 1;
  const std::int64_t least = std::clamp(enough, shortest, longest);
  for (std::int64_t interval = least; interval <= least + least / 3; ++interval) {
    if (columns % interval == 0) return static_cast<int>(interval);
  }
  return static_cast<int>(least);
}

bool JpegTiler::looks_the_same(std::span<const std::byte> file, const Tiled& tiled) {
  TiledJpegInMemory result(tiled.file, tiled.tiles);
  const ImageHeader expected = before_.open(file);
  const ImageHeader found = after_.open(result);
  if (expected.width != found.width || expected.height != found.height) return false;
  const Rect all{0, 0, found.width, found.height};
  const std::uint64_t by_tiles = after_.decoded_native();
  return are_equal(before_.decode(all), after_.decode(all)) && after_.decoded_native() > by_tiles;
}

std::optional<JpegTiler::Tiled> JpegTiler::tile(std::span<const std::byte> file) {
  try {
    if (before_.open(file).format != ImageFormat::jpeg) return std::nullopt;
    // A result that is much larger would be of no use.
    coded_.resize(file.size() * 2 + room_for_tables);
    const std::span<const std::byte> coded = code_anew(file, coded_);
    std::optional<JpegTiles> tiles = find_tiles(coded);
    if (!tiles) return std::nullopt;
    Tiled tiled{coded, *std::move(tiles)};
    if (!looks_the_same(file, tiled)) return std::nullopt;
    return tiled;
  } catch (const SampleFailure&) {
    return std::nullopt;
  }
}

}  // namespace slabring
