#include "decode/jpeg_session.hpp"

#include <fmt/format.h>

#include <string>

#include "base/sample_failure.hpp"

namespace slabring {
namespace {

SampleStatus status_of(int message_code) {
  switch (message_code) {
    case JERR_BAD_PRECISION:    // 12 or 16 bits a sample
    case JERR_SOF_UNSUPPORTED:  // lossless, hierarchical
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_NOTIMPL: return SampleStatus::unsupported;
    case JERR_IMAGE_TOO_BIG: return SampleStatus::too_large;
    case JERR_OUT_OF_MEMORY: return SampleStatus::out_of_memory;
    default: return SampleStatus::corrupt;
  }
}

}  // namespace

JpegSession::JpegSession(std::span<const std::byte> encoded, int max_scans) {
  decompressor_.err = jpeg_std_error(&hooks_.errors);
  hooks_.errors.error_exit = on_error;
  hooks_.errors.emit_message = on_message;
  hooks_.errors.output_message = on_output;
  hooks_.progress.progress_monitor = on_progress;
  hooks_.max_scans = max_scans;
  try {
    run([encoded](jpeg_decompress_struct& info) {
      jpeg_create_decompress(&info);
      jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
    });
  } catch (...) {
    jpeg_destroy_decompress(&decompressor_);
    throw;
  }
  decompressor_.progress = &hooks_.progress;
}

JpegSession::~JpegSession() { jpeg_destroy_decompress(&decompressor_); }

void JpegSession::finish() {
  try {
    run([](jpeg_decompress_struct& info) { jpeg_finish_decompress(&info); });
  } catch (const SampleFailure& failure) {
    if (failure.status() != SampleStatus::truncated) throw;
  }
}

JpegSession::Hooks& JpegSession::hooks_of(j_common_ptr info) noexcept {
  static_assert(std::is_standard_layout_v<Hooks>);
  return *reinterpret_cast<Hooks*>(info->err);
}

/// Replaces the default, which prints and ends the process.
void JpegSession::on_error(j_common_ptr info) {
  Hooks& hooks = hooks_of(info);
  hooks.errors.format_message(info, hooks.message.data());
  std::longjmp(hooks.escape, 1);
}

/// Replaces the default, which prints the first warning.
void JpegSession::on_message(j_common_ptr info, int level) {
  const bool is_warning = level < 0;
  Hooks& hooks = hooks_of(info);
  if (is_warning) ++hooks.errors.num_warnings;
  if (is_warning && hooks.errors.msg_code == JWRN_JPEG_EOF) {
    hooks.ended_early = true;
    on_error(info);
  }
}

void JpegSession::on_output(j_common_ptr) {}

/// libjpeg calls this often while it reads all scans of a file and later for every few rows.
void JpegSession::on_progress(j_common_ptr info) {
  Hooks& hooks = hooks_of(info);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= hooks.max_scans) return;
  hooks.too_many_scans = true;
  std::longjmp(hooks.escape, 1);
}

void JpegSession::throw_failure() const {
  if (hooks_.too_many_scans) {
    throw SampleFailure(SampleStatus::too_large, fmt::format("the JPEG has more than {} scans", hooks_.max_scans));
  }
  if (hooks_.ended_early) throw SampleFailure(SampleStatus::truncated, "the JPEG file ends early");
  throw SampleFailure(status_of(hooks_.errors.msg_code), fmt::format("libjpeg: {}", hooks_.message.data()));
}

}  // namespace slabring
