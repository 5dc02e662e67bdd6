#pragma once

#include <optional>

#include "augment/op_tree.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// What is known of an image before any is seen.
struct ImageForm {
  std::optional<Size> size;  ///< nothing: it depends on the image
  int channels = 3;

  bool operator==(const ImageForm&) const = default;
};

/// Goes through the transforms with the form of the images that they are given. Throws Error(pipeline) where one has
/// parameters that cannot be used, or cannot work on what the ones before it leave, naming it and its position.
ImageForm form_after(const OpTree& tree, ImageForm form);

/// Refuses a transform of a pipeline: "transform 1, Resize: size ...".
[[noreturn]] void refuse_op(const OpNode& node, const std::string& sentence);

}  // namespace slabring
