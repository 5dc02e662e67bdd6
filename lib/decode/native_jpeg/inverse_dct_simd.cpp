// The inverse DCT of inverse_dct.hpp, compiled once for each instruction set.
//
// A vector holds a row of one block, or of two: everything stays in its block of 128 bits. The instruction that
// multiplies 16-bit numbers and adds pairs of products does a rotation's two outputs in two, for as many columns as
// there are.
#include "decode/native_jpeg/inverse_dct.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decode/native_jpeg/inverse_dct_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

#include "decode/native_jpeg/dct_constants.hpp"
#include "decode/native_jpeg/dct_vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace slabring::native_jpeg {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void InverseDct(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) plain::inverse_dct(tasks[i]);
}
void InverseDctOfFew(const BlockTask* tasks, std::size_t count) { InverseDct(tasks, count); }

#else

// Eight results of one pass, of the lower or the upper columns.
struct Outputs {
  V32 row[block_side];
};

template <int shift>
HWY_INLINE Outputs Butterflies(V32 t10, V32 t11, V32 t12, V32 t13, V32 o0, V32 o1, V32 o2, V32 o3) {
  return {{hn::ShiftRight<shift>(hn::Add(t10, o3)), hn::ShiftRight<shift>(hn::Add(t11, o2)),
           hn::ShiftRight<shift>(hn::Add(t12, o1)), hn::ShiftRight<shift>(hn::Add(t13, o0)),
           hn::ShiftRight<shift>(hn::Sub(t13, o0)), hn::ShiftRight<shift>(hn::Sub(t12, o1)),
           hn::ShiftRight<shift>(hn::Sub(t11, o2)), hn::ShiftRight<shift>(hn::Sub(t10, o3))}};
}

// value * 2^13, rounded: the rounding of the final shift rides on the first coefficient.
template <int shift, bool upper>
HWY_INLINE V32 ScaledAndRounded(V16 value) {
  const V32 wide = hn::BitCast(D32(), Interleave<upper>(hn::Zero(D16()), value));  // value * 2^16
  return hn::Add(hn::ShiftRight<3>(wide), hn::Set(D32(), 1 << (shift - 1)));
}

template <int shift, bool upper>
HWY_INLINE Outputs PassHalf(const V16 (&in)[block_side], V16 sum04, V16 difference04, V16 z3, V16 z4) {
  const V32 even04 = ScaledAndRounded<shift, upper>(sum04);
  const V32 odd04 = ScaledAndRounded<shift, upper>(difference04);
  const V16 in26 = Interleave<upper>(in[2], in[6]);
  const V32 t2 = Rotate(in26, Pair(f0_541, f0_541 - f1_847));
  const V32 t3 = Rotate(in26, Pair(f0_541 + f0_765, f0_541));

  const V16 z34 = Interleave<upper>(z3, z4);
  const V32 a3 = Rotate(z34, Pair(f1_175 - f1_961, f1_175));
  const V32 a4 = Rotate(z34, Pair(f1_175, f1_175 - f0_390));
  const V16 in71 = Interleave<upper>(in[7], in[1]);
  const V16 in53 = Interleave<upper>(in[5], in[3]);
  const V32 o0 = hn::Add(Rotate(in71, Pair(f0_298 - f0_899, -f0_899)), a3);
  const V32 o1 = hn::Add(Rotate(in53, Pair(f2_053 - f2_562, -f2_562)), a4);
  const V32 o2 = hn::Add(Rotate(in53, Pair(-f2_562, f3_072 - f2_562)), a3);
  const V32 o3 = hn::Add(Rotate(in71, Pair(-f0_899, f1_501 - f0_899)), a4);
  return Butterflies<shift>(hn::Add(even04, t3), hn::Add(odd04, t2), hn::Sub(odd04, t2), hn::Sub(even04, t3), o0, o1,
                            o2, o3);
}

// One pass over the columns of `r`, whose rows are its vectors.
template <int shift>
HWY_INLINE void Pass(V16 (&r)[block_side]) {
  // Sums of 16 bits, as in libjpeg-turbo's vector code.
  const V16 sum04 = hn::Add(r[0], r[4]);
  const V16 difference04 = hn::Sub(r[0], r[4]);
  const V16 z3 = hn::Add(r[7], r[3]);
  const V16 z4 = hn::Add(r[5], r[1]);
  const Outputs lower = PassHalf<shift, false>(r, sum04, difference04, z3, z4);
  const Outputs upper = PassHalf<shift, true>(r, sum04, difference04, z3, z4);
  for (int i = 0; i < block_side; ++i) r[i] = hn::ReorderDemote2To(D16(), lower.row[i], upper.row[i]);
}

