#include "augment/array_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "base/sample_failure.hpp"

namespace slabring {

std::string describe(const ArrayForm& form) {
  return fmt::format("{} [{}]", to_string(form.dtype), fmt::join(form.shape, ", "));
}

void require_form(const ArrayView& array, const ArrayForm& form) {
  if (array.dtype == form.dtype && array.shape == form.shape) return;
  throw SampleFailure(SampleStatus::wrong_shape,
                      fmt::format("the sample is {}; the dataset's samples are {}",
                                  describe(ArrayForm{array.dtype, array.shape}), describe(form)));
}

ArrayWriter::ArrayWriter(const ArrayForm& source, DType dtype, const Standardize* standardize)
    : source_(source), count_(source.shape.elements()), row_bytes_(count_ * size_of(dtype)) {
  if (standardize != nullptr) {
    epsilon_ = standardize->epsilon;
    standardize_ = standardization(source.dtype, dtype);
  } else {
    convert_ = conversion(source.dtype, dtype);
  }
}

void ArrayWriter::write(const ArrayView& array, std::byte* row) const {
  require_form(array, source_);
  if (standardize_ != nullptr) return standardize_(array.data, count_, epsilon_, row);
  if (convert_ != nullptr) return convert_(array.data, count_, row);
  std::memcpy(row, array.data, row_bytes_);
}

}  // namespace slabring
