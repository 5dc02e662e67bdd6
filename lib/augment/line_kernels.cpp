#include "augment/line_kernels.hpp"

namespace slabring {

void prepare_lanes(const float* means, const float* deviations, Scaling& scaling) {
  for (std::size_t i = 0; i < scaling.mean.size(); ++i) {
    const std::size_t channel = i % scaling.period;
    const double inverse = 1.0 / static_cast<double>(deviations[channel]);
    scaling.mean[i] = means[channel];
    scaling.std[i] = deviations[channel];
    scaling.inverse[i] = static_cast<float>(inverse);
    scaling.inverse_rest[i] = static_cast<float>(inverse - static_cast<double>(scaling.inverse[i]));
  }
}

namespace plain {
namespace {

template <class Value>
void look_up(const std::uint8_t* bytes, std::size_t count, std::size_t period, const Value* table, Value* out) {
  std::size_t channel = 0;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = table[channel * 256 + bytes[i]];
    if (++channel == period) channel = 0;
  }
}

}  // namespace

void arrange_pixels(const std::uint8_t* line, std::size_t width, const PixelOrder& order, std::uint8_t* out) {
  for (std::size_t x = 0; x < width; ++x) {
    const std::uint8_t* pixel = line + (order.mirrored ? width - 1 - x : x) * order.channels;
    for (std::size_t c = 0; c < order.channels; ++c) {
      out[order.planar ? c * order.plane + x : x * order.channels + c] = pixel[c];
    }
  }
}

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, float* out) {
  look_up(bytes, count, scaling.period, scaling.f32, out);
}

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, std::uint16_t* out) {
  look_up(bytes, count, scaling.period, scaling.f16, out);
}

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, BFloat16* out) {
  look_up(bytes, count, scaling.period, scaling.bf16, out);
}

}  // namespace plain
}  // namespace slabring
