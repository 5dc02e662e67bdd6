#include "base/random.hpp"
#include "slabring/transform.hpp"

namespace slabring {

std::uint64_t RandomStream::bits() noexcept {
  if (left_ == 0) {
    pending_ = random_block(key_, to_index(id_), op_, block_++);
    left_ = static_cast<int>(pending_.size());
  }
  return pending_[pending_.size() - static_cast<std::size_t>(left_--)];
}

double RandomStream::uniform() noexcept {
  return static_cast<double>(bits() >> 11) * 0x1p-53;  // all 53 bits of a double's fraction
}

std::uint64_t RandomStream::below(std::uint64_t bound) noexcept {
  // Lemire, "Fast random integer generation in an interval" (2019): the upper half of a 128-bit product; a lower half
  // under 2^64 mod bound would make some values more likely than others and is drawn again.
  __extension__ using Product = unsigned __int128;
  const std::uint64_t biased = (0 - bound) % bound;
  for (;;) {
    const Product product = static_cast<Product>(bits()) * bound;
    if (static_cast<std::uint64_t>(product) >= biased) return static_cast<std::uint64_t>(product >> 64);
  }
}

}  // namespace slabring
