#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decode/libjpeg.hpp"

namespace slabring::cli {

/// Y, Cb, Cr interleaved, rows without padding.
struct YccImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

/// How the colour is stored: in full, halved in width, halved in both, or not at all.
enum class Subsampling : std::uint8_t { s444, s422, s420, grey };

/// Encodes baseline JPEGs, one after the other with one libjpeg compressor. Not thread-safe.
class JpegWriter {
 public:
  JpegWriter();
  ~JpegWriter();
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  /// The file's bytes, valid until the next call. `quality` as libjpeg's, 1 to 100. Throws Error(io) with libjpeg's
  /// reason.
  std::span<const std::byte> encode(const YccImage& image, Subsampling subsampling, int quality);

 private:
  /// `errors` comes first, so that a pointer to it is one to the whole.
  struct Hooks {
    jpeg_error_mgr errors{};
    std::jmp_buf escape{};
    char message[JMSG_LENGTH_MAX] = {};
  };

  [[noreturn]] static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr, int) {}

  void keep_luma(const YccImage& image);
  void set_up(Subsampling subsampling, int quality);
  void write_rows(const std::uint8_t* pixels);

  Hooks hooks_;
  jpeg_compress_struct compressor_{};
  std::vector<std::uint8_t> luma_;
  unsigned char* memory_ = nullptr;  ///< malloc'ed by libjpeg
  unsigned long memory_bytes_ = 0;
};

}  // namespace slabring::cli
