#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace slabring {

/// What a sample needs of a tf.train.Example.
struct TfExample {
  std::optional<std::span<const std::byte>> image;  ///< the first value of a bytes feature
  std::optional<std::int64_t> label;                ///< the first value of an int64 feature
};

/// Reads an Example (a protocol buffer: Features of Feature by name) without copying. A feature of another type than is
/// asked for counts as not there; of two features with one name the later one counts, as in a protocol buffer's map.
/// Throws SampleFailure(corrupt) for bytes that are no Example.
TfExample read_tf_example(std::span<const std::byte> bytes, std::string_view image_name, std::string_view label_name);

}  // namespace slabring
