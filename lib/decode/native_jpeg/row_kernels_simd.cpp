// The kernels of row_kernels.hpp, compiled once for each instruction set.
#include "decode/native_jpeg/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decode/native_jpeg/row_kernels_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

#include <cstring>

#include "decode/native_jpeg/colour_constants.hpp"

HWY_BEFORE_NAMESPACE();
namespace slabring::native_jpeg {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void UpsampleRow(const std::uint8_t* in, std::size_t count, std::uint8_t* out) { plain::upsample_row(in, count, out); }
void UpsampleRows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, std::uint8_t* out) {
  plain::upsample_rows(in, nearer, count, out);
}
void BlendChromaRows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, int bias,
                     std::uint8_t* out) {
  plain::blend_chroma_rows(in, nearer, count, bias, out);
}
void YccToRgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t count,
              std::uint8_t* rgb) {
  plain::ycc_to_rgb(y, cb, cr, count, rgb);
}
void GreyToRgb(const std::uint8_t* y, std::size_t count, std::uint8_t* rgb) { plain::grey_to_rgb(y, count, rgb); }

#else

namespace hn = hwy::HWY_NAMESPACE;

using D8 = hn::CappedTag<std::uint8_t, 32>;
using DU16 = hn::Repartition<std::uint16_t, D8>;
using D16 = hn::Repartition<std::int16_t, D8>;
using D32 = hn::Repartition<std::int32_t, D8>;
using DHalf8 = hn::Rebind<std::uint8_t, DU16>;
using V8 = hn::Vec<D8>;
using VU16 = hn::Vec<DU16>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;

// ---- upsampling ----

HWY_INLINE VU16 Widened(const std::uint8_t* in) { return hn::PromoteTo(DU16(), hn::LoadU(DHalf8(), in)); }
HWY_INLINE VU16 Threefold(VU16 value) { return hn::Add(value, hn::Add(value, value)); }

// Both neighbours' shares, and the results side by side.
template <int shift>
HWY_INLINE V8 Doubled(VU16 before, VU16 here, VU16 behind, int first_bias, int second_bias) {
  const VU16 most = Threefold(here);
  const VU16 first = hn::Add(hn::Add(most, before), hn::Set(DU16(), static_cast<std::uint16_t>(first_bias)));
  const VU16 second = hn::Add(hn::Add(most, behind), hn::Set(DU16(), static_cast<std::uint16_t>(second_bias)));
  return hn::BitCast(D8(), hn::Or(hn::ShiftRight<shift>(first), hn::ShiftLeft<8>(hn::ShiftRight<shift>(second))));
}

void UpsampleRow(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
  const std::size_t step = hn::Lanes(DU16());
  for (std::size_t i = 0; i < count; i += step) {
    const std::uint8_t* at = in + i;
    hn::StoreU(Doubled<2>(Widened(at - 1), Widened(at), Widened(at + 1), 1, 2), D8(), out + 2 * i);
  }
}

HWY_INLINE VU16 Column(const std::uint8_t* in, const std::uint8_t* nearer) {
  return hn::Add(Threefold(Widened(in)), Widened(nearer));
}

void UpsampleRows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, std::uint8_t* out) {
  const std::size_t step = hn::Lanes(DU16());
  for (std::size_t i = 0; i < count; i += step) {
    const std::uint8_t* a = in + i;
    const std::uint8_t* b = nearer + i;
    hn::StoreU(Doubled<4>(Column(a - 1, b - 1), Column(a, b), Column(a + 1, b + 1), 8, 7), D8(), out + 2 * i);
  }
}

void BlendChromaRows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, int bias,
                     std::uint8_t* out) {
  const std::size_t step = hn::Lanes(DU16());
  const VU16 rounding = hn::Set(DU16(), static_cast<std::uint16_t>(bias));
  const hn::Rebind<std::int16_t, DU16> d16;
  for (std::size_t i = 0; i < count; i += step) {
    const VU16 blended = hn::ShiftRight<2>(hn::Add(Column(in + i, nearer + i), rounding));
    hn::StoreU(hn::DemoteTo(DHalf8(), hn::BitCast(d16, blended)), DHalf8(), out + i);
  }
}

// ---- colour ----

// The lower or the upper half of each 16 bytes, as numbers.
template <bool upper>
HWY_INLINE V16 Numbers(V8 bytes) {
  const V8 zero = hn::Zero(D8());
  return hn::BitCast(D16(), upper ? hn::InterleaveUpper(D8(), bytes, zero) : hn::InterleaveLower(D8(), bytes, zero));
}

// The way back, clamped.
HWY_INLINE V8 ClampedBytes(V16 lower, V16 upper) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  // Highway 1.0.3 has this for 32-bit lanes only (ReorderDemote2To).
  return V8{_mm256_packus_epi16(lower.raw, upper.raw)};
#else
  const hn::Half<D8> half;
  return hn::Combine(D8(), hn::DemoteTo(half, upper), hn::DemoteTo(half, lower));
