// The kernels of resample.hpp, compiled once for each instruction set (docs/performance.md has the design).
//
// Sums equal the plain ones bit for bit: a weight is high * 256 + low (WeightPair), and the instruction that multiplies
// 16-bit numbers and adds pairs of the 32-bit products is exact for either part. The sum of the parts is the plain sum
// modulo 2^32, and so is that one where it would overflow.
#include "augment/resample.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "augment/resample_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace slabring {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void ResampleRows(const std::uint8_t* const* rows, const RowFilter& filter, std::uint8_t* const* out) {
  for (int r = 0; r < rows_at_once; ++r) {
    plain::resample_row(rows[r], filter.channels(), filter.axis(), filter.count(), out[r]);
  }
}

void BlendRows(const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes, std::uint8_t* out) {
  plain::blend_rows(rows, filter, y, bytes, out);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// Weighted sums in the making. NEON adds the two products of a pair only at the end, those of the upper lanes in the
// second sum of each; elsewhere that stays empty.
template <class D32>
struct Sums {
  using V = hn::Vec<D32>;
  V high, high_upper;
  V low, low_upper;

  explicit HWY_INLINE Sums(D32 d32) : high(hn::Zero(d32)), high_upper(hn::Zero(d32)) {
    const V half = hn::Set(d32, std::int32_t{1} << (weight_bits - 1));  // rounds; once for each pair
#if HWY_TARGET == HWY_NEON
    low = hn::OddEven(hn::Zero(d32), half);
    low_upper = low;
#else
    low = half;
    low_upper = hn::Zero(d32);
#endif
  }

  // Adds pairs of 16-bit factors times pairs of weights.
  template <class V16>
  HWY_INLINE void add(D32 d32, V16 factors, V16 high_weights, V16 low_weights) {
    high = hn::ReorderWidenMulAccumulate(d32, factors, high_weights, high, high_upper);
    low = hn::ReorderWidenMulAccumulate(d32, factors, low_weights, low, low_upper);
  }

  // The integer parts, not clamped yet.
  HWY_INLINE V rounded() const {
    const V sum = hn::Add(hn::ShiftLeft<8>(hn::RearrangeToOddPlusEven(high, high_upper)),
                          hn::RearrangeToOddPlusEven(low, low_upper));
    return hn::ShiftRight<weight_bits>(sum);
  }
};

// In each block of 16 bytes those of `a`, then those of `b`, clamped to 0 .. 255.
template <class D8, class V16>
HWY_INLINE hn::Vec<D8> PackedBytes(D8 d8, V16 a, V16 b) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  // Highway 1.0.3 has this for 32-bit lanes only (ReorderDemote2To).
  if constexpr (hn::MaxLanes(D8()) == 32) return hn::Vec<D8>{_mm256_packus_epi16(a.raw, b.raw)};
#endif
  if constexpr (hn::MaxLanes(D8()) == 16) {
    const hn::Half<D8> half;
    return hn::Combine(d8, hn::DemoteTo(half, b), hn::DemoteTo(half, a));
  }
}

template <class D8, class V32>
HWY_INLINE hn::Vec<D8> PackedBytes(D8 d8, V32 a, V32 b, V32 c, V32 d) {
  const hn::Repartition<std::int16_t, D8> d16;
  return PackedBytes(d8, hn::ReorderDemote2To(d16, a, b), hn::ReorderDemote2To(d16, c, d));
}

// ---- horizontal ----

// The 16 bytes of each block.
template <class D8>
HWY_INLINE hn::Vec<D8> Windows(D8 d8, const std::uint8_t* row, const std::int32_t* offsets) {
  if constexpr (hn::MaxLanes(D8()) == 16) {
    return hn::LoadU(d8, row + offsets[0]);
  } else {
    const hn::Half<D8> block;
    return hn::Combine(d8, hn::LoadU(block, row + offsets[1]), hn::LoadU(block, row + offsets[0]));
  }
}

HWY_INLINE void Write4(std::uint32_t bytes, std::uint8_t* out) { std::memcpy(out, &bytes, sizeof(bytes)); }

// Each half of `bytes` to its own place.
template <class V>
HWY_INLINE void Write8(V bytes, std::uint8_t* lower, std::uint8_t* upper) {
  const hn::Full128<std::uint8_t> d;
  const hn::Full64<std::uint8_t> half;
  hn::StoreU(hn::LowerHalf(half, hn::BitCast(d, bytes)), half, lower);
  hn::StoreU(hn::UpperHalf(half, hn::BitCast(d, bytes)), half, upper);
}

// Writes the bytes of a block: `bytes` has four of each row. Where a block is less, the next one overwrites the rest.
template <class V8>
HWY_INLINE void WriteBlock(V8 bytes, std::size_t x, std::uint8_t* const (&out)[rows_at_once]) {
  const hn::Full128<std::uint32_t> d;
  const auto rows = hn::BitCast(d, bytes);
  Write4(hn::ExtractLane(rows, 0), out[0] + x);
  Write4(hn::ExtractLane(rows, 1), out[1] + x);
  Write4(hn::ExtractLane(rows, 2), out[2] + x);
  Write4(hn::ExtractLane(rows, 3), out[3] + x);
}

