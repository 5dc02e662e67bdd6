#pragma once

#include <cstddef>
#include <string>

#include "augment/array_values.hpp"
#include "slabring/dataset.hpp"
#include "slabring/tensor.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// "f32 [3, 4]": for messages.
std::string describe(const ArrayForm& form);

/// Throws SampleFailure(wrong_shape) when `array` has another type or shape.
void require_form(const ArrayView& array, const ArrayForm& form);

/// Writes samples that are arrays into rows: value by value, kept or converted, or standardised.
class ArrayWriter {
 public:
  /// `standardize` may be null. Requires: can_convert(source.dtype, dtype); with `standardize`, dtype is no integer.
  ArrayWriter(const ArrayForm& source, DType dtype, const Standardize* standardize);

  /// Throws SampleFailure(wrong_shape). Requires: row is aligned for its type.
  void write(const ArrayView& array, std::byte* row) const;

 private:
  ArrayForm source_;
  std::size_t count_;
  std::size_t row_bytes_;
  double epsilon_ = 0.0;
  ConvertValues* convert_ = nullptr;  ///< null: kept as they are
  StandardizeValues* standardize_ = nullptr;
};

}  // namespace slabring
