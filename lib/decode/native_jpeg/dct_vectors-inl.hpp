// Highway's pattern for a header that is compiled once for each instruction set: what both inverse DCTs are made of.
// A vector holds a row of one block, or of two: everything stays in its block of 128 bits.
#if defined(SLABRING_DCT_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLABRING_DCT_VECTORS_INL
#undef SLABRING_DCT_VECTORS_INL
#else
#define SLABRING_DCT_VECTORS_INL
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "decode/native_jpeg/dct_constants.hpp"
#include "decode/native_jpeg/inverse_dct.hpp"

HWY_BEFORE_NAMESPACE();
namespace slabring::native_jpeg {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;
using namespace dct;

using D16 = hn::CappedTag<std::int16_t, 16>;
using D32 = hn::Repartition<std::int32_t, D16>;
using D64 = hn::Repartition<std::int64_t, D16>;
using D8 = hn::Repartition<std::int8_t, D16>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;
constexpr std::size_t blocks_at_once = hn::MaxLanes(D16()) / block_side;

// A constant for the even lanes and one for the odd ones.
HWY_INLINE V16 Pair(int even, int odd) {
  const auto bits = static_cast<std::uint32_t>(even & 0xFFFF) | static_cast<std::uint32_t>(odd) << 16;
  return hn::BitCast(D16(), hn::Set(D32(), static_cast<std::int32_t>(bits)));
}

// Sums of pairs of products.
HWY_INLINE V32 Rotate(V16 values, V16 constants) {
  V32 upper = hn::Zero(D32());
  const V32 lower = hn::ReorderWidenMulAccumulate(D32(), values, constants, hn::Zero(D32()), upper);
  return hn::RearrangeToOddPlusEven(lower, upper);
}

// The lower or the upper four lanes of each block, interleaved.
template <bool upper>
HWY_INLINE V16 Interleave(V16 a, V16 b) {
  return upper ? hn::InterleaveUpper(D16(), a, b) : hn::InterleaveLower(D16(), a, b);
}

HWY_INLINE V16 InterleaveLower32(V16 a, V16 b) {
  return hn::BitCast(D16(), hn::InterleaveLower(D32(), hn::BitCast(D32(), a), hn::BitCast(D32(), b)));
}
HWY_INLINE V16 InterleaveUpper32(V16 a, V16 b) {
  return hn::BitCast(D16(), hn::InterleaveUpper(D32(), hn::BitCast(D32(), a), hn::BitCast(D32(), b)));
}
HWY_INLINE V16 InterleaveLower64(V16 a, V16 b) {
  return hn::BitCast(D16(), hn::InterleaveLower(D64(), hn::BitCast(D64(), a), hn::BitCast(D64(), b)));
}
HWY_INLINE V16 InterleaveUpper64(V16 a, V16 b) {
  return hn::BitCast(D16(), hn::InterleaveUpper(D64(), hn::BitCast(D64(), a), hn::BitCast(D64(), b)));
}

// The tasks of the blocks of a vector; of one left over, twice the same.
struct Tasks {
  const BlockTask* block[blocks_at_once];
};

template <std::size_t blocks>
HWY_INLINE V16 LoadRow(const std::int16_t* const (&from)[blocks], int row) {
  if constexpr (blocks == 1) {
    return hn::LoadU(D16(), from[0] + block_side * row);
  } else {
    const hn::Half<D16> half;
    return hn::Combine(D16(), hn::LoadU(half, from[1] + block_side * row), hn::LoadU(half, from[0] + block_side * row));
  }
}

template <int rows>
HWY_INLINE void LoadDequantized(const Tasks& tasks, V16 (&r)[block_side]) {
  const std::int16_t* coefficients[blocks_at_once];
  const std::int16_t* quantization[blocks_at_once];
  for (std::size_t i = 0; i < blocks_at_once; ++i) {
    coefficients[i] = tasks.block[i]->coefficients;
    quantization[i] = tasks.block[i]->quantization;
  }
  HWY_UNROLL(8)
  for (int i = 0; i < rows; ++i) r[i] = hn::Mul(LoadRow(coefficients, i), LoadRow(quantization, i));
  for (int i = rows; i < block_side; ++i) r[i] = hn::Zero(D16());
}

HWY_INLINE bool IsLarge(V16 row0) {
  const auto outside = hn::Or(hn::Gt(row0, hn::Set(D16(), 8191)), hn::Lt(row0, hn::Set(D16(), -8192)));
  return !hn::AllFalse(D16(), outside);
}

// In each 128 bits those of `a`, then those of `b`, clamped to -128 .. 127, and 128 added.
HWY_INLINE hn::Vec<D8> Samples(V16 a, V16 b) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  // Highway 1.0.3 has this for 32-bit lanes only (ReorderDemote2To).
  const hn::Vec<D8> clamped{_mm256_packs_epi16(a.raw, b.raw)};
#else
  const hn::Half<D8> half;
  const auto clamped = hn::Combine(D8(), hn::DemoteTo(half, b), hn::DemoteTo(half, a));
#endif
  return hn::Xor(clamped, hn::Set(D8(), -128));
}

HWY_INLINE Tasks TasksAt(const BlockTask* tasks, std::size_t i, std::size_t count) {
  Tasks at;
  for (std::size_t k = 0; k < blocks_at_once; ++k) at.block[k] = &tasks[HWY_MIN(i + k, count - 1)];
  return at;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#endif
