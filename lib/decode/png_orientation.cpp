#include "decode/png_orientation.hpp"

#include <utility>
#include <vector>

#include "decode/exif.hpp"
#include "decode/stb_png.hpp"

namespace slabring {
namespace {

/// Pillow's limit for inflated text.
constexpr std::size_t most_text_bytes = std::size_t{1} << 20;

constexpr std::string_view raw_profile_keyword = "Raw profile type exif";
constexpr std::string_view xmp_keyword = "XML:com.adobe.xmp";

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<std::string> inflate(std::string_view stream) {
  return stb_inflate(std::as_bytes(std::span(stream)), most_text_bytes);
}

/// Takes what stands before the next zero byte off `text`; nullopt, and `text` stays, when there is none.
std::optional<std::string_view> take_field(std::string_view& text) {
  const std::size_t end = text.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(end + 1);
  return field;
}

/// What follows the keyword of a zTXt chunk: the method, which is always 0, and a zlib stream.
std::optional<std::string> inflated_text(std::string_view rest) {
  if (!rest.starts_with('\0')) return std::nullopt;
  return inflate(rest.substr(1));
}

/// What follows the keyword of an iTXt chunk: whether it is compressed and how, language, translated keyword, text.
std::optional<std::string> international_text(std::string_view rest) {
  if (rest.size() < 2) return std::nullopt;
  const bool compressed = rest[0] != 0;
  if (compressed && rest[1] != 0) return std::nullopt;
  rest.remove_prefix(2);
  if (!take_field(rest) || !take_field(rest)) return std::nullopt;
  return compressed ? inflate(rest) : std::string(rest);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The bytes of an ImageMagick profile: an empty line, its name, its size, then lines of hexadecimal digits.
std::optional<std::vector<std::byte>> profile_bytes(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  std::vector<std::byte> bytes;
  int high = -1;
  for (char c : text) {
    if (std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos) continue;
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    if (high >= 0) bytes.push_back(static_cast<std::byte>(high * 16 + digit));
    high = high >= 0 ? -1 : digit;
  }
  return bytes;
}

/// `tiff:Orientation="6"` or `<tiff:Orientation>6<`: the first of them, as Pillow's regular expression finds it.
std::optional<int> xmp_orientation(std::string_view xmp) {
  constexpr std::string_view name = "tiff:Orientation";
  for (std::size_t at = xmp.find(name); at != std::string_view::npos; at = xmp.find(name, at + 1)) {
    std::string_view rest = xmp.substr(at + name.size());
    if (rest.starts_with("=\"")) {
      rest.remove_prefix(2);
    } else if (rest.starts_with('>')) {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    if (rest.empty() || rest[0] < '0' || rest[0] > '9') continue;
    return rest[0] >= '1' && rest[0] <= '8' ? rest[0] - '0' : 1;
  }
  return std::nullopt;
}

}  // namespace

void PngOrientation::take(std::string_view type, std::span<const std::byte> data, bool behind_pixels) {
  // Pillow reads on behind the pixels only when there was no EXIF before them.
  if (behind_pixels && exif_precedes_pixels_) return;
  if (type == "eXIf") {
    exif_precedes_pixels_ = !behind_pixels;
    exif_ = data;
    return;
  }
  if (type != "tEXt" && type != "zTXt" && type != "iTXt") return;
  std::string_view rest = as_text(data);
  const std::optional<std::string_view> keyword = take_field(rest);
  if (keyword != raw_profile_keyword && keyword != xmp_keyword) return;
  std::optional<std::string> text;
  if (type == "tEXt") text = std::string(rest);
  if (type == "zTXt") text = inflated_text(rest);
  if (type == "iTXt") text = international_text(rest);
  if (text) take_text(*keyword, std::move(*text));
}

void PngOrientation::take_text(std::string_view keyword, std::string text) {
  (keyword == xmp_keyword ? xmp_ : raw_profile_) = std::move(text);
}

int PngOrientation::value() const {
  std::optional<int> orientation;
  if (exif_) {
    orientation = exif_orientation(*exif_);
  } else if (raw_profile_) {
    if (const auto bytes = profile_bytes(*raw_profile_)) orientation = exif_orientation(*bytes);
  }
  if (!orientation && xmp_) orientation = xmp_orientation(*xmp_);
  return orientation.value_or(1);
}

}  // namespace slabring
