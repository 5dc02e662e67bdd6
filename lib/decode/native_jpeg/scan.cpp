#include "decode/native_jpeg/scan.hpp"

#include <limits>

namespace slabring::native_jpeg {

BlockQueue::BlockQueue() {
  for (auto& block : storage_) free_[free_count_++] = block.data();
  next_ = free_[--free_count_];
}

void BlockQueue::transform(Kind kind) {
  Batch& batch = batches_[kind];
  switch (kind) {
    case few: inverse_dct_of_few(batch.tasks.data(), batch.size); break;
    case all: inverse_dct(batch.tasks.data(), batch.size); break;
    case to_4: inverse_dct_to_4(batch.tasks.data(), batch.size); break;
    case to_2: inverse_dct_to_2(batch.tasks.data(), batch.size); break;
    case kinds: break;
  }
  release(batch);
}

void BlockQueue::release(Batch& batch) {
  for (std::size_t i = 0; i < batch.size; ++i) free_[free_count_++] = const_cast<Block*>(batch.tasks[i].coefficients);
  batch.size = 0;
}

void BlockQueue::clear() {
  for (Batch& batch : batches_) release(batch);
}

void BlockQueue::flush() {
  for (const Kind kind : {few, all, to_4, to_2}) {
    if (batches_[kind].size > 0) transform(kind);
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
  reader = source.reader();
  prediction.fill(0);
  next_restart = position + restart_interval;
  return true;
}

}  // namespace slabring::native_jpeg
