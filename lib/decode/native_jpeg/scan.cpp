#include "decode/native_jpeg/scan.hpp"

#include <limits>

namespace slabring::native_jpeg {

BlockQueue::BlockQueue() {
  for (auto& block : storage_) {
    block.fill(0);
    free_[free_count_++] = block.data();
  }
  next_ = free_[--free_count_];
}

void BlockQueue::transform(Kind kind) {
  const BlockTask* tasks = batches_[kind].tasks.data();
  const std::size_t count = batches_[kind].size;
  switch (kind) {
    case all: inverse_dct(tasks, count); break;
    case few: inverse_dct_of_few(tasks, count); break;
    case all_to_4: inverse_dct_to_4(tasks, count); break;
    case few_to_4: inverse_dct_of_few_to_4(tasks, count); break;
    case all_to_2: inverse_dct_to_2(tasks, count); break;
    case few_to_2: inverse_dct_of_few_to_2(tasks, count); break;
    case kinds: break;
  }
  release(kind);
}

void BlockQueue::release(Kind kind) {
  Batch& batch = batches_[kind];
  Block** const first = &free_[free_count_];
  for (std::size_t i = 0; i < batch.size; ++i) first[i] = const_cast<Block*>(batch.tasks[i].coefficients);
  clear_blocks(first, batch.size, kind % 2 == few ? rows_of_few : block_side);
  free_count_ += batch.size;
  batch.size = 0;
}

void BlockQueue::clear() {
  clear_blocks(&next_, 1, block_side);
  for (std::size_t kind = 0; kind < kinds; ++kind) release(Kind(kind));
}

void BlockQueue::flush() {
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (batches_[kind].size > 0) transform(Kind(kind));
  }
}

void Scan::begin(Bytes file, const Frame& frame) {
  source.begin(file, frame.scan_begin);
  reader = source.reader();
  prediction.fill(0);
  position = 0;
  restart_interval = static_cast<std::uint32_t>(frame.restart_interval);
  next_restart = restart_interval > 0 ? restart_interval : std::numeric_limits<std::uint32_t>::max();
  components = frame.components;
  queue.clear();
}

bool Scan::enter_mcu() {
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
