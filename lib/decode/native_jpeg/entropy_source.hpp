#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "decode/native_jpeg/bit_reader.hpp"
#include "decode/native_jpeg/block.hpp"
#include "decode/native_jpeg/frame.hpp"
#include "decode/native_jpeg/unstuff.hpp"

namespace slabring::native_jpeg {

/// The entropy-coded bytes of a scan, without stuffing, in a window that moves over the file: one restart segment after
/// the other, or all of it where there are no restart markers.
///
/// Why no read leaves the window: before each MCU the reader is compared with limit(), once.
///   - Below it, at least mcu_bytes bytes of the segment follow: more than the longest MCU has and refills read, so
///   that
///     no bit comes from behind the end, where other bytes will be when the window has moved.
///   - Otherwise cover() brings more bytes; at the end of a segment, where there are none, it checks that the reader
///   has
///     not consumed more than there was. One more MCU may then run over the end, by less than mcu_bytes, for which the
///     window has room; what it reads there are bytes without meaning, and the next check refuses them.
class EntropySource {
 public:
  EntropySource() = default;
  ~EntropySource();
  EntropySource(const EntropySource&) = delete;
  EntropySource& operator=(const EntropySource&) = delete;

  /// Goes to the first segment.
  void begin(Bytes file, std::size_t scan_begin);
  /// A reader of the segment that was entered last.
  BitReader reader() const noexcept { return {window_.data(), 0, 0}; }

  const std::uint8_t* limit() const noexcept { return limit_; }
  /// Makes room for an MCU behind a reader that has reached limit(); moves it. False: it has consumed more than there
  /// is.
  bool cover(BitReader& reader);

  /// Passes over what is left of this segment and restart marker `number` (0 to 7), into the next segment. False: the
  /// reader has consumed more than there was, or there is no such marker.
  bool enter_next_segment(const BitReader& reader, int number);
  /// Leaves this segment where it is for the one that begins at `begin` of the file, behind restart marker `number`.
  /// False as above.
  bool enter_segment_at(const BitReader& reader, std::size_t begin, int number);

  /// The reader has not consumed more than there is.
  bool is_within(const BitReader& reader) const noexcept { return reader.consumed_bits(end_) <= 0; }
  /// What was not read yet.
  Bytes rest() const noexcept { return file_.subspan(next_); }

 private:
  /// The longest MCU; a full register more that was loaded ahead; and what one refill reads.
  static constexpr std::size_t mcu_bytes = (max_mcu_blocks * max_block_bits + 7) / 8 + 2 * sizeof(BitReader::bits);
  static constexpr std::size_t chunk_bytes = 4096;

  void enter_segment();
  void fetch(BitReader& reader);
  void append_chunk(std::size_t kept);
  bool is_segment_over() const noexcept { return at_marker_ || next_ == file_.size(); }

  Bytes file_;
  std::size_t next_ = 0;  ///< of the file
  bool at_marker_ = false;
  const std::uint8_t* limit_ = nullptr;
  const std::uint8_t* end_ = nullptr;  ///< of what has been fetched
  // What is left of the last chunk, a chunk, and an MCU that runs over the end.
  std::array<std::uint8_t, mcu_bytes + chunk_bytes + unstuff_slack + mcu_bytes> window_{};
};

}  // namespace slabring::native_jpeg
