#include "version.hpp"

#include <fmt/format.h>
#include <jconfig.h>

#include "decode/decoder.hpp"
#include "slabring/version.hpp"

#define SLABRING_TEXT_OF_VALUE(value) #value
#define SLABRING_TEXT_OF(macro) SLABRING_TEXT_OF_VALUE(macro)

namespace slabring::cli {

std::string_view libjpeg_turbo_version() noexcept { return SLABRING_TEXT_OF(LIBJPEG_TURBO_VERSION); }

std::string version_text() {
  std::string text = fmt::format("slabring {}\nlibjpeg-turbo {}\nformats", version(), libjpeg_turbo_version());
  for (const ImageFormat format : formats_read()) text += fmt::format(" {}", to_string(format));
  return text;
}

}  // namespace slabring::cli
