#pragma once

#include <cstdint>

namespace slabring::ring {

/// Who a row belongs to: one 64-bit word, changed by compare-and-swap only. The claim IS this word, so there is no
/// moment at which a row is taken and its owner not yet recorded.
///
///   state:2 | attempts:6 | worker:16 | batch:40
///
/// `batch` is the batch's sequence number in the run, modulo 2^40: a claim on a recycled slab fails by it. `attempts`
/// weighs the workers that died over this row (recovery.hpp).
class OwnerWord {
 public:
  enum class State : std::uint64_t { none = 0, free = 1, claimed = 2 };

  static constexpr std::uint32_t trainer = 0xfffe;      ///< worker number of the trainer: rows of a cancelled batch
  static constexpr std::uint32_t coordinator = 0xffff;  ///< of the coordinator: void and quarantined rows
  static constexpr std::uint64_t batch_mask = (std::uint64_t{1} << 40) - 1;
  static constexpr std::uint32_t max_attempts = 63;

  constexpr OwnerWord() noexcept = default;
  explicit constexpr OwnerWord(std::uint64_t bits) noexcept : bits_(bits) {}
  static constexpr OwnerWord free(std::uint64_t batch, std::uint32_t attempts) noexcept {
    return make(State::free, attempts, 0, batch);
  }
  static constexpr OwnerWord claimed(std::uint64_t batch, std::uint32_t attempts, std::uint32_t worker) noexcept {
    return make(State::claimed, attempts, worker, batch);
  }

  constexpr std::uint64_t bits() const noexcept { return bits_; }
  constexpr State state() const noexcept { return static_cast<State>(bits_ >> 62); }
  constexpr std::uint32_t attempts() const noexcept { return static_cast<std::uint32_t>(bits_ >> 56) & 63; }
  constexpr std::uint32_t worker() const noexcept { return static_cast<std::uint32_t>(bits_ >> 40) & 0xffff; }
  constexpr std::uint64_t batch() const noexcept { return bits_ & batch_mask; }
  constexpr bool is_claimed_by(std::uint32_t who) const noexcept {
    return state() == State::claimed && worker() == who;
  }

 private:
  static constexpr OwnerWord make(State state, std::uint32_t attempts, std::uint32_t worker,
                                  std::uint64_t batch) noexcept {
    return OwnerWord{static_cast<std::uint64_t>(state) << 62 | std::uint64_t{attempts & 63} << 56 |
                     std::uint64_t{worker & 0xffff} << 40 | (batch & batch_mask)};
  }
  std::uint64_t bits_ = 0;
};

static_assert(OwnerWord::claimed(5, 3, 7).batch() == 5 && OwnerWord::claimed(5, 3, 7).attempts() == 3 &&
              OwnerWord::claimed(5, 3, 7).worker() == 7);

}  // namespace slabring::ring
