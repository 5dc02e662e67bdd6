// The smaller inverse DCTs of inverse_dct.hpp, compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decode/native_jpeg/reduced_dct_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

#include <cstring>

#include "decode/native_jpeg/dct_vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace slabring::native_jpeg {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void InverseDctTo4(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) plain::inverse_dct_to_4(tasks[i]);
}
void InverseDctTo2(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) plain::inverse_dct_to_2(tasks[i]);
}
void InverseDctOfFewTo4(const BlockTask* tasks, std::size_t count) { InverseDctTo4(tasks, count); }
void InverseDctOfFewTo2(const BlockTask* tasks, std::size_t count) { InverseDctTo2(tasks, count); }

#else

using DU8 = hn::Repartition<std::uint8_t, D16>;

template <int shift>
HWY_INLINE V32 Rounded(V32 value) {
  return hn::ShiftRight<shift>(hn::Add(value, hn::Set(D32(), 1 << (shift - 1))));
}

// value * 2^(16 - down) of the lower or the upper four lanes of each block.
template <int down, bool upper>
HWY_INLINE V32 Scaled(V16 value) {
  return hn::ShiftRight<down>(hn::BitCast(D32(), Interleave<upper>(hn::Zero(D16()), value)));
}

struct Four {
  V32 line[4];
};

// A pass from pairs of interleaved frequencies: 2 and 6, 7 and 5, 3 and 1; `dc` is the first one times 2^14.
template <int shift>
HWY_INLINE Four PassTo4(V32 dc, V16 in26, V16 in75, V16 in31) {
  const V32 even = Rotate(in26, Pair(f1_847, -f0_765));
  const V32 inner = hn::Add(Rotate(in75, Pair(-f0_211, f1_451)), Rotate(in31, Pair(-f2_172, f1_061)));
  const V32 outer = hn::Add(Rotate(in75, Pair(-f0_509, -f0_601)), Rotate(in31, Pair(f0_899, f2_562)));
  const V32 sum = hn::Add(dc, even);
  const V32 difference = hn::Sub(dc, even);
  return {{Rounded<shift>(hn::Add(sum, outer)), Rounded<shift>(hn::Add(difference, inner)),
           Rounded<shift>(hn::Sub(difference, inner)), Rounded<shift>(hn::Sub(sum, outer))}};
}

template <bool upper>
HWY_INLINE Four ColumnsTo4(const V16 (&r)[block_side]) {
  return PassTo4<first_shift + 1>(Scaled<2, upper>(r[0]), Interleave<upper>(r[2], r[6]), Interleave<upper>(r[7], r[5]),
                                  Interleave<upper>(r[3], r[1]));
}

// Of columns that are pairs of four rows each: 0 and 1, 2 and 3, ...
HWY_INLINE Four RowsTo4(V16 c01, V16 c23, V16 c45, V16 c67) {
  return PassTo4<second_shift + 1>(Scaled<2, false>(c01), Interleave<false>(c23, c67), Interleave<true>(c67, c45),
                                   Interleave<true>(c23, c01));
}

template <std::size_t side>
HWY_INLINE void StoreBlocks(const std::uint8_t* samples, const Tasks& tasks) {
  for (std::size_t i = 0; i < blocks_at_once; ++i, samples += 16) {
    const BlockTask& task = *tasks.block[i];
    for (std::size_t y = 0; y < side; ++y) {
      std::memcpy(task.out + static_cast<std::ptrdiff_t>(y) * task.stride, samples + y * side, side);
    }
  }
}

// `rows`: those that may be other than zero, and as many columns.
template <int rows>
HWY_INLINE void TransformTo4(const Tasks& tasks) {
  V16 r[block_side];
  LoadDequantized<rows>(tasks, r);
  if (HWY_UNLIKELY(IsLarge(r[0]))) {
    for (const BlockTask* task : tasks.block) plain::inverse_dct_to_4(*task);
    return;
  }
  const Four lower = ColumnsTo4<false>(r);
  const Four upper = rows == block_side ? ColumnsTo4<true>(r)
                                        : Four{{hn::Zero(D32()), hn::Zero(D32()), hn::Zero(D32()), hn::Zero(D32())}};
  V16 lines[4];
  for (int y = 0; y < 4; ++y) lines[y] = hn::ReorderDemote2To(D16(), lower.line[y], upper.line[y]);

  const V16 a = Interleave<false>(lines[0], lines[1]);
  const V16 b = Interleave<false>(lines[2], lines[3]);
  const V16 c = Interleave<true>(lines[0], lines[1]);
  const V16 d = Interleave<true>(lines[2], lines[3]);
  const Four columns =
      RowsTo4(InterleaveLower32(a, b), InterleaveUpper32(a, b), InterleaveLower32(c, d), InterleaveUpper32(c, d));
  const V16 left = hn::ReorderDemote2To(D16(), columns.line[0], columns.line[1]);
  const V16 right = hn::ReorderDemote2To(D16(), columns.line[2], columns.line[3]);
  // Sixteen samples of a block, column by column.
  HWY_ALIGN static constexpr std::uint8_t by_row[32] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
                                                        0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const auto samples = hn::TableLookupBytes(hn::BitCast(DU8(), Samples(left, right)), hn::Load(DU8(), by_row));
  HWY_ALIGN std::uint8_t stored[16 * blocks_at_once];
  hn::Store(samples, DU8(), stored);
  StoreBlocks<4>(stored, tasks);
}