// Of rows that are zero from the fourth on.
template <int shift, bool upper>
HWY_INLINE Outputs PassHalfOfFew(const V16 (&in)[block_side]) {
  const V32 scaled0 = ScaledAndRounded<shift, upper>(in[0]);
  const V16 in2 = Interleave<upper>(in[2], hn::Zero(D16()));
  const V32 t2 = Rotate(in2, Pair(f0_541, 0));
  const V32 t3 = Rotate(in2, Pair(f0_541 + f0_765, 0));
  const V16 in13 = Interleave<upper>(in[1], in[3]);
  const V32 o0 = Rotate(in13, Pair(f1_175 - f0_899, f1_175 - f1_961));
  const V32 o1 = Rotate(in13, Pair(f1_175 - f0_390, f1_175 - f2_562));
  const V32 o2 = Rotate(in13, Pair(f1_175, f3_072 - f2_562 + f1_175 - f1_961));
  const V32 o3 = Rotate(in13, Pair(f1_501 - f0_899 + f1_175 - f0_390, f1_175));
  return Butterflies<shift>(hn::Add(scaled0, t3), hn::Add(scaled0, t2), hn::Sub(scaled0, t2), hn::Sub(scaled0, t3), o0,
                            o1, o2, o3);
}

// With `lower_only` the upper four columns come out as copies of the lower ones.
template <int shift, bool lower_only>
HWY_INLINE void PassOfFew(V16 (&r)[block_side]) {
  const Outputs lower = PassHalfOfFew<shift, false>(r);
  const Outputs upper = lower_only ? lower : PassHalfOfFew<shift, true>(r);
  for (int i = 0; i < block_side; ++i) r[i] = hn::ReorderDemote2To(D16(), lower.row[i], upper.row[i]);
}

