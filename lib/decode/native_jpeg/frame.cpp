#include "decode/native_jpeg/frame.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "decode/exif.hpp"

namespace slabring::native_jpeg {
namespace {

using namespace std::string_view_literals;

constexpr int max_side = 65'500;  // libjpeg's JPEG_MAX_DIMENSION

enum Marker : std::uint8_t {
  sof0 = 0xC0,
  sof1 = 0xC1,
  dht = 0xC4,
  soi = 0xD8,
  sos = 0xDA,
  dqt = 0xDB,
  dri = 0xDD,
  app0 = 0xE0,
  app1 = 0xE1,
  app14 = 0xEE,
  app15 = 0xEF,
  com = 0xFE,
};

bool begins_with(Bytes segment, std::string_view text) {
  return segment.size() >= text.size() &&
         std::equal(text.begin(), text.end(), segment.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// The markers one after the other. Every reader of a segment gets a span of it and returns false to refuse the file.
class FrameReader {
 public:
  FrameReader(Bytes file, Frame& frame) : file_(file), frame_(frame) {}

  bool read() {
    if (file_.size() < 4 || file_[0] != 0xFF || file_[1] != soi) return false;
    for (std::size_t at = 2;;) {
      // A marker, and the length of its segment, which counts itself. Fill bytes before markers are left to libjpeg.
      if (file_.size() - at < 4 || file_[at] != 0xFF) return false;
      const std::uint8_t marker = file_[at + 1];
      const std::size_t length = std::size_t{file_[at + 2]} << 8 | file_[at + 3];
      if (length < 2 || length > file_.size() - at - 2) return false;
      const Bytes segment = file_.subspan(at + 4, length - 2);
      at += 2 + length;
      if (marker == sos) {
        frame_.scan_begin = at;
        return read_scan(segment) && is_colour_known() && is_sampling_read() && is_upsampled_smoothly();
      }
      if (!read_segment(marker, segment)) return false;
    }
  }

 private:
  bool read_segment(std::uint8_t marker, Bytes segment) {
    switch (marker) {
      case sof0:
      case sof1: return read_size_and_components(segment);
      case dht: return read_huffman_codes(segment);
      case dqt: return read_quantization(segment);
      case dri: return read_restart_interval(segment);
      case app0: jfif_ = jfif_ || (segment.size() >= 14 && begins_with(segment, "JFIF\0"sv)); return true;
      case app1: read_exif(segment); return true;
      case app14:
        if (segment.size() >= 12 && begins_with(segment, "Adobe"sv)) adobe_transform_ = segment[11];
        return true;
      default: return (marker >= app0 && marker <= app15) || marker == com;
    }
  }

  bool read_size_and_components(Bytes segment) {
    if (frame_.components != 0 || segment.size() < 6 || segment[0] != 8) return false;
    frame_.height = segment[1] << 8 | segment[2];
    frame_.width = segment[3] << 8 | segment[4];
    if (frame_.width < 1 || frame_.width > max_side || frame_.height < 1 || frame_.height > max_side) return false;
    const std::size_t count = segment[5];
    if ((count != 1 && count != 3) || segment.size() != 6 + 3 * count) return false;
    for (std::size_t c = 0; c < count; ++c) {
      const Bytes bytes = segment.subspan(6 + 3 * c, 3);
      FrameComponent& component = frame_.component[c];
      component = {bytes[0], bytes[1] >> 4, bytes[1] & 15, bytes[2], 0, 0};
      if (component.quantization >= tables_of_a_kind) return false;
      for (std::size_t other = 0; other < c; ++other) {
        if (frame_.component[other].id == component.id) return false;
      }
    }
    frame_.components = static_cast<int>(count);
    return true;
  }

  bool read_huffman_codes(Bytes segment) {
    constexpr std::size_t head = 17;  // class and number, then 16 counts
    while (!segment.empty()) {
      if (segment.size() < head) return false;
      const std::size_t kind = segment[0] >> 4;
      const std::size_t number = segment[0] & 15U;
      if (kind > 1 || number >= tables_of_a_kind) return false;
      HuffmanSpec spec;
      std::size_t symbols = 0;
      for (std::size_t i = 0; i < 16; ++i) symbols += spec.counts[i] = segment[1 + i];
      if (symbols > 256 || symbols > segment.size() - head) return false;
      spec.symbols = segment.subspan(head, symbols);
      spec.defined = true;
      (kind == 0 ? frame_.dc : frame_.ac)[number] = spec;
      segment = segment.subspan(head + symbols);
    }
    return true;
  }

  bool read_quantization(Bytes segment) {
    while (!segment.empty()) {
      const bool wide = segment[0] >> 4 == 1;
      const std::size_t number = segment[0] & 15U;
      const std::size_t size = 1 + std::size_t{block_size} * (wide ? 2 : 1);
      if (segment[0] >> 4 > 1 || number >= tables_of_a_kind || segment.size() < size) return false;
      for (std::size_t i = 0; i < block_size; ++i) {
        const int divisor = wide ? segment[1 + 2 * i] << 8 | segment[2 + 2 * i] : segment[1 + i];
        frame_.quantization[number][zigzag.place[i]] = static_cast<std::int16_t>(divisor);
      }
      quantization_defined_[number] = true;
      segment = segment.subspan(size);
    }
    return true;
  }

  bool read_restart_interval(Bytes segment) {
    if (segment.size() != 2) return false;
    frame_.restart_interval = segment[0] << 8 | segment[1];
    return true;
  }

  /// As Pillow, of the first marker that says it is EXIF.
  void read_exif(Bytes segment) {
    if (seen_exif_ || !begins_with(segment, "Exif\0"sv)) return;
    seen_exif_ = true;
    frame_.orientation = exif_orientation(std::as_bytes(segment)).value_or(1);
  }

  bool read_scan(Bytes segment) {
    const auto count = static_cast<std::size_t>(frame_.components);
    if (count == 0 || segment.size() != 4 + 2 * count || segment[0] != count) return false;
    for (std::size_t c = 0; c < count; ++c) {
      FrameComponent& component = frame_.component[c];
      const std::size_t dc = segment[2 + 2 * c] >> 4;
      const std::size_t ac = segment[2 + 2 * c] & 15U;
      if (segment[1 + 2 * c] != component.id || dc >= tables_of_a_kind || ac >= tables_of_a_kind) return false;
      if (!frame_.dc[dc].defined || !frame_.ac[ac].defined) return false;
      if (!quantization_defined_[static_cast<std::size_t>(component.quantization)]) return false;
      component.dc_table = static_cast<int>(dc);
      component.ac_table = static_cast<int>(ac);
    }
    const Bytes spectrum = segment.last(3);  // what a sequential scan has to say
    return spectrum[0] == 0 && spectrum[1] == block_size - 1 && spectrum[2] == 0;
  }

  /// The cases in which libjpeg takes three components for YCbCr without guessing.
  bool is_colour_known() const {
    if (frame_.components == 1 || jfif_) return true;
    if (adobe_transform_) return *adobe_transform_ == 1;
    const auto& component = frame_.component;
    return component[0].id == 1 && component[1].id == 2 && component[2].id == 3;
  }

  bool is_sampling_read() {
    FrameComponent& first = frame_.component[0];
    if (frame_.components == 1) {
      // A scan of one component has one block to an MCU, whatever its sampling factors say.
      if (first.horizontal < 1 || first.horizontal > 4 || first.vertical < 1 || first.vertical > 4) return false;
      first.horizontal = first.vertical = 1;
      return true;
    }
    const auto is_single = [](const FrameComponent& c) { return c.horizontal == 1 && c.vertical == 1; };
    const auto is_one_or_two = [](int factor) { return factor == 1 || factor == 2; };
    return is_one_or_two(first.horizontal) && is_one_or_two(first.vertical) && is_single(frame_.component[1]) &&
           is_single(frame_.component[2]);
  }

  /// libjpeg-turbo repeats chroma samples instead of blending them when a row has two or fewer.
  bool is_upsampled_smoothly() const { return frame_.component[0].horizontal == 1 || frame_.width > 4; }

  Bytes file_;
  Frame& frame_;
  std::array<bool, tables_of_a_kind> quantization_defined_{};
  bool jfif_ = false;
  bool seen_exif_ = false;
  std::optional<int> adobe_transform_;
};

}  // namespace

bool read_frame(Bytes file, Frame& frame) {
  frame = {};
  return FrameReader(file, frame).read();
}

}  // namespace slabring::native_jpeg
