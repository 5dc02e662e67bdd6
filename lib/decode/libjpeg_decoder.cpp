#include "decode/libjpeg_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sample_failure.hpp"
#include "decode/exif.hpp"
#include "decode/jpeg_session.hpp"
#include "decode/jpeg_window.hpp"
#include "decode/scan_end.hpp"

namespace slabring {
namespace {

constexpr int exif_marker = JPEG_APP0 + 1;

/// As Pillow, of the first marker that says it is EXIF.
int find_orientation(const jpeg_decompress_struct& info) {
  using namespace std::string_view_literals;
  for (const jpeg_marker_struct* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (marker->marker == exif_marker && text.starts_with("Exif\0"sv)) {
      return exif_orientation(std::as_bytes(std::span(text))).value_or(1);
    }
  }
  return 1;
}

JpegGrid grid_of(const jpeg_decompress_struct& info) {
  // A scan of one component has one block to an MCU, whatever its sampling factors say.
  const bool single = info.num_components == 1;
  const int block = static_cast<int>(DCTSIZE * info.scale_num / info.scale_denom);
  JpegGrid grid;
  grid.width = static_cast<int>(info.output_width);
  grid.height = static_cast<int>(info.output_height);
  grid.imcu_width = block * (single ? 1 : info.max_h_samp_factor);
  grid.imcu_height = block * info.max_v_samp_factor;
  grid.blends_rows = info.max_v_samp_factor > 1;
  return grid;
}

/// The combinations for which tests/decode/jpeg_region_test.cpp has proven that a window equals the same part of the
/// whole image.
bool may_be_windowed(jpeg_decompress_struct& info) {
  if (jpeg_has_multiple_scans(&info) || info.arith_code || info.num_components == 4) return false;
  const jpeg_component_info* component = info.comp_info;
  if (info.num_components == 1) return component[0].h_samp_factor == 1 && component[0].v_samp_factor == 1;
  // Decoded smaller, 4:1:0 comes out wrong.
  const bool shrunk = info.scale_num < info.scale_denom;
  if (shrunk && (info.max_h_samp_factor > 2 || info.max_v_samp_factor > 2)) return false;
  const auto is_power_of_two = [](int factor) { return factor == 1 || factor == 2 || factor == 4; };
  const auto is_single = [](const jpeg_component_info& c) { return c.h_samp_factor == 1 && c.v_samp_factor == 1; };
  return is_power_of_two(component[0].h_samp_factor) && is_power_of_two(component[0].v_samp_factor) &&
         is_single(component[1]) && is_single(component[2]);
}

bool ends_soundly(const jpeg_decompress_struct& info) {
  return scan_ends_soundly({info.src->next_input_byte, info.src->bytes_in_buffer});
}

/// What is read of a file: a window, and of that the rows up to `bottom`.
struct Extent {
  JpegWindow window;
  int bottom = 0;
  bool to_the_end = false;  ///< all rows, and then whatever follows them
};

Extent extent_for(const Rect& region, jpeg_decompress_struct& info) {
  jpeg_calc_output_dimensions(&info);
  const JpegGrid grid = grid_of(info);
  if (!ends_soundly(info)) return {{0, grid.width, 0}, grid.height, true};
  if (!may_be_windowed(info)) return {{0, grid.width, 0}, region.bottom(), false};
  return {plan_window(region, grid), region.bottom(), false};
}

/// Both calls may only come before the first row is read, in this order, and the second only once: libjpeg-turbo 2.1.5
/// delivers wrong rows after a skip that begins further down (libjpeg-turbo issue 915).
void enter_window(jpeg_decompress_struct& info, JpegWindow& window) {
  if (window.width < static_cast<int>(info.output_width)) {
    auto x = static_cast<JDIMENSION>(window.x), width = static_cast<JDIMENSION>(window.width);
    jpeg_crop_scanline(&info, &x, &width);
    window.x = static_cast<int>(x);
    window.width = static_cast<int>(width);
  }
  if (window.skipped_rows > 0) jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(window.skipped_rows));
}

/// Reads the next rows of the window.
void read_rows(jpeg_decompress_struct& info, const MutableImageView& rows) {
  constexpr int most_rows_a_call = 32;
  std::array<JSAMPROW, most_rows_a_call> pointers;
  for (int done = 0; done < rows.height;) {
    const int wanted = std::min(rows.height - done, most_rows_a_call);
    for (int i = 0; i < wanted; ++i) pointers[static_cast<std::size_t>(i)] = rows.row(done + i);
    done += static_cast<int>(jpeg_read_scanlines(&info, pointers.data(), static_cast<JDIMENSION>(wanted)));
  }
}

ImageView decode_rgb(JpegSession& session, const Rect& region, ImageBuffer& buffer) {
  Extent extent;
  session.run([&](jpeg_decompress_struct& info) {
    extent = extent_for(region, info);
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    enter_window(info, extent.window);
  });
  const JpegWindow& window = extent.window;
  const MutableImageView pixels = buffer.rgb(window.width, extent.bottom - window.skipped_rows);
  session.run([&](jpeg_decompress_struct& info) { read_rows(info, pixels); });
  if (extent.to_the_end) session.finish();
  const std::uint8_t* first = pixels.row(region.y - window.skipped_rows) + (region.x - window.x) * std::ptrdiff_t{3};
  return {first, region.width, region.height, 3, pixels.stride};
}

/// Pillow's conversion of what it takes for Adobe's inverted CMYK, in its arithmetic: `product / 255`, rounded.
void write_rgb_of_inverted_cmyk(const std::uint8_t* cmyk, int width, std::uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int white = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - cmyk[c]) * white + 128;
      rgb[c] = static_cast<std::uint8_t>(std::max(0, white - (((product >> 8) + product) >> 8)));
    }
  }
}

