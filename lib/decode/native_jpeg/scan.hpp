#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "decode/jpeg_tiles.hpp"
#include "decode/native_jpeg/block.hpp"
#include "decode/native_jpeg/entropy_source.hpp"
#include "decode/native_jpeg/frame.hpp"
#include "decode/native_jpeg/huffman_table.hpp"
#include "decode/native_jpeg/inverse_dct.hpp"

namespace slabring::native_jpeg {

/// Blocks of a component, half open.
struct BlockRange {
  int first_column = 0;
  int end_column = 0;
  int first_row = 0;
  int end_row = 0;
};

/// A component during a scan: how its blocks are decoded, which of them are kept, and the samples they become. Those
/// of two rows of MCUs are there at a time.
struct ComponentScan {
  const DcTable* dc = nullptr;
  const AcTable* ac = nullptr;
  const std::int16_t* quantization = nullptr;
  int horizontal = 1;
  int vertical = 1;
  int side = block_side;  ///< samples along a side of what a block becomes
  BlockRange kept;
  std::uint8_t* samples = nullptr;
  std::ptrdiff_t stride = 0;

  /// The first column of samples there is.
  std::ptrdiff_t first_sample() const noexcept { return std::ptrdiff_t{kept.first_column} * side; }
  /// Row `y` of the component's samples, from there on.
  std::uint8_t* row(int y) const noexcept {
    const int rows_kept = 2 * side * vertical;  // a power of two
    return samples + (y & (rows_kept - 1)) * stride;
  }
};

/// A few MCUs' blocks on their way from entropy decoding to their samples. They are transformed together, sorted by
/// kind: vectors take several blocks at once, and their wide loads would have to wait for the narrow stores of a block
/// just decoded. Of what kind a block is nothing can foresee, so nothing branches on it: it selects a list.
class BlockBatch {
 public:
  static constexpr std::size_t capacity = 4 * max_mcu_blocks;

  /// Where block `i` is decoded into; all zero until then.
  Block* block(std::size_t i) noexcept { return blocks_[i].data(); }
  /// What kind of block becomes `side` samples square, from nothing but a first coefficient; the next one is of few
  /// coefficients, the one after that of any number.
  static constexpr std::size_t first_kind(int side) noexcept {
    return kinds_of_a_size * (side == block_side ? 0 : side == 4 ? 1 : 2);
  }
  /// Block i, decoded up to zigzag index `last`, is to become samples. Requires: component.side > 1, and `kind` is the
  /// first one of it.
  void add(std::size_t i, std::size_t kind, int last, const ComponentScan& component, std::uint8_t* out) {
    kind += (last > 0 ? 1U : 0U) + (last > last_of_few ? 1U : 0U);
    tasks_[kind][sizes_[kind]++] = {blocks_[i].data(), component.quantization, out, component.stride};
  }
  /// Transforms those that were added, and sets the first `count` blocks to zero.
  void transform(std::size_t count);
  /// Forgets all: those of an image that was given up.
  void clear();

 private:
  static constexpr std::size_t kinds_of_a_size = 3;
  static constexpr std::size_t kinds = 3 * kinds_of_a_size;

  alignas(64) std::array<std::array<Block, block_stride>, capacity> blocks_{};
  std::array<std::size_t, kinds> sizes_{};
  std::array<std::array<BlockTask, capacity>, kinds> tasks_;
};

/// Where a scan stands.
struct Scan {
  EntropySource source;
  BitReader reader;
  std::array<std::uint32_t, max_components> prediction{};  ///< of the first coefficients
  std::uint32_t position = 0;                              ///< of the next MCU
  std::uint32_t next_restart = 0;                          ///< MCU before which a marker stands
  std::uint32_t restart_interval = 0;                      ///< 0: none
  int components = 0;
  std::array<ComponentScan, max_components> component;
  std::size_t mcu_blocks = 0;  ///< blocks of an MCU
  /// The blocks of the MCUs that are decoded together, as many as there is room for.
  std::array<BlockJob, BlockBatch::capacity> jobs;
  BlockBatch batch;

  /// Requires: the components are those of `frame`.
  void begin(Bytes file, const Frame& frame);
  /// Before each MCU: passes the restart marker that is due, and sees to its bytes. False: the data is damaged.
  bool enter_mcu() { return (position != next_restart && reader.at < source.limit()) || make_way(); }
  /// Goes to the segment of `target` when that is another one. False as above. Requires: target >= position, an MCU of
  /// the image; the tiles are those of the file.
  bool approach(std::uint32_t target, const JpegTiles& tiles);

 private:
  void list_jobs();
  bool make_way();
  bool restart();
  void begin_segment(std::uint32_t first_mcu);
};

/// Sets blocks to zero that lie block_stride from each other.
void clear_blocks(Block* first, std::size_t count);

/// Decodes MCUs for their bits alone, up to `target`; at most a row's. False: the data is damaged, or seems so.
bool skip_mcus(Scan& scan, std::uint32_t target);

/// Decodes those of row `mcu_row` from column `first` to before `end`, the next ones in the scan, and transforms the
/// blocks that are kept. False as above.
bool decode_mcus(Scan& scan, int mcu_row, int first, int end);

}  // namespace slabring::native_jpeg