HWY_INLINE void Transpose(V16 (&r)[block_side]) {
  V16 a[block_side];
  V16 b[block_side];
  for (std::size_t i = 0; i < 4; ++i) {
    a[2 * i] = Interleave<false>(r[2 * i], r[2 * i + 1]);
    a[2 * i + 1] = Interleave<true>(r[2 * i], r[2 * i + 1]);
  }
  for (std::size_t i = 0; i < block_side; i += 4) {
    b[i] = InterleaveLower32(a[i], a[i + 2]);
    b[i + 1] = InterleaveUpper32(a[i], a[i + 2]);
    b[i + 2] = InterleaveLower32(a[i + 1], a[i + 3]);
    b[i + 3] = InterleaveUpper32(a[i + 1], a[i + 3]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    r[2 * i] = InterleaveLower64(b[i], b[i + 4]);
    r[2 * i + 1] = InterleaveUpper64(b[i], b[i + 4]);
  }
}

// Eight rows of four columns each become four rows of eight; the others are not needed.
HWY_INLINE void TransposeFew(V16 (&r)[block_side]) {
  const V16 a0 = Interleave<false>(r[0], r[1]);
  const V16 a1 = Interleave<false>(r[2], r[3]);
  const V16 a2 = Interleave<false>(r[4], r[5]);
  const V16 a3 = Interleave<false>(r[6], r[7]);
  const V16 b0 = InterleaveLower32(a0, a1);
  const V16 b1 = InterleaveUpper32(a0, a1);
  const V16 b2 = InterleaveLower32(a2, a3);
  const V16 b3 = InterleaveUpper32(a2, a3);
  r[0] = InterleaveLower64(b0, b2);
  r[1] = InterleaveUpper64(b0, b2);
  r[2] = InterleaveLower64(b1, b3);
  r[3] = InterleaveUpper64(b1, b3);
}

template <class V>
HWY_INLINE void StoreTwoRows(V samples, std::uint8_t* out, std::ptrdiff_t stride) {
  const hn::Full64<std::uint8_t> half;
  hn::StoreU(hn::LowerHalf(half, samples), half, out);
  hn::StoreU(hn::UpperHalf(half, samples), half, out + stride);
}

// Rows `y` and y + 1 of each block.
template <class V>
HWY_INLINE void StoreRowPairs(V samples, int y, const Tasks& tasks) {
  const BlockTask& first = *tasks.block[0];
  if constexpr (hn::MaxLanes(hn::DFromV<V>()) == 16) {
    StoreTwoRows(samples, first.out + y * first.stride, first.stride);
  } else {
    const hn::Half<hn::DFromV<V> > block;
    const BlockTask& second = *tasks.block[blocks_at_once - 1];
    StoreTwoRows(hn::LowerHalf(block, samples), first.out + y * first.stride, first.stride);
    StoreTwoRows(hn::UpperHalf(block, samples), second.out + y * second.stride, second.stride);
  }
}

// The vectors are columns of samples.
HWY_INLINE void StoreTransposed(const V16 (&r)[block_side], const Tasks& tasks) {
  const D8 d8;
  const auto s04 = Samples(r[0], r[4]);  // column 0, then column 4
  const auto s15 = Samples(r[1], r[5]);
  const auto s26 = Samples(r[2], r[6]);
  const auto s37 = Samples(r[3], r[7]);
  const auto c02 = hn::InterleaveLower(d8, s04, s26);
  const auto c13 = hn::InterleaveLower(d8, s15, s37);
  const auto c46 = hn::InterleaveUpper(d8, s04, s26);
  const auto c57 = hn::InterleaveUpper(d8, s15, s37);
  const auto left_upper = hn::BitCast(D32(), hn::InterleaveLower(d8, c02, c13));  // columns 0-3 of rows 0-3
  const auto left_lower = hn::BitCast(D32(), hn::InterleaveUpper(d8, c02, c13));
  const auto right_upper = hn::BitCast(D32(), hn::InterleaveLower(d8, c46, c57));
  const auto right_lower = hn::BitCast(D32(), hn::InterleaveUpper(d8, c46, c57));
  const V32 rows[4] = {
      hn::InterleaveLower(D32(), left_upper, right_upper), hn::InterleaveUpper(D32(), left_upper, right_upper),
      hn::InterleaveLower(D32(), left_lower, right_lower), hn::InterleaveUpper(D32(), left_lower, right_lower)};
  for (int i = 0; i < 4; ++i) StoreRowPairs(hn::BitCast(hn::Repartition<std::uint8_t, D16>(), rows[i]), 2 * i, tasks);
}

// libjpeg-turbo passes over the first pass where all rows but one are zero, by a shift, which wraps where the pass
// saturates. That shows with a large first row only, in a damaged file; it is followed all the same.
HWY_NOINLINE void WrapLoneRows(V16 (&r)[block_side], V16 row0, const Tasks& tasks) {
  HWY_ALIGN std::int16_t is_lone[blocks_at_once * block_side];
  for (std::size_t i = 0; i < blocks_at_once; ++i) {
    int others = 0;
    for (int k = block_side; k < block_size; ++k) others |= tasks.block[i]->coefficients[k];
    for (std::size_t k = 0; k < block_side; ++k) is_lone[i * block_side + k] = others == 0 ? -1 : 0;
  }
  const auto lone = hn::MaskFromVec(hn::Load(D16(), is_lone));
  for (V16& row : r) row = hn::IfThenElse(lone, hn::ShiftLeft<2>(row0), row);
}

HWY_INLINE void TransformAll(const Tasks& tasks) {
  V16 r[block_side];
  LoadDequantized<block_side>(tasks, r);
  const V16 row0 = r[0];
  Pass<first_shift>(r);
  if (HWY_UNLIKELY(IsLarge(row0))) WrapLoneRows(r, row0, tasks);
  Transpose(r);
  Pass<second_shift>(r);
  StoreTransposed(r, tasks);
}

HWY_INLINE void TransformFew(const Tasks& tasks) {
  V16 r[block_side];
  LoadDequantized<4>(tasks, r);
  const V16 row0 = r[0];
  PassOfFew<first_shift, true>(r);
  if (HWY_UNLIKELY(IsLarge(row0))) WrapLoneRows(r, row0, tasks);
  TransposeFew(r);
  PassOfFew<second_shift, false>(r);
  StoreTransposed(r, tasks);
}

void InverseDct(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += blocks_at_once) TransformAll(TasksAt(tasks, i, count));
}

void InverseDctOfFew(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += blocks_at_once) TransformFew(TasksAt(tasks, i, count));
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring::native_jpeg {

HWY_EXPORT(InverseDct);
HWY_EXPORT(InverseDctOfFew);

void inverse_dct(const BlockTask* tasks, std::size_t count) { HWY_DYNAMIC_DISPATCH(InverseDct)(tasks, count); }
void inverse_dct_of_few(const BlockTask* tasks, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(InverseDctOfFew)(tasks, count);
}

}  // namespace slabring::native_jpeg
#endif
