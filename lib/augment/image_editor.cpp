#include "augment/image_editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>

#include "augment/border.hpp"
#include "augment/colour.hpp"
#include "augment/gaussian_blur.hpp"
#include "augment/jpeg_artefacts.hpp"
#include "augment/sharpness.hpp"
#include "augment/warp.hpp"
#include "base/sample_failure.hpp"

namespace slabring {
namespace {

void call(const op::Call& call, const MutableImageView& image) {
  RandomStream random = call.random;
  try {
    (*call.function)(image, random);
  } catch (const std::exception& error) {
    throw SampleFailure(SampleStatus::transform_failed, fmt::format("{}: {}", *call.place, error.what()));
  } catch (...) {
    throw SampleFailure(SampleStatus::transform_failed,
                        fmt::format("{}: threw something that is no std::exception", *call.place));
  }
}

std::size_t bytes_of(const ImageView& image) noexcept {
  return static_cast<std::size_t>(image.stride) * static_cast<std::size_t>(image.height);
}

}  // namespace

MutableImageView ImageEditor::room(int width, int height, int channels) {
  const std::ptrdiff_t stride = std::ptrdiff_t{width} * channels;
  const auto bytes = static_cast<std::size_t>(stride) * static_cast<std::size_t>(height);
  room_ = {scratch_.image(1 - buffer_, bytes), width, height, channels, stride};
  return room_;
}

void ImageEditor::enter_room() {
  image_ = room_;
  buffer_ = 1 - buffer_;
}

const MutableImageView& ImageEditor::image() {
  pending_.apply(image_);
  pending_.reset();
  return image_;
}

// Product and sum are rounded one after the other, as torch does them.
void ImageEditor::add_to_mix(float weight) {
  const std::uint8_t* bytes = image_.data;
  float* mix = scratch_.mix().data();
  for (std::size_t i = 0; i < bytes_of(image_); ++i) mix[i] += weight * static_cast<float>(bytes[i]);
}

struct ImageEditor::Applier {
  ImageEditor& editor;

  PointTable& table() const noexcept { return editor.pending_; }
  Histogram histogram() const {
    Histogram counts;
    editor.pending_.count(editor.image_, counts);
    return counts;
  }

  void operator()(const op::Brightness& op) const { then_brightness(table(), op.factor); }
  void operator()(const op::Contrast& op) const {
    then_contrast(table(), op.factor, mean_luma(editor.image_, table()));
  }
  void operator()(const op::Posterize& op) const { then_posterize(table(), op.bits); }
  void operator()(const op::Solarize& op) const { then_solarize(table(), op.threshold); }
  void operator()(const op::Invert&) const { then_invert(table()); }
  void operator()(const op::Autocontrast&) const { then_autocontrast(table(), histogram()); }
  void operator()(const op::Equalize&) const { then_equalize(table(), histogram()); }

  void operator()(const op::Saturation& op) const { adjust_saturation(editor.image(), op.factor); }
  void operator()(const op::Hue& op) const { adjust_hue(editor.image(), op.factor); }
  void operator()(const op::Sharpness& op) const {
    adjust_sharpness(editor.image(), op.factor, editor.scratch_.lines());
  }
  void operator()(const op::ToGrayscale& op) const {
    const MutableImageView& image = editor.image();
    if (op.channels == 1) {
      editor.image_ = narrowed_to_gray(image);
    } else if (op.channels == 3 && image.channels == 1) {
      widen_gray(image, editor.room(image.width, image.height, 3));
      editor.enter_room();
    } else {
      make_gray(image);
    }
  }

  // Writes into room() and goes on there.
  template <class Write>
  void replace(int width, int height, const Write& write) const {
    const MutableImageView& image = editor.image();
    write(image, editor.room(width, height, image.channels));
    editor.enter_room();
  }
  void operator()(const op::Window& op) const {
    replace(op.window.width, op.window.height, [&](const ImageView& image, const MutableImageView& out) {
      copy_window(image, op.window, op.mode, op.fill, out, editor.scratch_.columns());
    });
  }
  void operator()(const op::QuarterTurn& op) const {
    replace(editor.image_.height, editor.image_.width,
            [&](const ImageView& image, const MutableImageView& out) { rotate_quarter(image, op.clockwise, out); });
  }
  void operator()(const op::Affine& op) const {
    replace(op.width, op.height, [&](const ImageView& image, const MutableImageView& out) {
      warp_affine(image, op.matrix, op.interpolation, op.fill, out);
    });
  }
  void operator()(const op::Perspective& op) const {
    replace(editor.image_.width, editor.image_.height, [&](const ImageView& image, const MutableImageView& out) {
      warp_perspective(image, op.matrix, op.interpolation, op.fill, out);
    });
  }
  void operator()(const op::GaussianBlur& op) const {
    gaussian_blur(editor.image(), op.kernel_size, op.sigma, editor.scratch_.floats());
  }
  void operator()(const op::Jpeg& op) const { add_jpeg_artefacts(editor.image(), op.quality, editor.scratch_.jpeg()); }
  void operator()(const op::MixBegin& op) const {
    const MutableImageView& image = editor.image();
    std::memcpy(editor.scratch_.kept().take(bytes_of(image)), image.data, bytes_of(image));
    std::fill_n(editor.scratch_.mix().take(bytes_of(image)), bytes_of(image), 0.0F);
    editor.add_to_mix(op.weight);
  }
  void operator()(const op::MixAdd& op) const {
    const MutableImageView& image = editor.image();
    editor.add_to_mix(op.weight);
    std::memcpy(image.data, editor.scratch_.kept().data(), bytes_of(image));
  }
  void operator()(const op::MixEnd&) const {
    const MutableImageView& image = editor.image();
    const float* mix = editor.scratch_.mix().data();
    std::transform(mix, mix + bytes_of(image), image.data,
                   [](float value) { return static_cast<std::uint8_t>(static_cast<int>(value)); });
  }
  void operator()(const op::Call& op) const { call(op, editor.image()); }
};

void ImageEditor::apply(const ImageOp& op) { std::visit(Applier{*this}, op); }

}  // namespace slabring
