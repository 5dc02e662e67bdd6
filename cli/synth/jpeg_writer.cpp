#include "synth/jpeg_writer.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <type_traits>

#include "slabring/error.hpp"

namespace slabring::cli {

JpegWriter::JpegWriter() {
  compressor_.err = jpeg_std_error(&hooks_.errors);
  hooks_.errors.error_exit = on_error;
  hooks_.errors.emit_message = on_message;
  jpeg_create_compress(&compressor_);
}

JpegWriter::~JpegWriter() {
  jpeg_destroy_compress(&compressor_);
  std::free(memory_);
}

/// Replaces the default, which prints and ends the process.
void JpegWriter::on_error(j_common_ptr info) {
  static_assert(std::is_standard_layout_v<Hooks>);
  auto& hooks = *reinterpret_cast<Hooks*>(info->err);
  hooks.errors.format_message(info, hooks.message);
  std::longjmp(hooks.escape, 1);
}

std::span<const std::byte> JpegWriter::encode(const YccImage& image, Subsampling subsampling, int quality) {
  const bool is_grey = subsampling == Subsampling::grey;
  if (is_grey) keep_luma(image);
  const std::uint8_t* pixels = is_grey ? luma_.data() : image.pixels.data();
  std::free(memory_);
  memory_ = nullptr;
  memory_bytes_ = 0;

  // From here to the end of the calls nothing with a destructor may live: a failure leaves by longjmp.
  if (setjmp(hooks_.escape) != 0) {
    jpeg_abort_compress(&compressor_);
    throw Error(ErrorCode::io,
                fmt::format("cannot encode an image of {}x{} pixels: {}", image.width, image.height, hooks_.message));
  }
  jpeg_mem_dest(&compressor_, &memory_, &memory_bytes_);
  compressor_.image_width = static_cast<JDIMENSION>(image.width);
  compressor_.image_height = static_cast<JDIMENSION>(image.height);
  set_up(subsampling, quality);
  write_rows(pixels);
  return {reinterpret_cast<const std::byte*>(memory_), memory_bytes_};
}

void JpegWriter::keep_luma(const YccImage& image) {
  luma_.resize(image.pixels.size() / 3);
  for (std::size_t i = 0; i < luma_.size(); ++i) luma_[i] = image.pixels[3 * i];
}

void JpegWriter::set_up(Subsampling subsampling, int quality) {
  const bool is_grey = subsampling == Subsampling::grey;
  compressor_.input_components = is_grey ? 1 : 3;
  compressor_.in_color_space = is_grey ? JCS_GRAYSCALE : JCS_YCbCr;
  jpeg_set_defaults(&compressor_);
  jpeg_set_quality(&compressor_, quality, TRUE);
  if (is_grey) return;
  compressor_.comp_info[0].h_samp_factor = subsampling == Subsampling::s444 ? 1 : 2;
  compressor_.comp_info[0].v_samp_factor = subsampling == Subsampling::s420 ? 2 : 1;
}

void JpegWriter::write_rows(const std::uint8_t* pixels) {
  const std::size_t row_bytes =
      static_cast<std::size_t>(compressor_.image_width) * static_cast<std::size_t>(compressor_.input_components);
  jpeg_start_compress(&compressor_, TRUE);
  while (compressor_.next_scanline < compressor_.image_height) {
    auto* row = const_cast<JSAMPROW>(pixels + row_bytes * compressor_.next_scanline);
    jpeg_write_scanlines(&compressor_, &row, 1);
  }
  jpeg_finish_compress(&compressor_);
}

}  // namespace slabring::cli
