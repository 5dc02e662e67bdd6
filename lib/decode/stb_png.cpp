#include "decode/stb_png.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/sample_failure.hpp"

namespace {

/// stb_image has no context to carry these to its allocator.
thread_local std::size_t largest_allocation = 0;
thread_local bool refused_allocation = false;

bool is_refused(std::size_t bytes) {
  if (bytes > largest_allocation) refused_allocation = true;
  return bytes > largest_allocation;
}

void* zeroed_malloc(std::size_t bytes) { return is_refused(bytes) ? nullptr : std::calloc(1, bytes); }

void* zeroed_realloc(void* data, std::size_t old_bytes, std::size_t bytes) {
  if (is_refused(bytes)) return nullptr;
  void* grown = std::realloc(data, bytes);
  if (grown != nullptr && bytes > old_bytes) std::memset(static_cast<char*>(grown) + old_bytes, 0, bytes - old_bytes);
  return grown;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_MALLOC(bytes) zeroed_malloc(bytes)
#define STBI_REALLOC_SIZED(data, old_bytes, bytes) zeroed_realloc(data, old_bytes, bytes)
// stb_image asks for this one although it calls only the sized one.
#define STBI_REALLOC(data, bytes) zeroed_realloc(data, bytes, bytes)
#define STBI_FREE(data) std::free(data)
#include <stb_image.h>

namespace slabring {
namespace {

[[noreturn]] void throw_failure() {
  const std::string_view reason = stbi_failure_reason();
  if (refused_allocation) {
    throw SampleFailure(SampleStatus::too_large, "the PNG pixel data inflates to far more than its pixels need");
  }
  if (reason == "outofmem") throw SampleFailure(SampleStatus::out_of_memory, "no memory to inflate the PNG");
  if (reason == "not enough pixels") throw SampleFailure(SampleStatus::truncated, "the PNG pixel data ends early");
  throw SampleFailure(SampleStatus::corrupt, fmt::format("the PNG pixel data is damaged: {}", reason));
}

}  // namespace

void StbPixels::Free::operator()(void* pixels) const noexcept { std::free(pixels); }

StbPixels stb_decode_png(std::span<const std::byte> png, bool wide, std::size_t largest) {
  if (png.size() > INT_MAX) {
    throw SampleFailure(SampleStatus::too_large, fmt::format("a PNG of {} bytes is not read", png.size()));
  }
  largest_allocation = largest;
  refused_allocation = false;
  const auto* bytes = reinterpret_cast<const stbi_uc*>(png.data());
  const int size = static_cast<int>(png.size());
  StbPixels pixels;
  pixels.wide = wide;
  if (wide) {
    pixels.data.reset(stbi_load_16_from_memory(bytes, size, &pixels.width, &pixels.height, &pixels.channels, 0));
  } else {
    pixels.data.reset(stbi_load_from_memory(bytes, size, &pixels.width, &pixels.height, &pixels.channels, 0));
  }
  if (!pixels.data) throw_failure();
  return pixels;
}

std::optional<std::string> stb_inflate(std::span<const std::byte> stream, std::size_t most_bytes) {
  if (stream.size() > INT_MAX || most_bytes > INT_MAX) return std::nullopt;
  std::string inflated(most_bytes, '\0');
  const int size =
      stbi_zlib_decode_buffer(inflated.data(), static_cast<int>(most_bytes),
                              reinterpret_cast<const char*>(stream.data()), static_cast<int>(stream.size()));
  if (size < 0) return std::nullopt;
  inflated.resize(static_cast<std::size_t>(size));
  return inflated;
}

}  // namespace slabring
