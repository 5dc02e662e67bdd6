#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slabring {

enum class ByteOrder : std::uint8_t { little, big };

/// Reads numbers and blocks of bytes that anybody may have written. Reading beyond the end throws
/// SampleFailure(truncated) and reads nothing.
class ByteReader {
 public:
  /// `what` is read, for the message: "BMP header". It must outlive the reader.
  ByteReader(std::span<const std::byte> bytes, ByteOrder order, const char* what)
      : bytes_(bytes), order_(order), what_(what) {}

  std::size_t position() const noexcept { return position_; }
  std::size_t left() const noexcept { return bytes_.size() - position_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return number(4); }
  std::span<const std::byte> block(std::uint64_t size);
  void skip(std::uint64_t size) { block(size); }
  void seek(std::uint64_t position);

 private:
  std::uint32_t number(std::size_t size);

  std::span<const std::byte> bytes_;
  ByteOrder order_;
  const char* what_;
  std::size_t position_ = 0;
};

}  // namespace slabring
