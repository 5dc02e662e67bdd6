#include "dataset/idx_header.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "base/sample_failure.hpp"

namespace slabring {
namespace {

constexpr unsigned type_of_bytes = 0x08;

std::uint32_t big_endian_at(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[offset + i]);
  return value;
}

}  // namespace

IdxHeader read_idx_header(std::span<const std::byte> bytes) {
  if (bytes.size() < 4 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0} || bytes[3] == std::byte{0}) {
    throw SampleFailure(SampleStatus::unknown_format, "does not begin as an IDX file does");
  }
  const auto type = std::to_integer<unsigned>(bytes[2]);
  const auto axes = std::to_integer<std::size_t>(bytes[3]);
  if (type != type_of_bytes || axes > Axes::most) {
    throw SampleFailure(SampleStatus::unsupported,
                        fmt::format("has {} axes of elements of type {:#04x}; bytes (0x08) of at most {} are read",
                                    axes, type, Axes::most));
  }
  IdxHeader header;
  header.data_offset = 4 + 4 * axes;
  if (bytes.size() < header.data_offset) throw SampleFailure(SampleStatus::truncated, "ends within its header");
  const std::uint64_t room = bytes.size() - header.data_offset;
  std::uint64_t elements = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::uint32_t extent = big_endian_at(bytes, 4 + 4 * axis);
    header.shape.push_back(extent);
    if (__builtin_mul_overflow(elements, std::uint64_t{extent}, &elements) || elements > room) {
      throw SampleFailure(SampleStatus::truncated,
                          fmt::format("has {} bytes of data, fewer than its header says", room));
    }
  }
  if (elements == room && elements > 0) return header;
  throw SampleFailure(SampleStatus::corrupt,
                      fmt::format("has {} bytes of data, and its header says {}", room, elements));
}

}  // namespace slabring
