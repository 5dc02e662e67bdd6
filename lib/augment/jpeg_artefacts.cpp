#include "augment/jpeg_artefacts.hpp"

#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "base/sample_failure.hpp"
#include "decode/jpeg_session.hpp"
#include "decode/libjpeg.hpp"

namespace slabring {
namespace {

/// The life of one jpeg_compress_struct, which writes into memory that it is given. libjpeg leaves by longjmp when it
/// fails, so nothing with a destructor may live between encode()'s setjmp and its end.
class JpegWriter {
 public:
  explicit JpegWriter(std::span<std::uint8_t> memory) noexcept {
    compressor_.err = jpeg_std_error(&hooks_.errors);
    hooks_.errors.error_exit = on_error;
    hooks_.errors.emit_message = [](j_common_ptr, int) {};
    hooks_.destination.next_output_byte = memory.data();
    hooks_.destination.free_in_buffer = memory.size();
    hooks_.destination.init_destination = [](j_compress_ptr) {};
    hooks_.destination.empty_output_buffer = on_full;
    hooks_.destination.term_destination = [](j_compress_ptr) {};
  }
  ~JpegWriter() { jpeg_destroy_compress(&compressor_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  /// The file's bytes that were not needed of the memory; nothing: there is not enough.
  std::optional<std::size_t> encode(const MutableImageView& image, int quality) {
    if (setjmp(hooks_.escape) != 0) {
      if (hooks_.full) return std::nullopt;
      throw SampleFailure(SampleStatus::transform_failed, fmt::format("JPEG: libjpeg: {}", hooks_.message.data()));
    }
    jpeg_create_compress(&compressor_);
    compressor_.dest = &hooks_.destination;
    compressor_.image_width = static_cast<JDIMENSION>(image.width);
    compressor_.image_height = static_cast<JDIMENSION>(image.height);
    compressor_.input_components = image.channels;
    compressor_.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&compressor_);
    jpeg_set_quality(&compressor_, quality, TRUE);
    jpeg_start_compress(&compressor_, TRUE);
    while (compressor_.next_scanline < compressor_.image_height) {
      JSAMPROW row = image.row(static_cast<int>(compressor_.next_scanline));
      jpeg_write_scanlines(&compressor_, &row, 1);
    }
    jpeg_finish_compress(&compressor_);
    return hooks_.destination.free_in_buffer;
  }

 private:
  /// What libjpeg's callbacks get at; `errors` comes first, so that a pointer to it is one to the whole.
  struct Hooks {
    jpeg_error_mgr errors{};
    jpeg_destination_mgr destination{};
    std::jmp_buf escape{};
    std::array<char, JMSG_LENGTH_MAX> message{};
    bool full = false;
  };

  static Hooks& hooks_of(j_common_ptr info) noexcept {
    static_assert(std::is_standard_layout_v<Hooks>);
    return *reinterpret_cast<Hooks*>(info->err);
  }
  /// Replaces the default, which prints and ends the process.
  [[noreturn]] static void on_error(j_common_ptr info) {
    Hooks& hooks = hooks_of(info);
    hooks.errors.format_message(info, hooks.message.data());
    std::longjmp(hooks.escape, 1);
  }
  static boolean on_full(j_compress_ptr info) {
    Hooks& hooks = hooks_of(reinterpret_cast<j_common_ptr>(info));
    hooks.full = true;
    std::longjmp(hooks.escape, 1);
  }

  Hooks hooks_;
  jpeg_compress_struct compressor_{};
};

// Three bytes for each pixel of the blocks it takes: more than noise at quality 100 needs.
std::size_t usual_room(const MutableImageView& image) noexcept {
  constexpr std::size_t headers = 2048;
  const auto blocks = [](int side) { return static_cast<std::size_t>((side + 15) / 16); };
  return headers + blocks(image.width) * blocks(image.height) * 16 * 16 * 3;
}

std::span<const std::byte> encode(const MutableImageView& image, int quality, ScratchBuffer<std::uint8_t>& bytes,
                                  std::size_t room) {
  for (;; room *= 2) {
    std::uint8_t* memory = bytes.take(room);
    JpegWriter writer({memory, room});
    if (const auto left = writer.encode(image, quality)) return std::as_bytes(std::span(memory, room - *left));
  }
}

void decode(std::span<const std::byte> encoded, const MutableImageView& image) {
  constexpr int one_scan = 1;
  JpegSession session(encoded, one_scan);
  session.run([&](jpeg_decompress_struct& info) {
    jpeg_read_header(&info, TRUE);
    info.out_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = image.row(static_cast<int>(info.output_scanline));
      jpeg_read_scanlines(&info, &row, 1);
    }
  });
}

}  // namespace

void add_jpeg_artefacts(const MutableImageView& image, int quality, ScratchBuffer<std::uint8_t>& bytes,
                        std::size_t room) {
  decode(encode(image, quality, bytes, room == 0 ? usual_room(image) : room), image);
}

}  // namespace slabring
