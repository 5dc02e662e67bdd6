#include "augment/image_form.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "augment/parameters.hpp"
#include "augment/torchvision_rules.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

ImageForm form_after_nodes(const OpTree& tree, std::uint32_t begin, std::uint32_t end, ImageForm form);

// What each transform makes of a form; those that are not named keep it.
struct FormAfter {
  const OpTree& tree;
  std::uint32_t index;
  const OpNode& node;
  ImageForm form;

  ImageForm operator()(const Resize& op) const {
    if (op.exact) return sized(*op.exact);
    return {form.size ? std::optional(resized_size(op, *form.size)) : std::nullopt, form.channels};
  }
  ImageForm operator()(const CenterCrop& op) const { return sized(op.size); }
  ImageForm operator()(const RandomResizedCrop& op) const { return sized(op.size); }
  ImageForm operator()(const Pad& op) const {
    check_fill(op.fill);
    return {form.size ? std::optional(padded_size(op.padding, *form.size)) : std::nullopt, form.channels};
  }
  ImageForm operator()(const RandomCrop& op) const {
    check_fill(op.fill);
    return sized(op.size);
  }
  ImageForm operator()(const RandomShortestSize& op) const {
    if (!form.size || op.min_size.size() != 1) return {std::nullopt, form.channels};
    return sized(shortest_size(op, op.min_size[0], *form.size));
  }
  ImageForm operator()(const RandomRotation& op) const {
    check_fill(op.fill);
    if (op.expand) return {std::nullopt, form.channels};
    return form;
  }
  ImageForm operator()(const RandomAffine& op) const {
    check_fill(op.fill);
    return form;
  }
  ImageForm operator()(const RandomPerspective& op) const {
    check_fill(op.fill);
    return form;
  }
  ImageForm operator()(const RandomHorizontalFlip&) const { return form; }
  ImageForm operator()(const RandomVerticalFlip&) const { return form; }

  ImageForm operator()(const Grayscale& op) const { return {coloured().size, op.num_output_channels}; }
  ImageForm operator()(const Normalize&) const { return form; }
  ImageForm operator()(const Standardize&) const { return form; }
  ImageForm operator()(const RandomErasing&) const { return form; }
  ImageForm operator()(const Lambda&) const { return form; }
  ImageForm operator()(const Plugin&) const { return form; }
  ImageForm operator()(const MixUp&) const { return form; }
  ImageForm operator()(const CutMix&) const { return form; }

  ImageForm operator()(const RandomApply&) const {
    return either(form, form_after_nodes(tree, index + 1, node.end, form));
  }
  ImageForm operator()(const RandomChoice&) const {
    ImageForm all = form_of_child(index + 1);
    for (std::uint32_t i = tree.next(index + 1); i < node.end; i = tree.next(i)) all = either(all, form_of_child(i));
    return all;
  }
  ImageForm operator()(const RandomOrder&) const {
    // What one makes of the form it is given, another may be given: only if none changes it, the order does not matter.
    ImageForm all = form;
    for (std::uint32_t i = index + 1; i < node.end; i = tree.next(i)) all = either(all, form_of_child(i));
    if (!all.size) form_after_nodes(tree, index + 1, node.end, all);  // of any size, they have to be possible
    return all;
  }

  ImageForm operator()(const AutoAugment& op) const { return filled(op.fill); }
  ImageForm operator()(const RandAugment& op) const { return filled(op.fill); }
  ImageForm operator()(const TrivialAugmentWide& op) const { return filled(op.fill); }
  ImageForm operator()(const AugMix& op) const { return filled(op.fill); }

  // Colours, that is.
  template <class Op>
  ImageForm operator()(const Op&) const {
    return coloured();
  }

 private:
  void check_fill(const Fill& fill) const {
    const std::size_t values = fill.values.size();
    if (values == 1 || values == static_cast<std::size_t>(form.channels)) return;
    refuse_op(node, fmt::format("fill has {} values, the image has {} channels; must have 1 or as many", values,
                                form.channels));
  }

  ImageForm filled(const Fill& fill) const {
    check_fill(fill);
    return coloured();
  }

  ImageForm form_of_child(std::uint32_t child) const { return form_after_nodes(tree, child, tree.next(child), form); }

  // What is known where it may be the one or the other.
  ImageForm either(const ImageForm& one, const ImageForm& other) const {
    if (one.channels != other.channels) {
      refuse_op(node, fmt::format("gives {} or {} channels, whatever is drawn; must always be as many", one.channels,
                                  other.channels));
    }
    return {one.size == other.size ? one.size : std::nullopt, one.channels};
  }

  ImageForm sized(Size size) const { return {size, form.channels}; }

  ImageForm coloured() const {
    if (form.channels == 1 || form.channels == 3) return form;
    refuse_op(node, fmt::format("is given {} channels; must be 1 or 3", form.channels));
  }
};

ImageForm form_after_nodes(const OpTree& tree, std::uint32_t begin, std::uint32_t end, ImageForm form) {
  for (std::uint32_t i = begin; i < end; i = tree.next(i)) {
    const OpNode& node = tree.node(i);
    if (const auto fault = find_fault(*node.transform)) {
      refuse_op(node, fmt::format("{} {}", fault->parameter, fault->sentence));
    }
    form = std::visit(FormAfter{tree, i, node, form}, *node.transform);
  }
  return form;
}

}  // namespace

void refuse_op(const OpNode& node, const std::string& sentence) {
  throw Error(ErrorCode::pipeline, fmt::format("{}: {}", node.place, sentence));
}

ImageForm form_after(const OpTree& tree, ImageForm form) { return form_after_nodes(tree, 0, tree.size(), form); }

}  // namespace slabring
