#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/sample_failure.hpp"

namespace slabring::protobuf {

using Bytes = std::span<const std::byte>;

/// One field of a message: a number, or bytes. Of others only the number is told.
struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;
  Bytes bytes;
  bool has_bytes = false;
};

/// Walks through the fields of a message (protobuf.dev/programming-guides/encoding) without copying. Bytes that are no
/// message are a SampleFailure(corrupt) that names `what` it should have been.
class Message {
 public:
  Message(Bytes bytes, const char* what) noexcept : rest_(bytes), what_(what) {}

  /// False at the end.
  bool next(Field& field) {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field = {};
    field.number = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0: field.value = varint(); break;
      case 1: take(8); break;
      case 2:
        field.bytes = take(varint());
        field.has_bytes = true;
        break;
      case 5: take(4); break;
      default: refuse("a field has a wire type that there is not");
    }
    if (field.number == 0) refuse("a field has the number 0");
    return true;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) refuse("it ends inside a number");
      const auto byte = std::to_integer<std::uint64_t>(rest_.front());
      rest_ = rest_.subspan(1);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    refuse("a number has more than 64 bits");
  }
  bool empty() const noexcept { return rest_.empty(); }

 private:
  Bytes take(std::uint64_t count) {
    if (count > rest_.size()) refuse("a field is longer than what holds it");
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  [[noreturn]] void refuse(const char* why) const {
    throw SampleFailure(SampleStatus::corrupt, std::string("the record is no ") + what_ + ": " + why);
  }

  Bytes rest_;
  const char* what_;
};

}  // namespace slabring::protobuf
