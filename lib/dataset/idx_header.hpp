#pragma once

#include <cstddef>
#include <span>

#include "slabring/tensor.hpp"

namespace slabring {

/// What an IDX file, the format of MNIST, says of the bytes in it (http://yann.lecun.com/exdb/mnist).
struct IdxHeader {
  Axes shape;
  std::size_t data_offset = 0;
};

/// Reads the header and compares it with the file's size. `bytes`: the whole file.
///
/// Throws SampleFailure: unknown_format, unsupported (other elements than bytes), truncated, corrupt (longer than the
/// header says).
IdxHeader read_idx_header(std::span<const std::byte> bytes);

}  // namespace slabring