ImageView decode_cmyk(JpegSession& session, const Rect& region, ImageBuffer& buffer) {
  Extent extent;
  session.run([&](jpeg_decompress_struct& info) {
    extent = extent_for(region, info);
    info.out_color_space = JCS_CMYK;
    jpeg_start_decompress(&info);
  });
  const int width = extent.window.width;
  const MutableImageView pixels = buffer.rgb(width, extent.bottom);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(width) * 4);
  for (int y = 0; y < extent.bottom; ++y) {
    session.run([&](jpeg_decompress_struct& info) { read_rows(info, {row.data(), width, 1, 4, 0}); });
    write_rgb_of_inverted_cmyk(row.data(), width, pixels.row(y));
  }
  if (extent.to_the_end) session.finish();
  const std::uint8_t* first = pixels.row(region.y) + region.x * std::ptrdiff_t{3};
  return {first, region.width, region.height, 3, pixels.stride};
}

}  // namespace

LibjpegDecoder::LibjpegDecoder(int max_scans) : max_scans_(max_scans) {}
LibjpegDecoder::~LibjpegDecoder() = default;

StoredHeader LibjpegDecoder::open(std::span<const std::byte> encoded) {
  session_.reset();
  auto session = std::make_unique<JpegSession>(encoded, max_scans_);
  session->run([](jpeg_decompress_struct& info) {
    constexpr unsigned whole_marker = 0xFFFF;
    jpeg_save_markers(&info, exif_marker, whole_marker);
    jpeg_read_header(&info, TRUE);
  });
  const jpeg_decompress_struct& info = session->info();
  if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4) {
    throw SampleFailure(SampleStatus::unsupported,
                        fmt::format("a JPEG of {} colour components is not read", info.num_components));
  }
  session_ = std::move(session);
  return {session_->info().image_width, session_->info().image_height, find_orientation(session_->info())};
}

StoredHeader LibjpegDecoder::shrink(int eighths) {
  session_->run([eighths](jpeg_decompress_struct& info) {
    info.scale_num = static_cast<unsigned>(eighths);
    info.scale_denom = 8;
    jpeg_calc_output_dimensions(&info);
  });
  return {session_->info().output_width, session_->info().output_height};
}

ImageView LibjpegDecoder::decode(const Rect& region, ImageBuffer& buffer) {
  // Ends with this image, whether it could be decoded or not.
  const std::unique_ptr<JpegSession> session = std::move(session_);
  if (session->info().num_components == 4) return decode_cmyk(*session, region, buffer);
  return decode_rgb(*session, region, buffer);
}

}  // namespace slabring
