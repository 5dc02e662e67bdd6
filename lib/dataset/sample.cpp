#include "slabring/sample.hpp"

namespace slabring {

void Sample::reset() noexcept {
  label_ = -1;
  source_ = Source::none;
  path_.clear();
  encoded_ = {};
  pixels_ = {};
  array_ = {};
  extras_.clear();
  buffer_.clear();
}

void Sample::from_file(std::string_view path) {
  path_.assign(path);
  source_ = Source::file;
}

void Sample::from_file(std::string_view folder, std::string_view name) {
  path_.assign(folder).append(1, '/').append(name);
  source_ = Source::file;
}

void Sample::from_encoded(std::span<const std::byte> bytes) noexcept {
  encoded_ = bytes;
  source_ = Source::encoded;
}

void Sample::from_array(const ArrayView& array) noexcept {
  array_ = array;
  source_ = Source::array;
}

void Sample::add_extra(std::span<const std::byte> bytes) { extras_.push_back(bytes); }

void Sample::from_pixels(const ImageView& pixels) noexcept {
  pixels_ = pixels;
  source_ = Source::pixels;
}

}  // namespace slabring
