#include "loader/ring_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "dataset/extra_arrays.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::dataset, why); }

std::string called(std::span<const ExtraArray> arrays, std::size_t number) {
  return arrays[number].name.empty() ? fmt::format("extra array {}", number)
                                     : fmt::format("extra array {} ({})", number, arrays[number].name);
}

/// Bytes of a sample's part; bounded, so that whatever is computed from it fits.
std::uint64_t checked_bytes(std::span<const ExtraArray> arrays, std::size_t number) {
  const ArrayForm& form = arrays[number].form;
  std::uint64_t bytes = size_of(form.dtype);
  for (const std::int64_t extent : form.shape) {
    if (extent > 0 && !__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) continue;
    refuse(fmt::format("{} is {}; every number must be above 0, and all together a size", called(arrays, number),
                       array_text(form)));
  }
  // A batch has an axis more.
  if (form.shape.size() >= Axes::most) {
    refuse(fmt::format("{} is {}; it may have {} axes", called(arrays, number), array_text(form), Axes::most - 1));
  }
  return bytes;
}

void check_names(std::span<const ExtraArray> arrays) {
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const auto same = [&](const ExtraArray& other) { return other.name == arrays[i].name; };
    if (arrays[i].name.empty() || std::none_of(arrays.begin(), arrays.begin() + static_cast<std::ptrdiff_t>(i), same))
      continue;
    refuse(fmt::format("two extra arrays are called \"{}\"; a name must be one's alone", arrays[i].name));
  }
}

void refuse_mixing(const Program& program, std::span<const ExtraArray> arrays) {
  if (program.batch_mix() == nullptr) return;
  throw Error(ErrorCode::pipeline,
              fmt::format("{} makes a row of two samples, and the dataset has extra arrays ({}), of which nobody has "
                          "said how they are mixed; leave it out, or mix whole batches in the trainer",
                          program.batch_mix()->name(), array_text(arrays)));
}

}  // namespace

ring::Shape ring_shape(const Dataset& dataset, const Program& program, const LoaderOptions& options,
                       std::uint32_t slots) {
  ring::Shape shape{.batch_size = static_cast<std::uint32_t>(options.batch_size),
                    .slabs = static_cast<std::uint32_t>(options.prefetch),
                    .workers = slots,
                    .row_bytes = program.row_shape().bytes()};
  const std::span<const ExtraArray> arrays = dataset.extra_arrays();
  if (arrays.empty()) return shape;
  refuse_mixing(program, arrays);
  if (arrays.size() > ring::max_extra_arrays) {
    refuse(fmt::format("the dataset has {} extra arrays; a batch has places for {}", arrays.size(),
                       ring::max_extra_arrays));
  }
  check_names(arrays);
  shape.extra_arrays = static_cast<std::uint32_t>(arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) shape.extra_row_bytes[i] = checked_bytes(arrays, i);
  return shape;
}

}  // namespace slabring
