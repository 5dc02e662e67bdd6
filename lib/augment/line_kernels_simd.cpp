// The kernels of line_kernels.hpp, compiled once for each instruction set (docs/performance.md has the design).
#include "augment/line_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "augment/line_kernels_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace slabring {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void ArrangePixels(const std::uint8_t* line, std::size_t width, const PixelOrder& order, std::uint8_t* out) {
  plain::arrange_pixels(line, width, order, out);
}

void ScaleToF32(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, float* out) {
  plain::scale_bytes(bytes, count, scaling, out);
}

void ScaleToF16(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, std::uint16_t* out) {
  plain::scale_bytes(bytes, count, scaling, out);
}

void ScaleToBF16(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, BFloat16* out) {
  plain::scale_bytes(bytes, count, scaling, out);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// ---- order ----

// The channels of as many pixels as a vector has bytes.
template <class D8>
struct Planes {
  hn::Vec<D8> a, b, c, d;
};

template <std::size_t channels, class D8>
HWY_INLINE Planes<D8> LoadPlanes(D8 d8, const std::uint8_t* pixels) {
  Planes<D8> planes{hn::Undefined(d8), hn::Undefined(d8), hn::Undefined(d8), hn::Undefined(d8)};
  if constexpr (channels == 1) planes.a = hn::LoadU(d8, pixels);
  if constexpr (channels == 2) hn::LoadInterleaved2(d8, pixels, planes.a, planes.b);
  if constexpr (channels == 3) hn::LoadInterleaved3(d8, pixels, planes.a, planes.b, planes.c);
  if constexpr (channels == 4) hn::LoadInterleaved4(d8, pixels, planes.a, planes.b, planes.c, planes.d);
  return planes;
}

// Highway 1.0.3 has Reverse for wider lanes only.
template <class D8>
HWY_INLINE hn::Vec<D8> Reversed(D8 d8, hn::Vec<D8> bytes) {
  alignas(16) static constexpr std::uint8_t backwards[16] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  return hn::ReverseBlocks(d8, hn::TableLookupBytes(bytes, hn::LoadDup128(d8, backwards)));
}

template <std::size_t channels, class D8>
HWY_INLINE void Mirror(D8 d8, Planes<D8>& planes) {
  planes.a = Reversed(d8, planes.a);
  if constexpr (channels > 1) planes.b = Reversed(d8, planes.b);
  if constexpr (channels > 2) planes.c = Reversed(d8, planes.c);
  if constexpr (channels > 3) planes.d = Reversed(d8, planes.d);
}

template <std::size_t channels, class D8>
HWY_INLINE void StorePlanes(D8 d8, const Planes<D8>& planes, std::size_t plane, std::uint8_t* out) {
  hn::StoreU(planes.a, d8, out);
  if constexpr (channels > 1) hn::StoreU(planes.b, d8, out + plane);
  if constexpr (channels > 2) hn::StoreU(planes.c, d8, out + 2 * plane);
  if constexpr (channels > 3) hn::StoreU(planes.d, d8, out + 3 * plane);
}

template <std::size_t channels, class D8>
HWY_INLINE void StorePixels(D8 d8, const Planes<D8>& planes, std::uint8_t* out) {
  if constexpr (channels == 1) hn::StoreU(planes.a, d8, out);
  if constexpr (channels == 2) hn::StoreInterleaved2(planes.a, planes.b, d8, out);
  if constexpr (channels == 3) hn::StoreInterleaved3(planes.a, planes.b, planes.c, d8, out);
  if constexpr (channels == 4) hn::StoreInterleaved4(planes.a, planes.b, planes.c, planes.d, d8, out);
}

// Output pixels x and on, as many as a vector has bytes.
template <std::size_t channels, class D8>
HWY_INLINE void ArrangeVector(D8 d8, const std::uint8_t* line, std::size_t width, const PixelOrder& order,
                              std::size_t x, std::uint8_t* out) {
  const std::size_t from = order.mirrored ? width - x - hn::Lanes(d8) : x;
  Planes<D8> planes = LoadPlanes<channels>(d8, line + from * channels);
  if (order.mirrored) Mirror<channels>(d8, planes);
  if (order.planar) {
    StorePlanes<channels>(d8, planes, order.plane, out + x);
  } else {
    StorePixels<channels>(d8, planes, out + x * channels);
  }
}

template <std::size_t channels>
HWY_INLINE void ArrangeChannels(const std::uint8_t* line, std::size_t width, const PixelOrder& order,
                                std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, 32> d8;
  const std::size_t lanes = hn::Lanes(d8);
  if (width < lanes) return plain::arrange_pixels(line, width, order, out);
  std::size_t x = 0;
  for (; x + lanes <= width; x += lanes) ArrangeVector<channels>(d8, line, width, order, x, out);
  if (x < width) ArrangeVector<channels>(d8, line, width, order, width - lanes, out);  // some of them once more
}

void ArrangePixels(const std::uint8_t* line, std::size_t width, const PixelOrder& order, std::uint8_t* out) {
  switch (order.channels) {
    case 1: return ArrangeChannels<1>(line, width, order, out);
    case 2: return ArrangeChannels<2>(line, width, order, out);
    case 3: return ArrangeChannels<3>(line, width, order, out);
    default: return ArrangeChannels<4>(line, width, order, out);
  }
}

// ---- values ----

// Divisions take most of the time, so where there is a fused multiply-add they are products with the inverse in two
// parts, nearly 48 bits long. That the result is the division's is tried for every byte (Scaling::computable).
template <class DF>
HWY_INLINE hn::Vec<DF> Divided(hn::Vec<DF> value, hn::Vec<DF> divisor, hn::Vec<DF> inverse, hn::Vec<DF> inverse_rest) {
#if HWY_NATIVE_FMA
  (void)divisor;
  return hn::MulAdd(value, inverse, hn::Mul(value, inverse_rest));
#else
  (void)inverse;
  (void)inverse_rest;
  return hn::Div(value, divisor);
#endif
}

// What the lanes are computed with when the first one is of this channel.
template <class DF>
struct Factors {
  hn::Vec<DF> mean, std, inverse, inverse_rest;

  HWY_INLINE Factors(DF df, const Scaling& scaling, std::size_t channel)
      : mean(hn::LoadU(df, &scaling.mean[channel])),
        std(hn::LoadU(df, &scaling.std[channel])),
        inverse(hn::LoadU(df, &scaling.inverse[channel])),
        inverse_rest(hn::LoadU(df, &scaling.inverse_rest[channel])) {}
};

template <class DF>
HWY_INLINE hn::Vec<DF> Scaled(DF df, const std::uint8_t* bytes, const Factors<DF>& factors) {
  const hn::Rebind<std::uint8_t, DF> d8;
  const hn::Rebind<std::int32_t, DF> d32;
  constexpr double inverse = 1.0 / 255.0;
  constexpr auto rounded = static_cast<float>(inverse);
  constexpr auto rest = static_cast<float>(inverse - static_cast<double>(rounded));
  const auto value = hn::ConvertTo(df, hn::PromoteTo(d32, hn::LoadU(d8, bytes)));
  const auto fraction = Divided<DF>(value, hn::Set(df, 255.0F), hn::Set(df, rounded), hn::Set(df, rest));
  const auto centered = hn::Sub(fraction, factors.mean);
  return Divided<DF>(centered, factors.std, factors.inverse, factors.inverse_rest);
}

template <class DF>
HWY_INLINE void Write(DF df, hn::Vec<DF> values, float* out) {
  hn::StoreU(values, df, out);
}

template <class DF>
HWY_INLINE void Write(DF /*df*/, hn::Vec<DF> values, std::uint16_t* out) {
  const hn::Rebind<hwy::float16_t, DF> df16;
  const hn::Rebind<std::uint16_t, DF> d16;
  hn::StoreU(hn::BitCast(d16, hn::DemoteTo(df16, values)), d16, out);
}

// By integers, as to_bfloat16() does: Highway 1.0.3 cuts off where the machine has no instruction for it. No value here
// is NaN.
template <class DF>
HWY_INLINE void Write(DF df, hn::Vec<DF> values, BFloat16* out) {
  const hn::RebindToUnsigned<DF> d32;
  const hn::RebindToSigned<DF> di32;
  const hn::Rebind<std::uint16_t, DF> d16;
  (void)df;
  const auto bits = hn::BitCast(d32, values);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d32, 0x7fff))));
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di32, rounded)), d16, reinterpret_cast<std::uint16_t*>(out));
}

