#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <span>
#include <type_traits>

#include "decode/libjpeg.hpp"

namespace slabring {

/// The life of one jpeg_decompress_struct, and the border between libjpeg, which leaves by longjmp when it fails, and
/// C++, whose destructors a longjmp must not skip.
///
/// libjpeg is called only inside run(). Warnings are ignored, as Pillow does, but that the data ends early is
/// an error, as with Pillow, instead of grey pixels. One image per session: a second one would inherit
/// quantisation and Huffman tables that its file lacks, and a struct that failed is best destroyed. Creating one costs
/// 0.2 us, and decoding with an old one is not faster.
class JpegSession {
 public:
  /// `encoded` must outlive the session. `max_scans`: of a progressive file.
  JpegSession(std::span<const std::byte> encoded, int max_scans);
  ~JpegSession();
  JpegSession(const JpegSession&) = delete;
  JpegSession& operator=(const JpegSession&) = delete;

  /// Calls step(jpeg_decompress_struct&). Throws SampleFailure when libjpeg fails in it; after that only the destructor
  /// may be called. The step may own nothing that has a destructor: it may end by a longjmp.
  template <class Step>
  void run(const Step& step) {
    static_assert(std::is_trivially_destructible_v<Step>);
    static_assert(std::is_void_v<std::invoke_result_t<const Step&, jpeg_decompress_struct&>>);
    if (setjmp(hooks_.escape) != 0) throw_failure();
    step(decompressor_);
  }

  /// Reads what follows the last row, and throws SampleFailure when that is damaged. That it ends early is no error:
  /// nothing is missing from the pixels, and Pillow delivers them. Requires: all rows have been read.
  void finish();

  /// It has warned: of damage that it passed over.
  bool has_warned() const noexcept { return hooks_.errors.num_warnings > 0; }

  /// What libjpeg found out. To be read between the steps, not changed.
  const jpeg_decompress_struct& info() const noexcept { return decompressor_; }

 private:
  /// What libjpeg's callbacks get at; `errors` comes first, so that a pointer to it is one to the whole.
  struct Hooks {
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf escape{};
    std::array<char, JMSG_LENGTH_MAX> message{};
    int max_scans = 0;
    bool too_many_scans = false;
    bool ended_early = false;
  };

  static Hooks& hooks_of(j_common_ptr info) noexcept;
  [[noreturn]] static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr info, int level);
  static void on_output(j_common_ptr info);
  static void on_progress(j_common_ptr info);
  [[noreturn]] void throw_failure() const;

  Hooks hooks_;
  jpeg_decompress_struct decompressor_{};
};

}  // namespace slabring
