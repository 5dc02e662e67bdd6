#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace slabring::model {

/// A set of 64-bit fingerprints: open addressing, at most 70 % full.
///
/// Two states with equal fingerprints count as one. Of 50 million random fingerprints, two are equal once in 14,000
/// searches.
class Fingerprints {
 public:
  /// `numbered`: also keeps the order in which they came, for 4 bytes an entry.
  explicit Fingerprints(bool numbered) : slots_(std::size_t{1} << 16), numbers_(numbered ? slots_.size() : 0) {}

  struct Added {
    bool is_new;
    std::uint32_t number;  ///< how many were there before it; only if it is new or the set is numbered
  };
  Added add(std::uint64_t fingerprint) {
    if ((size_ + 1) * 10 > slots_.size() * 7) grow();
    if (fingerprint == empty) fingerprint = 1;
    const std::size_t slot = find(fingerprint);
    if (slots_[slot] == fingerprint) return {false, numbers_.empty() ? 0 : numbers_[slot]};
    slots_[slot] = fingerprint;
    const auto number = static_cast<std::uint32_t>(size_++);
    if (!numbers_.empty()) numbers_[slot] = number;
    return {true, number};
  }
  std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::uint64_t empty = 0;

  std::size_t find(std::uint64_t fingerprint) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = fingerprint & mask;
    while (slots_[slot] != empty && slots_[slot] != fingerprint) slot = (slot + 1) & mask;
    return slot;
  }

  void grow() {
    const auto old_slots = std::exchange(slots_, std::vector<std::uint64_t>(slots_.size() * 2));
    const auto old_numbers = std::exchange(numbers_, std::vector<std::uint32_t>(numbers_.size() * 2));
    for (std::size_t i = 0; i < old_slots.size(); ++i) {
      if (old_slots[i] == empty) continue;
      const std::size_t slot = find(old_slots[i]);
      slots_[slot] = old_slots[i];
      if (!numbers_.empty()) numbers_[slot] = old_numbers[i];
    }
  }

  std::vector<std::uint64_t> slots_;
  std::vector<std::uint32_t> numbers_;
  std::size_t size_ = 0;
};

}  // namespace slabring::model