// The remainder, by multiplication: a division by a variable takes as long as the rest of a short line.
HWY_INLINE std::size_t ChannelAt(std::size_t i, std::size_t period) { return period == 3 ? i % 3 : i & (period - 1); }

template <class Value>
HWY_INLINE void Scale(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, Value* out) {
  const hn::CappedTag<float, Scaling::max_lanes> df;
  const std::size_t lanes = hn::Lanes(df);
  if (count < lanes) return plain::scale_bytes(bytes, count, scaling, out);
  // Three vectors begin with three different channels; of 1, 2 and 4 channels every vector begins with the first.
  const Factors first(df, scaling, 0);
  const Factors second(df, scaling, ChannelAt(lanes, scaling.period));
  const Factors third(df, scaling, ChannelAt(2 * lanes, scaling.period));
  std::size_t i = 0;
  for (; i + 3 * lanes <= count; i += 3 * lanes) {
    Write(df, Scaled(df, bytes + i, first), out + i);
    Write(df, Scaled(df, bytes + i + lanes, second), out + i + lanes);
    Write(df, Scaled(df, bytes + i + 2 * lanes, third), out + i + 2 * lanes);
  }
  while (i < count) {
    i = HWY_MIN(i, count - lanes);  // the last ones in part once more
    Write(df, Scaled(df, bytes + i, Factors(df, scaling, ChannelAt(i, scaling.period))), out + i);
    i += lanes;
  }
}

void ScaleToF32(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, float* out) {
  Scale(bytes, count, scaling, out);
}

void ScaleToF16(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, std::uint16_t* out) {
  Scale(bytes, count, scaling, out);
}

void ScaleToBF16(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, BFloat16* out) {
  Scale(bytes, count, scaling, out);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring {

HWY_EXPORT(ArrangePixels);
HWY_EXPORT(ScaleToF32);
HWY_EXPORT(ScaleToF16);
HWY_EXPORT(ScaleToBF16);

void arrange_pixels(const std::uint8_t* line, std::size_t width, const PixelOrder& order, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(ArrangePixels)(line, width, order, out);
}

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, float* out) {
  if (!scaling.computable) return plain::scale_bytes(bytes, count, scaling, out);
  HWY_DYNAMIC_DISPATCH(ScaleToF32)(bytes, count, scaling, out);
}

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, std::uint16_t* out) {
  if (!scaling.computable) return plain::scale_bytes(bytes, count, scaling, out);
  HWY_DYNAMIC_DISPATCH(ScaleToF16)(bytes, count, scaling, out);
}

void scale_bytes(const std::uint8_t* bytes, std::size_t count, const Scaling& scaling, BFloat16* out) {
  if (!scaling.computable) return plain::scale_bytes(bytes, count, scaling, out);
  HWY_DYNAMIC_DISPATCH(ScaleToBF16)(bytes, count, scaling, out);
}

}  // namespace slabring
#endif
