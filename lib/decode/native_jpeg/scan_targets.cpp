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

HWY_NOINLINE bool DecodeBlocks(BitReader& reader, BlockJob* jobs, std::size_t count) {
  return decode_blocks(reader, jobs, count);
}

// libjpeg-turbo refuses a prediction that leaves 32 bits. A row of MCUs moves one by less than 2^27, so looking once
// a row is enough to stay far away from there.
bool ArePredictionsSane(const Scan& scan) {
  constexpr std::uint32_t bound = std::uint32_t{1} << 30;
  return std::all_of(std::begin(scan.prediction), std::end(scan.prediction),
                     [](std::uint32_t prediction) { return prediction + bound <= 2 * bound; });
}

bool SkipMcus(Scan& scan, std::uint32_t target) {
  for (std::size_t i = 0; i < scan.mcu_blocks; ++i) scan.jobs[i].block = nullptr;
  for (; scan.position < target; ++scan.position) {
    if (!scan.enter_mcu() || !DecodeBlocks(scan.reader, scan.jobs.data(), scan.mcu_blocks)) return false;
  }
  return ArePredictionsSane(scan);
}

// A row of MCUs: what is the same for a block of all of them, and where those of a batch go.
struct RowOfMcus {
  struct Place {
    const ComponentScan* component;
    std::size_t first_kind;  // as BlockBatch has it
    int step;                // blocks from an MCU to the next one
    int column;              // of the block in the first MCU, from the first one that is kept on
    unsigned kept;           // blocks from there on
    unsigned side;           // of what a block becomes
    std::uint8_t* out;       // of the first one
  };
  Place place[max_mcu_blocks];
  std::uint8_t* out[BlockBatch::capacity];  // nullptr: the block is not kept

  RowOfMcus(const Scan& scan, int mcu_row) {
    Place* next = place;
    for (std::size_t c = 0; c < static_cast<std::size_t>(scan.components); ++c) {
      const ComponentScan& component = scan.component[c];
      const BlockRange& kept = component.kept;
      for (int v = 0; v < component.vertical; ++v) {
        const int row = mcu_row * component.vertical + v;
        const bool is_kept = row >= kept.first_row && row < kept.end_row;
        const int columns = is_kept ? kept.end_column - kept.first_column : 0;
        for (int h = 0; h < component.horizontal; ++h) {
          *next++ = {&component,
                     BlockBatch::first_kind(component.side),
                     component.horizontal,
                     h - kept.first_column,
                     static_cast<unsigned>(columns),
                     static_cast<unsigned>(component.side),
                     component.row(row * component.side)};
        }
      }
    }
  }

  // Says of the blocks of an MCU, from `first` of the batch on, where they go.
  HWY_INLINE void Aim(Scan& scan, std::size_t first, int mcu_column) {
    for (std::size_t i = 0; i < scan.mcu_blocks; ++i) {
      const Place& of = place[i];
      const auto column = static_cast<unsigned>(mcu_column * of.step + of.column);
      const bool is_kept = column < of.kept;
      out[first + i] = is_kept ? of.out + std::size_t{column} * of.side : nullptr;
      scan.jobs[first + i].block = is_kept && of.side > 1 ? scan.batch.block(first + i) : nullptr;
    }
  }

  // Sees to the samples of a decoded MCU, up to where they will come from.
  HWY_INLINE void Finish(Scan& scan, std::size_t first) {
    for (std::size_t i = 0; i < scan.mcu_blocks; ++i) {
      const BlockJob& job = scan.jobs[first + i];
      const ComponentScan& component = *place[i].component;
      if (HWY_LIKELY(job.block != nullptr)) {
        scan.batch.add(first + i, place[i].first_kind, job.last, component, out[first + i]);
      } else if (out[first + i] != nullptr) {
        *out[first + i] = sample_of_mean(job.first, component.quantization[0]);
      }
    }
  }
};

// Decodes MCUs from column `first` on, as many as the batch has room for; returns the column after them.
HWY_INLINE int DecodeBatch(Scan& scan, RowOfMcus& row, int first, int end) {
  std::size_t decoded = 0;
  int column = first;
  for (; column < end && decoded + scan.mcu_blocks <= BlockBatch::capacity; ++column, ++scan.position) {
    row.Aim(scan, decoded, column);
    if (!scan.enter_mcu() || !DecodeBlocks(scan.reader, scan.jobs.data() + decoded, scan.mcu_blocks)) return damaged;
    decoded += scan.mcu_blocks;
  }
  for (std::size_t i = 0; i < decoded; i += scan.mcu_blocks) row.Finish(scan, i);
  scan.batch.transform(decoded);
  return column;
}

bool DecodeMcus(Scan& scan, int mcu_row, int first, int end) {
  RowOfMcus row(scan, mcu_row);
  for (int column = first; column < end;) {
    column = DecodeBatch(scan, row, column, end);
    if (column == damaged) return false;
  }
  return ArePredictionsSane(scan);
}

// By vectors of 32 bytes: left to itself the compiler takes longer ones, for which some CPUs lower their clock.
void ClearBlocks(Block* first, std::size_t count) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t k = 0; k < count; ++k) std::memset(first + k * block_stride, 0, block_size * sizeof(Block));
#else
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<Block, 16> d16;
  for (std::size_t k = 0; k < count; ++k, first += block_stride) {
    for (std::size_t i = 0; i < block_size; i += hn::Lanes(d16)) hn::Store(hn::Zero(d16), d16, first + i);
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
void clear_blocks(Block* first, std::size_t count) { HWY_DYNAMIC_DISPATCH(ClearBlocks)(first, count); }

}  // namespace slabring::native_jpeg
#endif