struct Two {
  V32 line[2];
};

template <bool upper>
HWY_INLINE Two ColumnsTo2(const V16 (&r)[block_side]) {
  const V32 dc = Scaled<1, upper>(r[0]);
  const V32 odd = hn::Add(Rotate(Interleave<upper>(r[7], r[5]), Pair(-f0_720, f0_850)),
                          Rotate(Interleave<upper>(r[3], r[1]), Pair(-f1_272, f3_624)));
  return {{Rounded<first_shift + 2>(hn::Add(dc, odd)), Rounded<first_shift + 2>(hn::Sub(dc, odd))}};
}

// The odd frequencies of a row, as four sums of two products, of which one is that of frequencies 0 and 1.
HWY_INLINE V32 OddSums(V16 row) {
  HWY_ALIGN static constexpr std::int16_t constants[16] = {0, f3_624, 0, -f1_272, 0, f0_850, 0, -f0_720,
                                                           0, f3_624, 0, -f1_272, 0, f0_850, 0, -f0_720};
  return Rotate(row, hn::Load(D16(), constants));
}

template <int rows>
HWY_INLINE void TransformTo2(const Tasks& tasks) {
  V16 r[block_side];
  LoadDequantized<rows>(tasks, r);
  const Two lower = ColumnsTo2<false>(r);
  const Two upper = rows == block_side ? ColumnsTo2<true>(r) : Two{{hn::Zero(D32()), hn::Zero(D32())}};
  const V16 top = hn::ReorderDemote2To(D16(), lower.line[0], upper.line[0]);
  const V16 bottom = hn::ReorderDemote2To(D16(), lower.line[1], upper.line[1]);

  const D32 d32;
  const V32 top_sums = OddSums(top);
  const V32 bottom_sums = OddSums(bottom);
  const V32 halves =  // of top, of bottom, twice
      hn::Add(hn::InterleaveLower(d32, top_sums, bottom_sums), hn::InterleaveUpper(d32, top_sums, bottom_sums));
  const V32 odd = hn::Add(halves, hn::Shuffle1032(halves));
  // Of the first column, and not saturated, as in libjpeg-turbo's vector code.
  const V32 dc = hn::ShiftLeft<15>(hn::InterleaveLower(d32, lower.line[0], lower.line[1]));
  const V32 left = Rounded<second_shift + 2>(hn::Add(dc, odd));
  const V32 right = Rounded<second_shift + 2>(hn::Sub(dc, odd));
  const V32 both = hn::InterleaveLower(d32, left, right);
  const V16 narrow = hn::ReorderDemote2To(D16(), both, both);
  HWY_ALIGN std::uint8_t stored[16 * blocks_at_once];
  hn::Store(hn::BitCast(DU8(), Samples(narrow, narrow)), DU8(), stored);
  StoreBlocks<2>(stored, tasks);
}

void InverseDctTo4(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += blocks_at_once) TransformTo4<block_side>(TasksAt(tasks, i, count));
}
void InverseDctTo2(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += blocks_at_once) TransformTo2<block_side>(TasksAt(tasks, i, count));
}
void InverseDctOfFewTo4(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += blocks_at_once) TransformTo4<rows_of_few>(TasksAt(tasks, i, count));
}
void InverseDctOfFewTo2(const BlockTask* tasks, std::size_t count) {
  for (std::size_t i = 0; i < count; i += blocks_at_once) TransformTo2<rows_of_few>(TasksAt(tasks, i, count));
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring::native_jpeg {

HWY_EXPORT(InverseDctTo4);
HWY_EXPORT(InverseDctTo2);
HWY_EXPORT(InverseDctOfFewTo4);
HWY_EXPORT(InverseDctOfFewTo2);

void inverse_dct_to_4(const BlockTask* tasks, std::size_t count) { HWY_DYNAMIC_DISPATCH(InverseDctTo4)(tasks, count); }
void inverse_dct_to_2(const BlockTask* tasks, std::size_t count) { HWY_DYNAMIC_DISPATCH(InverseDctTo2)(tasks, count); }
void inverse_dct_of_few_to_4(const BlockTask* tasks, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(InverseDctOfFewTo4)(tasks, count);
}
void inverse_dct_of_few_to_2(const BlockTask* tasks, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(InverseDctOfFewTo2)(tasks, count);
}

}  // namespace slabring::native_jpeg
#endif
