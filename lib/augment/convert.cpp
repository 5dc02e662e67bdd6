#include "augment/convert.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace slabring {
namespace {

// Lines are put in order this many pixels at a time, in memory on the stack that stays in the L1 cache.
constexpr std::size_t part_pixels = 256;

float converted(int byte, float mean, float deviation) noexcept {
  return (static_cast<float>(byte) / 255.0F - mean) / deviation;
}

void assign(float value, float& out) noexcept { out = value; }
void assign(float value, std::uint16_t& out) noexcept { out = to_half(value); }
void assign(float value, BFloat16& out) noexcept { out = to_bfloat16(value); }

// True when the kernel computes for every byte what the table says.
template <class Value>
bool computes_table(Scaling scaling) {
  scaling.computable = true;
  std::vector<std::uint8_t> bytes(256 * scaling.period);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i / scaling.period);
  std::vector<Value> computed(bytes.size());
  std::vector<Value> looked_up(bytes.size());
  scale_bytes(bytes.data(), bytes.size(), scaling, computed.data());
  plain::scale_bytes(bytes.data(), bytes.size(), scaling, looked_up.data());
  return std::memcmp(computed.data(), looked_up.data(), computed.size() * sizeof(Value)) == 0;
}

}  // namespace

Converter::Converter(const RowShape& shape, const Normalize* normalize)
    : shape_(shape),
      planar_(shape.layout == Layout::nchw && shape.channels > 1),
      width_(static_cast<std::size_t>(shape.width)),
      channels_(static_cast<std::size_t>(shape.channels)),
      plane_(width_ * static_cast<std::size_t>(shape.height)) {
  if (shape.dtype == DType::f32) prepare_scalings(normalize, f32_, &Scaling::f32);
  if (shape.dtype == DType::f16) prepare_scalings(normalize, f16_, &Scaling::f16);
  if (shape.dtype == DType::bf16) prepare_scalings(normalize, bf16_, &Scaling::bf16);
}

template <class Value>
void Converter::prepare_scalings(const Normalize* normalize, std::vector<Value>& table,
                                 const Value* Scaling::*table_of) {
  std::array<float, Scaling::max_period> mean{};
  std::array<float, Scaling::max_period> deviation{1.0F, 1.0F, 1.0F, 1.0F};
  table.resize(256 * channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    if (normalize != nullptr) {
      mean[c] = static_cast<float>(normalize->mean[c]);
      deviation[c] = static_cast<float>(normalize->std[c]);
    }
    for (int byte = 0; byte < 256; ++byte) {
      assign(converted(byte, mean[c], deviation[c]), table[c * 256 + static_cast<std::size_t>(byte)]);
    }
  }
  scalings_.resize(planar_ ? channels_ : 1);
  for (std::size_t i = 0; i < scalings_.size(); ++i) {
    Scaling& scaling = scalings_[i];
    scaling.period = planar_ ? 1 : channels_;
    scaling.*table_of = &table[i * 256];
    prepare_lanes(&mean[i], &deviation[i], scaling);
    scaling.computable = computes_table<Value>(scaling);
  }
}

void Converter::write(int y, const std::uint8_t* line, bool mirrored, std::byte* row) const {
  const std::size_t begin = static_cast<std::size_t>(y) * width_ * (planar_ ? 1 : channels_);
  switch (shape_.dtype) {
    case DType::f16: return write_values(line, mirrored, reinterpret_cast<std::uint16_t*>(row) + begin);
    case DType::f32: return write_values(line, mirrored, reinterpret_cast<float*>(row) + begin);
    case DType::bf16: return write_values(line, mirrored, reinterpret_cast<BFloat16*>(row) + begin);
    default:  // u8: images have no other types
      arrange_pixels(line, width_, {channels_, mirrored, planar_, plane_},
                     reinterpret_cast<std::uint8_t*>(row) + begin);
      return;
  }
}

template <class Value>
void Converter::write_values(const std::uint8_t* line, bool mirrored, Value* out) const {
  if (!planar_ && !mirrored) return scale_bytes(line, width_ * channels_, scalings_[0], out);
  std::array<std::uint8_t, part_pixels * Scaling::max_period> bytes;
  for (std::size_t x = 0; x < width_; x += part_pixels) {
    const std::size_t pixels = std::min(part_pixels, width_ - x);
    const std::size_t from = mirrored ? width_ - x - pixels : x;
    arrange_pixels(line + from * channels_, pixels, {channels_, mirrored, planar_, part_pixels}, bytes.data());
    if (planar_) {
      for (std::size_t c = 0; c < channels_; ++c) {
        scale_bytes(bytes.data() + c * part_pixels, pixels, scalings_[c], out + c * plane_ + x);
      }
    } else {
      scale_bytes(bytes.data(), pixels * channels_, scalings_[0], out + x * channels_);
    }
  }
}

}  // namespace slabring