#endif
}

HWY_INLINE V32 SumsOfProducts(V16 values, V16 constants) {
  V32 upper = hn::Zero(D32());
  const V32 lower = hn::ReorderWidenMulAccumulate(D32(), values, constants, hn::Zero(D32()), upper);
  return hn::RearrangeToOddPlusEven(lower, upper);
}

struct Rgb16 {
  V16 red, green, blue;
};

// A coefficient above 1 does not fit into 16 bits: whole numbers are added instead, and what is left is multiplied,
// with 15 fractional bits. Of red and blue that is as exact as the 16 bits of libjpeg: all 256 values round alike.
HWY_INLINE Rgb16 Converted(V16 y, V16 cb, V16 cr) {
  const V16 centre = hn::Set(D16(), 128);
  const V16 u = hn::Sub(cb, centre);
  const V16 v = hn::Sub(cr, centre);
  constexpr int unit = 1 << 16;
  const V16 red_rest = hn::Set(D16(), static_cast<std::int16_t>((colour::red_of_cr - unit + 1) / 2));
  const V16 blue_rest = hn::Set(D16(), static_cast<std::int16_t>((colour::blue_of_cb - 2 * unit) / 2));
  const V16 red = hn::Add(v, hn::MulFixedPoint15(v, red_rest));
  const V16 blue = hn::Add(hn::Add(u, u), hn::MulFixedPoint15(u, blue_rest));

  constexpr auto green_pair = static_cast<std::uint32_t>(colour::green_of_cb & 0xFFFF) |
                              static_cast<std::uint32_t>(colour::green_of_cr + unit) << 16;
  const V16 green_factors = hn::BitCast(D16(), hn::Set(D32(), static_cast<std::int32_t>(green_pair)));
  const V32 half = hn::Set(D32(), 1 << 15);
  const V32 lower = hn::Add(SumsOfProducts(hn::InterleaveLower(D16(), u, v), green_factors), half);
  const V32 upper = hn::Add(SumsOfProducts(hn::InterleaveUpper(D16(), u, v), green_factors), half);
  const V16 green = hn::ReorderDemote2To(D16(), hn::ShiftRight<16>(lower), hn::ShiftRight<16>(upper));
  return {hn::Add(y, red), hn::Add(y, hn::Sub(green, v)), hn::Add(y, blue)};
}

HWY_INLINE void ConvertVector(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr,
                              std::uint8_t* rgb) {
  const V8 ys = hn::LoadU(D8(), y);
  const V8 cbs = hn::LoadU(D8(), cb);
  const V8 crs = hn::LoadU(D8(), cr);
  const Rgb16 lower = Converted(Numbers<false>(ys), Numbers<false>(cbs), Numbers<false>(crs));
  const Rgb16 upper = Converted(Numbers<true>(ys), Numbers<true>(cbs), Numbers<true>(crs));
  hn::StoreInterleaved3(ClampedBytes(lower.red, upper.red), ClampedBytes(lower.green, upper.green),
                        ClampedBytes(lower.blue, upper.blue), D8(), rgb);
}

void YccToRgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t count,
              std::uint8_t* rgb) {
  const std::size_t lanes = hn::Lanes(D8());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) ConvertVector(y + i, cb + i, cr + i, rgb + 3 * i);
  if (i == count) return;
  std::uint8_t last[3 * hn::MaxLanes(D8())];
  ConvertVector(y + i, cb + i, cr + i, last);
  std::memcpy(rgb + 3 * i, last, 3 * (count - i));
}

void GreyToRgb(const std::uint8_t* y, std::size_t count, std::uint8_t* rgb) {
  const std::size_t lanes = hn::Lanes(D8());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const V8 grey = hn::LoadU(D8(), y + i);
    hn::StoreInterleaved3(grey, grey, grey, D8(), rgb + 3 * i);
  }
  for (; i < count; ++i) rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = y[i];
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring::native_jpeg {

HWY_EXPORT(UpsampleRow);
HWY_EXPORT(UpsampleRows);
HWY_EXPORT(BlendChromaRows);
HWY_EXPORT(YccToRgb);
HWY_EXPORT(GreyToRgb);

void upsample_row(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(UpsampleRow)(in, count, out);
}
void upsample_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(UpsampleRows)(in, nearer, count, out);
}
void blend_chroma_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, int bias,
                       std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(BlendChromaRows)(in, nearer, count, bias, out);
}
void ycc_to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t count,
                std::uint8_t* rgb) {
  HWY_DYNAMIC_DISPATCH(YccToRgb)(y, cb, cr, count, rgb);
}
void grey_to_rgb(const std::uint8_t* y, std::size_t count, std::uint8_t* rgb) {
  HWY_DYNAMIC_DISPATCH(GreyToRgb)(y, count, rgb);
}

}  // namespace slabring::native_jpeg
#endif
