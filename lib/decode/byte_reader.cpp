#include "decode/byte_reader.hpp"

#include <fmt/format.h>

#include "base/sample_failure.hpp"

namespace slabring {

std::span<const std::byte> ByteReader::block(std::uint64_t size) {
  if (size > left()) {
    throw SampleFailure(
        SampleStatus::truncated,
        fmt::format("the {} ends early: {} bytes are needed at byte {}, {} follow", what_, size, position_, left()));
  }
  const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(size));
  position_ += taken.size();
  return taken;
}

void ByteReader::seek(std::uint64_t position) {
  if (position > bytes_.size()) {
    throw SampleFailure(
        SampleStatus::truncated,
        fmt::format("the {} points to byte {}, where {} bytes are all there is", what_, position, bytes_.size()));
  }
  position_ = static_cast<std::size_t>(position);
}

std::uint32_t ByteReader::number(std::size_t size) {
  const std::span<const std::byte> taken = block(size);
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t from_the_high_end = order_ == ByteOrder::big ? i : size - 1 - i;
    value = value << 8 | std::to_integer<std::uint32_t>(taken[from_the_high_end]);
  }
  return value;
}

}  // namespace slabring