template <class V8>
HWY_INLINE void WriteBlocks(V8 bytes, std::size_t x, std::size_t block_bytes,
                            std::uint8_t* const (&out)[rows_at_once]) {
  using D8 = hn::DFromV<V8>;
  if constexpr (hn::MaxLanes(D8()) == 16) {
    WriteBlock(bytes, x, out);
  } else {
    const auto first = hn::LowerHalf(bytes);
    const auto second = hn::UpperHalf(hn::Half<D8>(), bytes);
    if (block_bytes != 4) {
      WriteBlock(first, x, out);
      WriteBlock(second, x + block_bytes, out);
      return;
    }
    const hn::Full128<std::uint32_t> d;
    const auto rows01 = hn::InterleaveLower(d, hn::BitCast(d, first), hn::BitCast(d, second));
    const auto rows23 = hn::InterleaveUpper(d, hn::BitCast(d, first), hn::BitCast(d, second));
    Write8(rows01, out[0] + x, out[1] + x);
    Write8(rows23, out[2] + x, out[3] + x);
  }
}

// The tables as locals: what is written through a pointer to bytes might be them, so they would be loaded again.
struct RowTables {
  const std::int32_t* offsets;
  const RowFilter::Shuffle* shuffles;
  const RowFilter::Weights* weights;
  std::ptrdiff_t pair_bytes;  // from one pair of taps to the next
  std::size_t block_bytes;
  int steps;
  int pairs;
};

// Four rows' sums of one block, or of both.
template <int unrolled_pairs, class D8>
HWY_INLINE hn::Vec<D8> StepSums(D8 d8, const std::uint8_t* const (&rows)[rows_at_once], const RowTables& tables,
                                int step, int block) {
  const hn::Repartition<std::int16_t, D8> d16;
  const hn::Repartition<std::int32_t, D8> d32;
  const std::int32_t* offsets = tables.offsets + std::ptrdiff_t{step} * RowFilter::blocks_a_step + block;
  const auto shuffle = hn::Load(d8, tables.shuffles[step].from + std::ptrdiff_t{16} * block);
  const int pairs = unrolled_pairs == 0 ? tables.pairs : unrolled_pairs;
  const RowFilter::Weights* weights = tables.weights + std::ptrdiff_t{step} * pairs;

  Sums sum0(d32);
  Sums sum1(d32);
  Sums sum2(d32);
  Sums sum3(d32);
  std::ptrdiff_t at = 0;
  HWY_UNROLL(8)
  for (int k = 0; k < pairs; ++k, at += tables.pair_bytes) {
    const auto high = hn::BitCast(d16, hn::Load(d32, weights[k].high + std::ptrdiff_t{4} * block));
    const auto low = hn::BitCast(d16, hn::Load(d32, weights[k].low + std::ptrdiff_t{4} * block));
    const auto factors = [&](const std::uint8_t* row) HWY_ATTR {
      return hn::BitCast(d16, hn::TableLookupBytesOr0(Windows(d8, row + at, offsets), shuffle));
    };
    sum0.add(d32, factors(rows[0]), high, low);
    sum1.add(d32, factors(rows[1]), high, low);
    sum2.add(d32, factors(rows[2]), high, low);
    sum3.add(d32, factors(rows[3]), high, low);
  }
  return PackedBytes(d8, sum0.rounded(), sum1.rounded(), sum2.rounded(), sum3.rounded());
}

template <int unrolled_pairs>
HWY_INLINE void ResampleSteps(const std::uint8_t* const (&rows)[rows_at_once], const RowTables& tables,
                              std::uint8_t* const (&out)[rows_at_once]) {
  const hn::CappedTag<std::uint8_t, 16 * RowFilter::blocks_a_step> d8;
  constexpr int blocks = static_cast<int>(hn::MaxLanes(d8) / 16);
  std::size_t x = 0;
  for (int step = 0; step < tables.steps; ++step) {
    for (int block = 0; block < RowFilter::blocks_a_step; block += blocks) {
      WriteBlocks(StepSums<unrolled_pairs>(d8, rows, tables, step, block), x, tables.block_bytes, out);
      x += blocks * tables.block_bytes;
    }
  }
}

void ResampleRows(const std::uint8_t* const* rows, const RowFilter& filter, std::uint8_t* const* out) {
  static_assert(rows_at_once == 4);
  const std::uint8_t* const from[rows_at_once] = {rows[0], rows[1], rows[2], rows[3]};
  std::uint8_t* const to[rows_at_once] = {out[0], out[1], out[2], out[3]};
  const RowTables tables{filter.offsets(0),
                         &filter.shuffle(0),
                         filter.weights(0),
                         std::ptrdiff_t{2} * filter.channels(),
                         static_cast<std::size_t>(filter.block_bytes()),
                         filter.steps(),
                         filter.axis().pairs()};
  switch (tables.pairs) {  // the usual ones unrolled, their sums in registers
    case 1: return ResampleSteps<1>(from, tables, to);
    case 2: return ResampleSteps<2>(from, tables, to);
    case 3: return ResampleSteps<3>(from, tables, to);
    case 4: return ResampleSteps<4>(from, tables, to);
    case 5: return ResampleSteps<5>(from, tables, to);
    default: return ResampleSteps<0>(from, tables, to);
  }
}

