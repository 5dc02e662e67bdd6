#include "decode/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/sample_failure.hpp"
#include "decode/tga_decoder.hpp"
#include "decode/webp_decoder.hpp"

namespace slabring {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  ImageFormat format;
};

constexpr std::array magics = {
    Magic{"\xFF\xD8\xFF"sv, ImageFormat::jpeg},
    Magic{"\x89PNG\r\n\x1A\n"sv, ImageFormat::png},
    Magic{"GIF87a"sv, ImageFormat::gif},
    Magic{"GIF89a"sv, ImageFormat::gif},
    Magic{"BM"sv, ImageFormat::bmp},
};

/// Formats that people do have in their folders. Named, so that the message says more than the bytes.
struct UnreadFormat {
  std::size_t offset;
  std::string_view bytes;
  const char* name;
};

constexpr std::array unread_formats = {
    UnreadFormat{8, "WEBP"sv, "a WebP image of an unknown kind"},
    UnreadFormat{0, "II\x2A\0"sv, "a TIFF image"},
    UnreadFormat{0, "MM\0\x2A"sv, "a TIFF image"},
    UnreadFormat{4, "ftyp"sv, "an AVIF, HEIC or MP4 file"},
    UnreadFormat{0, "\0\0\0\x0CjP  "sv, "a JPEG 2000 image"},
    UnreadFormat{0, "\xFF\x0A"sv, "a JPEG XL image"},
    UnreadFormat{0, "\0\0\1\0"sv, "a Windows icon"},
    UnreadFormat{0, "8BPS"sv, "a Photoshop document"},
    UnreadFormat{0, "%PDF"sv, "a PDF document"},
    UnreadFormat{0, "\x1F\x8B"sv, "a gzip archive"},
    UnreadFormat{0, "PK\3\4"sv, "a zip archive"},
};

bool is_pnm(std::string_view start) {
  return start.size() >= 3 && start[0] == 'P' && start[1] >= '1' && start[1] <= '6' &&
         " \t\n\v\f\r"sv.find(start[2]) != std::string_view::npos;
}

std::string list_of_formats() {
  std::string list;
  for (const ImageFormat format : formats_read())
    list += fmt::format("{}{}", list.empty() ? "" : ", ", to_string(format));
  return list;
}

std::string readable(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

const char* name_of_unread(std::string_view start) {
  for (const UnreadFormat& unread : unread_formats) {
    if (start.size() > unread.offset && start.substr(unread.offset).starts_with(unread.bytes)) return unread.name;
  }
  return "no image that slabring reads";
}

}  // namespace

ImageFormat probe(std::span<const std::byte> file) {
  constexpr std::size_t shown_bytes = 16;
  const std::string_view start(reinterpret_cast<const char*>(file.data()), std::min(file.size(), shown_bytes));
  for (const Magic& magic : magics) {
    if (start.starts_with(magic.bytes)) return magic.format;
  }
  if (is_pnm(start)) return ImageFormat::pnm;
  if (looks_like_webp(file)) return ImageFormat::webp;
  if (looks_like_tga(file)) return ImageFormat::tga;
  throw SampleFailure(SampleStatus::unknown_format,
                      fmt::format("this is {}: it begins with \"{}\"; read are {}", name_of_unread(start),
                                  readable(start), list_of_formats()));
}

}  // namespace slabring
