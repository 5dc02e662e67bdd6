#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slabring {

/// Gathers what the chunks of a PNG say of its orientation. There are three ways, and Pillow believes them in this
/// order: an eXIf chunk, EXIF as hexadecimal text (ImageMagick's "Raw profile type exif"), and an XMP packet.
class PngOrientation {
 public:
  /// To be called for every chunk in the file's order; most are ignored. Never an error.
  void take(std::string_view type, std::span<const std::byte> data, bool behind_pixels);

  /// 1 to 8.
  int value() const;

 private:
  void take_text(std::string_view keyword, std::string text);

  std::optional<std::span<const std::byte>> exif_;
  bool exif_precedes_pixels_ = false;
  std::optional<std::string> raw_profile_;
  std::optional<std::string> xmp_;
};

}  // namespace slabring
