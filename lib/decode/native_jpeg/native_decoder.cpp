#include "decode/native_jpeg/native_decoder.hpp"

#include "decode/scan_end.hpp"

namespace slabring::native_jpeg {

std::optional<StoredHeader> NativeDecoder::open(std::span<const std::byte> file) {
  file_ = {reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  tiles_ = nullptr;
  if (!read_frame(file_, frame_)) return std::nullopt;
  grid_ = grid_of(frame_, block_side);
  return header();
}

StoredHeader NativeDecoder::header() const noexcept {
  return {static_cast<std::uint32_t>(grid_.width), static_cast<std::uint32_t>(grid_.height), frame_.orientation};
}

std::optional<StoredHeader> NativeDecoder::shrink(int eighths) {
  const Grid grid = grid_of(frame_, eighths);
  // Of single samples libjpeg does not upsample smoothly, and not so few.
  const bool smooth = eighths > 1 && (!grid.halves_width || grid.chroma_width() > 2);
  if ((grid.halves_width || grid.halves_height) && !smooth) return std::nullopt;
  grid_ = grid;
  return header();
}

std::optional<StoredHeader> NativeDecoder::open(std::span<const std::byte> file, const JpegTiles& tiles) {
  const std::optional<StoredHeader> header = open(file.first(tiles.scan_begin()));
  if (!header || frame_.scan_begin != tiles.scan_begin()) return std::nullopt;
  if (static_cast<std::uint32_t>(frame_.restart_interval) != tiles.interval) return std::nullopt;
  if (tiles.segments() != frame_.segments()) return std::nullopt;
  file_ = {reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  tiles_ = &tiles;
  return header;
}

NativeDecoder::Span NativeDecoder::bytes_for(const Rect& region) const {
  const McuRange needed = mcus_of(frame_, grid_, region);
  const int columns = frame_.mcu_columns();
  const auto segment_of = [&](int row, int column) {
    return static_cast<std::uint32_t>(row * columns + column) / tiles_->interval;
  };
  const std::uint32_t first = segment_of(needed.first_row, needed.first_column);
  const std::uint32_t last = segment_of(needed.end_row - 1, needed.end_column - 1);
  // With the markers on both sides.
  return {tiles_->begins[first] - JpegTiles::marker_bytes, tiles_->begins[last + 1]};
}

/// Those that the scan uses, each once. Requires: scan_ has begun.
bool NativeDecoder::build_tables() {
  std::array<bool, tables_of_a_kind> dc_built{};
  std::array<bool, tables_of_a_kind> ac_built{};
  for (std::size_t c = 0; c < static_cast<std::size_t>(frame_.components); ++c) {
    const FrameComponent& component = frame_.component[c];
    const auto dc = static_cast<std::size_t>(component.dc_table);
    const auto ac = static_cast<std::size_t>(component.ac_table);
    if (!dc_built[dc] && !dc_[dc].build(frame_.dc[dc])) return false;
    if (!ac_built[ac] && !ac_[ac].build(frame_.ac[ac])) return false;
    dc_built[dc] = ac_built[ac] = true;
    ComponentScan& scan = scan_.component[c];
    scan.dc = &dc_[dc];
    scan.ac = &ac_[ac];
    scan.quantization = frame_.quantization[static_cast<std::size_t>(component.quantization)].data();
    scan.horizontal = component.horizontal;
    scan.vertical = component.vertical;
  }
  return true;
}

std::optional<ImageView> NativeDecoder::decode(const Rect& region, ImageBuffer& buffer) {
  if (!begin(region)) return std::nullopt;
  const MutableImageView rgb = buffer.rgb(region.width, region.height);
  for (int y = 0; y < region.height; ++y) {
    if (!next_row(rgb.row(y))) return std::nullopt;
  }
  if (!ends_soundly()) return std::nullopt;
  return rgb;
}

/// Up to an MCU of the row that the scan is in, or any further one when the tiles are known.
bool NativeDecoder::advance(std::uint32_t mcu) {
  if (tiles_ != nullptr && !scan_.approach(mcu, *tiles_)) return false;
  return skip_mcus(scan_, mcu);
}

bool NativeDecoder::begin(const Rect& region) {
  if (!build_tables()) return false;
  scan_.begin(file_, frame_);
  planes_.lay_out(grid_, region, scan_);
  needed_ = mcus_of(frame_, grid_, region);
  mcu_row_ = needed_.first_row;
  y_ = ready_ = region.y;
  if (tiles_ != nullptr) return true;
  const auto columns = static_cast<std::uint32_t>(frame_.mcu_columns());
  for (int row = 0; row < needed_.first_row; ++row) {
    if (!skip_mcus(scan_, static_cast<std::uint32_t>(row + 1) * columns)) return false;
  }
  return true;
}

bool NativeDecoder::next_row(std::uint8_t* rgb) {
  while (y_ >= ready_) {
    if (!decode_mcu_row()) return false;
  }
  planes_.write_row(scan_, y_++, rgb);
  return true;
}

bool NativeDecoder::decode_mcu_row() {
  const auto columns = static_cast<std::uint32_t>(frame_.mcu_columns());
  const std::uint32_t row_begin = static_cast<std::uint32_t>(mcu_row_) * columns;
  if (!advance(row_begin + static_cast<std::uint32_t>(needed_.first_column))) return false;
  if (!decode_mcus(scan_, mcu_row_, needed_.first_column, needed_.end_column)) return false;
  const bool is_last = ++mcu_row_ == needed_.end_row;
  ready_ = planes_.ready_rows(scan_, mcu_row_, is_last);
  return is_last || tiles_ != nullptr || skip_mcus(scan_, row_begin + columns);
}

/// What is below the region is not decoded, but a file that was cut off is refused whatever the region. One whose tiles
/// are known is whole.
bool NativeDecoder::ends_soundly() const {
  return scan_.source.is_within(scan_.reader) && (tiles_ != nullptr || scan_ends_soundly(scan_.source.rest()));
}

}  // namespace slabring::native_jpeg
