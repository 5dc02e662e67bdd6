#include "dataset/pack_form.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <vector>

#include "base/names.hpp"
#include "base/sample_failure.hpp"
#include "dataset/record_set.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

/// Sizes that have a product which can be a sample's.
Axes shape_from_json(const json& shape, std::size_t element_bytes, const std::string& path) {
  const auto extents = shape.get<std::vector<std::int64_t>>();
  if (extents.size() > Axes::most) {
    throw Error(ErrorCode::dataset, fmt::format("{} is a pack of samples with {} axes; at most {} are read", path,
                                                extents.size(), Axes::most));
  }
  Axes axes;
  std::uint64_t bytes = element_bytes;
  for (const std::int64_t extent : extents) {
    if (extent <= 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes) ||
        bytes > most_record_bytes) {
      throw Error(ErrorCode::dataset, fmt::format("{} is a pack of samples of shape {}; a sample has 1 to {} bytes",
                                                  path, shape.dump(), most_record_bytes));
    }
    axes.push_back(extent);
  }
  return axes;
}

}  // namespace

std::size_t PackForm::sample_bytes() const noexcept {
  if (array) return array->shape.elements() * size_of(array->dtype);
  return static_cast<std::size_t>(pixels->height) * static_cast<std::size_t>(pixels->width) *
         static_cast<std::size_t>(pixels->channels);
}

void PackForm::give(std::span<const std::byte> bytes, Sample& sample) const {
  if (!is_bare()) return sample.from_encoded(bytes);
  if (bytes.size() != sample_bytes()) {
    throw SampleFailure(SampleStatus::corrupt,
                        fmt::format("it has {} bytes; the samples of its pack have {}", bytes.size(), sample_bytes()));
  }
  if (array) return sample.from_array({bytes.data(), array->dtype, array->shape});
  sample.from_pixels({reinterpret_cast<const std::uint8_t*>(bytes.data()), pixels->width, pixels->height,
                      pixels->channels, std::ptrdiff_t{pixels->width} * pixels->channels});
}

PackForm pack_form_of(const Dataset& dataset) {
  PackForm form{dataset.sample_array(), std::nullopt};
  if (!form.array) form.pixels = dataset.sample_shape();
  return form;
}

json pack_form_to_json(const PackForm& form) {
  if (form.array) {
    return {{"array",
             {{"dtype", to_string(form.array->dtype)},
              {"shape", std::vector<std::int64_t>(form.array->shape.begin(), form.array->shape.end())}}}};
  }
  if (form.pixels) return {{"pixels", {form.pixels->height, form.pixels->width, form.pixels->channels}}};
  return json::object();
}

PackForm pack_form_from_json(const json& about, const std::string& path) {
  PackForm form;
  if (about.contains("array")) {
    const json& array = about.at("array");
    const auto dtype = value_of<DType>(array.at("dtype").get<std::string>());
    if (!dtype) {
      throw Error(ErrorCode::dataset, fmt::format("{} is a pack of arrays of {}; this program reads {}", path,
                                                  array.at("dtype").dump(), joined(names_of<DType>())));
    }
    form.array = {*dtype, shape_from_json(array.at("shape"), size_of(*dtype), path)};
  } else if (about.contains("pixels")) {
    const Axes shape = shape_from_json(about.at("pixels"), 1, path);
    if (shape.size() != 3) {
      throw Error(ErrorCode::dataset, fmt::format("{} is a pack of pixels of shape {}; must be height, width, channels",
                                                  path, about.at("pixels").dump()));
    }
    form.pixels = {static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2])};
  }
  return form;
}

}  // namespace slabring
