// The loops over MCUs, compiled once for each instruction set: there is hardly a vector in them, but a bit reader
// shifts by variable amounts all the time, which takes one operation with BMI2 (part of Highway's AVX2) and three
// without.
#include "decode/native_jpeg/scan.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decode/native_jpeg/scan_targets.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>

HWY_BEFORE_NAMESPACE();
namespace slabring::native_jpeg {
namespace HWY_NAMESPACE {

// What a loop over MCUs has in registers; the Scan is behind meanwhile. Its address is given to nobody, or it would be
// in memory.
struct Cursor {
  BitReader reader;
  std::uint32_t position;
};

HWY_INLINE Cursor CursorOf(const Scan& scan) { return {scan.reader, scan.position}; }
HWY_INLINE void Keep(const Cursor& cursor, Scan& scan) {
  scan.reader = cursor.reader;
  scan.position = cursor.position;
}

// Scan::enter_mcu(), which mostly has nothing to do.
HWY_INLINE bool EnterMcu(Scan& scan, Cursor& cursor) {
  if (HWY_LIKELY(cursor.position != scan.next_restart && cursor.reader.at < scan.source.limit())) return true;
  Keep(cursor, scan);
  if (!scan.enter_mcu()) return false;
  cursor.reader = scan.reader;
  return true;
}

// libjpeg-turbo refuses a prediction that leaves 32 bits. A row of MCUs moves one by less than 2^27, so looking once
// a row is enough to stay far away from there.
bool ArePredictionsSane(const Scan& scan) {
  constexpr std::uint32_t bound = std::uint32_t{1} << 30;
  return std::all_of(std::begin(scan.prediction), std::end(scan.prediction),
                     [](std::uint32_t prediction) { return prediction + bound <= 2 * bound; });
}

bool SkipMcus(Scan& scan, std::uint32_t target) {
  Cursor cursor = CursorOf(scan);
  for (; cursor.position < target; ++cursor.position) {
    if (!EnterMcu(scan, cursor)) return false;
    for (int c = 0; c < scan.components; ++c) {
      const ComponentScan& component = scan.component[static_cast<std::size_t>(c)];
      std::uint32_t& prediction = scan.prediction[static_cast<std::size_t>(c)];
      for (int k = component.horizontal * component.vertical; k > 0; --k) {
        if (decode_block<false>(cursor.reader, *component.dc, *component.ac, prediction, nullptr) < 0) return false;
      }
    }
  }
  Keep(cursor, scan);
  return ArePredictionsSane(scan);
}

template <std::size_t side>
HWY_INLINE void FillBlock(std::uint8_t sample, std::uint8_t* out, std::ptrdiff_t stride) {
  const std::uint64_t samples = sample * std::uint64_t{0x0101010101010101};
  for (std::size_t y = 0; y < side; ++y, out += stride) std::memcpy(out, &samples, side);
}

// A block of nothing but its first coefficient.
HWY_INLINE void FillBlock(int dc, const ComponentScan& component, std::uint8_t* out) {
  const int divisor = component.quantization[0];
  if (HWY_LIKELY(component.side == block_side)) {
    FillBlock<8>(sample_of_dc(dc, divisor), out, component.stride);
  } else if (component.side == 4) {
    FillBlock<4>(sample_of_dc(dc, divisor), out, component.stride);
  } else {
    FillBlock<2>(sample_of_dc_for_2(dc, divisor), out, component.stride);
  }
}

// By vectors of 32 bytes: left to itself the compiler takes longer ones, for which some CPUs lower their clock.
HWY_INLINE void Clear(Block* block) {
#if HWY_TARGET == HWY_SCALAR
  std::memset(block, 0, block_size * sizeof(Block));
#else
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<Block, 16> d16;
  for (std::size_t i = 0; i < block_size; i += hn::Lanes(d16)) hn::Store(hn::Zero(d16), d16, block + i);
#endif
}

// A block that is kept, up to where its samples will come from.
HWY_INLINE bool DecodeKept(Scan& scan, Cursor& cursor, const ComponentScan& component, std::uint32_t& prediction,
                           std::uint8_t* out) {
  if (component.side == 1) {
    if (decode_block<false>(cursor.reader, *component.dc, *component.ac, prediction, nullptr) < 0) return false;
    *out = sample_of_mean(static_cast<Block>(prediction), component.quantization[0]);
    return true;
  }
  Block* block = scan.queue.next();
  Clear(block);
  const int last = decode_block<true>(cursor.reader, *component.dc, *component.ac, prediction, block);
  if (HWY_UNLIKELY(last < 0)) return false;
  if (last == 0) {
    FillBlock(block[0], component, out);
  } else {
    scan.queue.push(last, component, out);
  }
  return true;
}

HWY_INLINE bool DecodeMcu(Scan& scan, Cursor& cursor, int mcu_row, int mcu_column) {
  for (int c = 0; c < scan.components; ++c) {
    const ComponentScan& component = scan.component[static_cast<std::size_t>(c)];
    std::uint32_t& prediction = scan.prediction[static_cast<std::size_t>(c)];
    for (int v = 0; v < component.vertical; ++v) {
      for (int h = 0; h < component.horizontal; ++h) {
        const int column = mcu_column * component.horizontal + h;
        const int row = mcu_row * component.vertical + v;
        if (component.kept.contains(column, row)) {
          if (!DecodeKept(scan, cursor, component, prediction, component.place_of(column, row))) return false;
        } else if (decode_block<false>(cursor.reader, *component.dc, *component.ac, prediction, nullptr) < 0) {
          return false;
        }
      }
    }
  }
  return true;
}

bool DecodeMcus(Scan& scan, int mcu_row, int first, int end) {
  Cursor cursor = CursorOf(scan);
  for (int column = first; column < end; ++column, ++cursor.position) {
    if (!EnterMcu(scan, cursor) || !DecodeMcu(scan, cursor, mcu_row, column)) return false;
  }
  Keep(cursor, scan);
  scan.queue.flush();
  return ArePredictionsSane(scan);
}

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring::native_jpeg {

HWY_EXPORT(SkipMcus);
HWY_EXPORT(DecodeMcus);

bool skip_mcus(Scan& scan, std::uint32_t target) { return HWY_DYNAMIC_DISPATCH(SkipMcus)(scan, target); }
bool decode_mcus(Scan& scan, int mcu_row, int first, int end) {
  return HWY_DYNAMIC_DISPATCH(DecodeMcus)(scan, mcu_row, first, end);
}

}  // namespace slabring::native_jpeg
#endif
