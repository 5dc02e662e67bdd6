#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "slabring/tensor.hpp"

namespace slabring {

/// What a `.npy` file says of the array in it (numpy/lib/format.py describes the format).
struct NpyHeader {
  DType dtype = DType::u8;
  Axes shape;
  std::size_t data_offset = 0;

  /// Of the elements. Less than 2^62.
  std::size_t data_bytes() const noexcept { return shape.elements() * size_of(dtype); }
};

/// A header is at most this long; numpy itself refuses longer ones since 1.24.
inline constexpr std::size_t max_npy_header = 10'000 + 12;

/// Reads the header that a file begins with: versions 1.0 to 3.0, little-endian numbers or bool (as u8), C order.
/// `bytes` holds the file's first max_npy_header bytes, or all of it.
///
/// Throws SampleFailure: unknown_format, truncated, corrupt, and unsupported with what would be right.
NpyHeader read_npy_header(std::span<const std::byte> bytes);

/// The header of version 1.0 for an array in C order. Requires: numpy has the type; bf16 it has not.
std::string npy_header_of(DType dtype, const Axes& shape);

}  // namespace slabring
