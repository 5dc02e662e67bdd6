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

// A block that is kept, up to where its samples will come from.
HWY_INLINE bool DecodeKept(Scan& scan, Cursor& cursor, const ComponentScan& component, std::uint32_t& prediction,
                           std::uint8_t* out) {
  if (component.side == 1) {
    if (decode_block<false>(cursor.reader, *component.dc, *component.ac, prediction, nullptr) < 0) return false;
    *out = sample_of_mean(static_cast<Block>(prediction), component.quantization[0]);
    return true;
  }
  Block* block = scan.queue.next();
  const int last = decode_block<true>(cursor.reader, *component.dc, *component.ac, prediction, block);
  if (HWY_UNLIKELY(last < 0)) return false;
  if (last == 0) {
    FillBlock(block[0], component, out);
    block[0] = 0;
  } else {
    scan.queue.push(last, component, out);
  }
  return true;
}

// The blocks of one component side by side in a row of MCUs: of what an MCU has below each other, one.
struct Line {
  const ComponentScan* component;
  std::uint32_t* prediction;
  int first;          // block that is kept
  unsigned kept;      // blocks from there on
  std::uint8_t* out;  // of the first one
};
struct Lines {
  static constexpr std::size_t most = 4;  // of 4:2:0 and of 4:4:0
  Line line[most];
  std::size_t count = 0;
};

HWY_INLINE Lines LinesOf(Scan& scan, int mcu_row) {
  Lines lines;
  for (std::size_t c = 0; c < static_cast<std::size_t>(scan.components); ++c) {
    const ComponentScan& component = scan.component[c];
    const BlockRange& kept = component.kept;
    for (int v = 0; v < component.vertical; ++v) {
      const int row = mcu_row * component.vertical + v;
      const bool is_kept = row >= kept.first_row && row < kept.end_row;
      const int columns = is_kept ? kept.end_column - kept.first_column : 0;
      lines.line[lines.count++] = {&component, &scan.prediction[c], kept.first_column, static_cast<unsigned>(columns),
                                   component.row(row * component.side)};
    }
  }
  return lines;
}

HWY_INLINE bool DecodeMcu(Scan& scan, Cursor& cursor, const Lines& lines, int mcu_column) {
  for (std::size_t i = 0; i < lines.count; ++i) {
    const Line& line = lines.line[i];
    const ComponentScan& component = *line.component;
    for (int h = 0; h < component.horizontal; ++h) {
      const auto column = static_cast<unsigned>(mcu_column * component.horizontal + h - line.first);
      if (HWY_LIKELY(column < line.kept)) {
        std::uint8_t* out = line.out + column * static_cast<unsigned>(component.side);
        if (!DecodeKept(scan, cursor, component, *line.prediction, out)) return false;
      } else if (decode_block<false>(cursor.reader, *component.dc, *component.ac, *line.prediction, nullptr) < 0) {
        return false;
      }
    }
  }
  return true;
}

bool DecodeMcus(Scan& scan, int mcu_row, int first, int end) {
  const Lines lines = LinesOf(scan, mcu_row);
  Cursor cursor = CursorOf(scan);
  for (int column = first; column < end; ++column, ++cursor.position) {
    if (!EnterMcu(scan, cursor) || !DecodeMcu(scan, cursor, lines, column)) return false;
  }
  Keep(cursor, scan);
  scan.queue.flush();
  return ArePredictionsSane(scan);
}

// By vectors of 32 bytes: left to itself the compiler takes longer ones, for which some CPUs lower their clock.
void ClearBlocks(Block* const* blocks, std::size_t count, std::size_t rows) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t k = 0; k < count; ++k) std::memset(blocks[k], 0, rows * block_side * sizeof(Block));
#else
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<Block, 16> d16;
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t i = 0; i < rows * block_side; i += hn::Lanes(d16)) hn::Store(hn::Zero(d16), d16, blocks[k] + i);
  }
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring::native_jpeg {

HWY_EXPORT(SkipMcus);
HWY_EXPORT(DecodeMcus);
HWY_EXPORT(ClearBlocks);

bool skip_mcus(Scan& scan, std::uint32_t target) { return HWY_DYNAMIC_DISPATCH(SkipMcus)(scan, target); }
bool decode_mcus(Scan& scan, int mcu_row, int first, int end) {
  return HWY_DYNAMIC_DISPATCH(DecodeMcus)(scan, mcu_row, first, end);
}
void clear_blocks(Block* const* blocks, std::size_t count, std::size_t rows) {
  HWY_DYNAMIC_DISPATCH(ClearBlocks)(blocks, count, rows);
}

}  // namespace slabring::native_jpeg
#endif