// ---- vertical ----

// The bytes of all rows from column x on, as many as a vector has.
template <int unrolled_pairs, class D8>
HWY_INLINE void BlendColumns(D8 d8, const std::uint8_t* const* rows, const WeightPair* weights, int any_pairs,
                             std::size_t x, std::uint8_t* out) {
  const hn::Repartition<std::int16_t, D8> d16;
  const hn::Repartition<std::int32_t, D8> d32;
  const auto zero = hn::Zero(d8);
  const int pairs = unrolled_pairs == 0 ? any_pairs : unrolled_pairs;
  Sums sum0(d32);
  Sums sum1(d32);
  Sums sum2(d32);
  Sums sum3(d32);
  HWY_UNROLL(8)
  for (int k = 0; k < pairs; ++k) {
    const auto a = hn::LoadU(d8, rows[std::ptrdiff_t{2} * k] + x);
    const auto b = hn::LoadU(d8, rows[std::ptrdiff_t{2} * k + 1] + x);
    const auto high = hn::BitCast(d16, hn::Set(d32, weights[k].high));
    const auto low = hn::BitCast(d16, hn::Set(d32, weights[k].low));
    // Interleaved within blocks of 16 bytes; PackedBytes() puts them back in order.
    const auto lower = hn::InterleaveLower(d8, a, b);
    const auto upper = hn::InterleaveUpper(d8, a, b);
    sum0.add(d32, hn::BitCast(d16, hn::InterleaveLower(d8, lower, zero)), high, low);
    sum1.add(d32, hn::BitCast(d16, hn::InterleaveUpper(d8, lower, zero)), high, low);
    sum2.add(d32, hn::BitCast(d16, hn::InterleaveLower(d8, upper, zero)), high, low);
    sum3.add(d32, hn::BitCast(d16, hn::InterleaveUpper(d8, upper, zero)), high, low);
  }
  hn::StoreU(PackedBytes(d8, sum0.rounded(), sum1.rounded(), sum2.rounded(), sum3.rounded()), d8, out + x);
}

// Requires: bytes is at least a vector's.
template <int unrolled_pairs, class D8>
HWY_INLINE void BlendVectors(D8 d8, const std::uint8_t* const* rows, const WeightPair* weights, int pairs,
                             std::size_t bytes, std::uint8_t* out) {
  // As locals: what is written through a pointer to bytes might be them, so they would be loaded again.
  constexpr int kept = HWY_MAX(unrolled_pairs, 1);
  const std::uint8_t* kept_rows[2 * kept];
  WeightPair kept_weights[kept];
  for (int i = 0; i < 2 * unrolled_pairs; ++i) kept_rows[i] = rows[i];
  for (int k = 0; k < unrolled_pairs; ++k) kept_weights[k] = weights[k];
  if constexpr (unrolled_pairs > 0) {
    rows = kept_rows;
    weights = kept_weights;
  }

  const std::size_t vector = hn::Lanes(d8);
  std::size_t x = 0;
  for (; x + vector <= bytes; x += vector) BlendColumns<unrolled_pairs>(d8, rows, weights, pairs, x, out);
  // The last ones, in part once more.
  if (x < bytes) BlendColumns<unrolled_pairs>(d8, rows, weights, pairs, bytes - vector, out);
}

template <class D8>
HWY_INLINE void BlendByPairs(D8 d8, const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes,
                             std::uint8_t* out) {
  const WeightPair* weights = filter.weight_pairs(y);
  switch (filter.pairs()) {
    case 1: return BlendVectors<1>(d8, rows, weights, 1, bytes, out);
    case 2: return BlendVectors<2>(d8, rows, weights, 2, bytes, out);
    case 3: return BlendVectors<3>(d8, rows, weights, 3, bytes, out);
    case 4: return BlendVectors<4>(d8, rows, weights, 4, bytes, out);
    default: return BlendVectors<0>(d8, rows, weights, filter.pairs(), bytes, out);
  }
}

void BlendRows(const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes, std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, 32> wide;
  const hn::Full128<std::uint8_t> narrow;
  if (bytes >= hn::Lanes(wide)) return BlendByPairs(wide, rows, filter, y, bytes, out);
  if (bytes >= hn::Lanes(narrow)) return BlendByPairs(narrow, rows, filter, y, bytes, out);
  plain::blend_rows(rows, filter, y, bytes, out);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring {

HWY_EXPORT(ResampleRows);
HWY_EXPORT(BlendRows);

void resample_rows(const std::uint8_t* const* rows, const RowFilter& filter, std::uint8_t* const* out) {
  HWY_DYNAMIC_DISPATCH(ResampleRows)(rows, filter, out);
}

void blend_rows(const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes,
                std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(BlendRows)(rows, filter, y, bytes, out);
}

}  // namespace slabring
#endif
