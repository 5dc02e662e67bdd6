#include "decode/native_jpeg/scan.hpp"

#include <limits>

namespace slabring::native_jpeg {

void BlockBatch::transform(std::size_t count) {
  using Transform = void (*)(const BlockTask*, std::size_t);
  static constexpr Transform transforms[kinds] = {
      inverse_dct_of_first,      inverse_dct_of_few,      inverse_dct,       //
      inverse_dct_of_first_to_4, inverse_dct_of_few_to_4, inverse_dct_to_4,  //
      inverse_dct_of_first_to_2, inverse_dct_of_few_to_2, inverse_dct_to_2};
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (sizes_[kind] > 0) transforms[kind](tasks_[kind].data(), sizes_[kind]);
  }
  sizes_.fill(0);
  clear_blocks(blocks_.front().data(), count);
}

void BlockBatch::clear() {
  sizes_.fill(0);
  clear_blocks(blocks_.front().data(), capacity);
}

void Scan::begin(Bytes file, const Frame& frame) {
  source.begin(file, frame.scan_begin);
  reader = source.reader();
  prediction.fill(0);
  position = 0;
  restart_interval = static_cast<std::uint32_t>(frame.restart_interval);
  next_restart = restart_interval > 0 ? restart_interval : std::numeric_limits<std::uint32_t>::max();
  components = frame.components;
  list_jobs();
  batch.clear();
}

void Scan::list_jobs() {
  mcu_blocks = 0;
  for (int c = 0; c < components; ++c) {
    const ComponentScan& scanned = component[static_cast<std::size_t>(c)];
    for (int k = scanned.horizontal * scanned.vertical; k > 0; --k) {
      jobs[mcu_blocks++] = {scanned.dc, scanned.ac, &prediction[static_cast<std::size_t>(c)]};
    }
  }
  for (std::size_t i = mcu_blocks; i < jobs.size(); ++i) jobs[i] = jobs[i - mcu_blocks];
}

bool Scan::make_way() {
  if (position == next_restart && !restart()) return false;
  return reader.at < source.limit() || source.cover(reader);
}

bool Scan::restart() {
  const std::uint32_t number = position / restart_interval - 1;
  if (!source.enter_next_segment(reader, static_cast<int>(number % 8))) return false;
  begin_segment(position);
  return true;
}

void Scan::begin_segment(std::uint32_t first_mcu) {
  reader = source.reader();
  prediction.fill(0);
  position = first_mcu;
  next_restart = first_mcu + restart_interval;
}

bool Scan::approach(std::uint32_t target, const JpegTiles& tiles) {
  if (target < next_restart) return true;
  const std::uint32_t segment = target / restart_interval;
  if (!source.enter_segment_at(reader, tiles.begins[segment], static_cast<int>((segment - 1) % 8))) return false;
  begin_segment(segment * restart_interval);
  return true;
}

}  // namespace slabring::native_jpeg
