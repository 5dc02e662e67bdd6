#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

namespace slabring {

/// Memory that is written before it is read: grows when asked for more, never copies, and gives itself back when it has
/// been much too large for a while, so that one outlier does not stay in the worker for ever.
template <class T>
class ScratchBuffer {
 public:
  /// Room for `count` values, not initialised; what was there is lost if it has to grow.
  T* take(std::size_t count) {
    used_ = std::max(used_, count);
    if (count > capacity_) {
      data_.reset();  // first, so that old and new never exist together
      capacity_ = 0;
      data_ = std::make_unique_for_overwrite<T[]>(count);
      capacity_ = count;
    }
    return data_.get();
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t bytes() const noexcept { return capacity_ * sizeof(T); }

  /// Called once a sample. Returns true when the memory was given back: what it held is gone.
  bool settle() noexcept {
    const bool roomy = bytes() > kept_bytes && used_ < capacity_ / 4;
    roomy_samples_ = roomy ? roomy_samples_ + 1 : 0;
    used_ = 0;
    if (roomy_samples_ < patience) return false;
    data_.reset();
    capacity_ = 0;
    roomy_samples_ = 0;
    return true;
  }

  /// Less than this is not worth giving back.
  static constexpr std::size_t kept_bytes = std::size_t{1} << 20;
  /// Samples in a row that needed less than a quarter.
  static constexpr int patience = 16;

 private:
  std::unique_ptr<T[]> data_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  int roomy_samples_ = 0;
};

}  // namespace slabring
