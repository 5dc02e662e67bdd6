#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>

namespace slabring {

/// Bytes in a memfd that was sealed once they were written, mapped read-only: the same pages in every copy and every
/// fork, and nobody can change them. Holds no descriptor.
class SharedBytes {
 public:
  SharedBytes() = default;
  /// `fill` gets `size` bytes of zeros. Throws Error(io), Error(memory). Requires: size > 0.
  SharedBytes(std::size_t size, const std::function<void(std::span<std::byte>)>& fill);

  std::span<const std::byte> bytes() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::shared_ptr<const std::byte> bytes_;
  std::size_t size_ = 0;
};

/// The same as an array of plain numbers.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SharedArray() = default;
  SharedArray(std::size_t size, const std::function<void(std::span<T>)>& fill)
      : bytes_(size * sizeof(T), [&](std::span<std::byte> room) {
          fill({reinterpret_cast<T*>(room.data()), room.size() / sizeof(T)});
        }) {}

  std::span<const T> values() const noexcept { return {reinterpret_cast<const T*>(bytes_.bytes().data()), size()}; }
  std::size_t size() const noexcept { return bytes_.bytes().size() / sizeof(T); }
  bool empty() const noexcept { return size() == 0; }
  T operator[](std::size_t i) const noexcept { return values()[i]; }
  std::span<const std::byte> bytes() const noexcept { return bytes_.bytes(); }

 private:
  SharedBytes bytes_;
};

}  // namespace slabring
