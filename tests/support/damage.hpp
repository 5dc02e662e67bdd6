#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>

#include "support/encode_image.hpp"

namespace slabring::test {

/// Damages files, the same ones in the same way each time.
class Damage {
 public:
  /// One to some of: a bit flipped, a byte replaced, bytes cut out or doubled, the end cut off. Half of it strikes near
  /// the beginning, where the headers are.
  void inflict(Bytes& file) {
    for (std::size_t blows = 1 + below(4); blows > 0 && file.size() > 8; --blows) {
      const std::size_t at = below(below(2) == 0 ? std::min<std::size_t>(file.size(), 700) : file.size());
      const auto first = file.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = first + static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(file.size() - at, 40) + 1));
      switch (below(6)) {
        case 0: file.erase(first, last); break;
        case 1: {
          const Bytes doubled(first, last);
          file.insert(first, doubled.begin(), doubled.end());
          break;
        }
        case 2: file.resize(at); break;
        case 3: *first = static_cast<std::byte>(below(256)); break;
        default: *first ^= static_cast<std::byte>(1u << below(8)); break;
      }
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::mt19937 random_{20240607};
};

inline Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

/// LLVMFuzzerTestOneInput of some fuzzer.
using FuzzEntry = int (*)(const std::uint8_t* data, std::size_t size);

inline void put_through(FuzzEntry entry, const Bytes& file) {
  entry(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
}

/// Puts each seed through a fuzzer's entry, and after it as many damaged copies; the same ones in every build.
inline void replay(FuzzEntry entry, std::span<const Bytes> seeds, int copies) {
  Damage damage;
  for (const Bytes& seed : seeds) {
    put_through(entry, seed);
    for (int i = 0; i < copies; ++i) {
      Bytes file = seed;
      damage.inflict(file);
      put_through(entry, file);
    }
  }
}

}  // namespace slabring::test
