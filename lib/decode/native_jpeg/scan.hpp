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

/// Blocks on their way from entropy decoding to the inverse DCT. They are transformed in batches of a kind: vectors
/// take several blocks at once, and their wide loads would have to wait for the narrow stores of a block just decoded.
class BlockQueue {
 public:
  BlockQueue();

  /// The block to decode into next, all zero. Whoever does not push it leaves it so, or forgets it by clear().
  Block* next() noexcept { return next_; }
  /// The block just decoded, up to zigzag index `last`, waits for its transform.
  void push(int last, const ComponentScan& component, std::uint8_t* out) {
    const Kind kind = kind_of(last, component.side);
    Batch& batch = batches_[kind];
    batch.tasks[batch.size++] = {next_, component.quantization, out, component.stride};
    if (batch.size == batch_size) transform(kind);
    next_ = free_[--free_count_];
  }
  /// Transforms all that wait.
  void flush();
  /// Forgets them: those of an image that was given up.
  void clear();

 private:
  enum Kind : std::size_t { all, few, all_to_4, few_to_4, all_to_2, few_to_2, kinds };
  static Kind kind_of(int last, int side) noexcept {
    const Kind kind = side == block_side ? all : side == 4 ? all_to_4 : all_to_2;
    return last <= last_of_few ? Kind(kind + 1) : kind;
  }
  static constexpr std::size_t batch_size = 8;
  static constexpr std::size_t blocks = kinds * batch_size;  ///< all but full batches, and the next one

  struct Batch {
    std::size_t size = 0;
    std::array<BlockTask, batch_size> tasks;
  };
  void transform(Kind kind);
  void release(Kind kind);

  alignas(64) std::array<std::array<Block, block_stride>, blocks> storage_;
  std::array<Block*, blocks> free_;
  std::size_t free_count_ = 0;
  Block* next_ = nullptr;
  std::array<Batch, kinds> batches_;
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
  BlockQueue queue;

  void begin(Bytes file, const Frame& frame);
  /// Before each MCU: passes the restart marker that is due, and sees to its bytes. False: the data is damaged.
  bool enter_mcu();
  /// Goes to the segment of `target` when that is another one. False as above. Requires: target >= position, an MCU of
  /// the image; the tiles are those of the file.
  bool approach(std::uint32_t target, const JpegTiles& tiles);

 private:
  bool restart();
  void begin_segment(std::uint32_t first_mcu);
};

/// Sets the first rows of blocks to zero.
void clear_blocks(Block* const* blocks, std::size_t count, std::size_t rows);

/// Decodes MCUs for their bits alone, up to `target`; at most a row's. False: the data is damaged, or seems so.
bool skip_mcus(Scan& scan, std::uint32_t target);

/// Decodes those of row `mcu_row` from column `first` to before `end`, the next ones in the scan, and transforms the
/// blocks that are kept. False as above.
bool decode_mcus(Scan& scan, int mcu_row, int first, int end);

}  // namespace slabring::native_jpeg
