#include "decode/native_jpeg/entropy_source.hpp"

#include <algorithm>
#include <cstring>

#include "base/poison.hpp"

namespace slabring::native_jpeg {
namespace {

constexpr int first_restart = 0xD0;

}  // namespace

EntropySource::~EntropySource() { unpoison(window_.data(), window_.size()); }

void EntropySource::begin(Bytes file, std::size_t scan_begin) {
  file_ = file;
  next_ = scan_begin;
  enter_segment();
}

void EntropySource::enter_segment() {
  at_marker_ = false;
  end_ = window_.data();
  limit_ = window_.data();
}

void EntropySource::append_chunk(std::size_t kept) {
  unpoison(window_.data(), window_.size());
  const Unstuffed done = unstuff(file_.data() + next_, file_.size() - next_, chunk_bytes, window_.data() + kept);
  next_ += done.read;
  at_marker_ = done.at_marker;
  const std::size_t size = kept + done.written;
  end_ = window_.data() + size;
  limit_ = is_segment_over() ? end_ : end_ - std::min(mcu_bytes, size);
  poison(end_ + mcu_bytes, window_.size() - size - mcu_bytes);
}

/// Moves what the reader has not loaded to the front. Requires: the segment is not over, so reader.at <= end_.
void EntropySource::fetch(BitReader& reader) {
  const auto kept = static_cast<std::size_t>(end_ - reader.at);
  std::memmove(window_.data(), reader.at, kept);
  reader.at = window_.data();
  append_chunk(kept);
}

bool EntropySource::cover(BitReader& reader) {
  while (reader.at >= limit_ && !is_segment_over()) fetch(reader);
  return is_within(reader);
}

bool EntropySource::enter_next_segment(const BitReader& reader, int number) {
  if (!is_within(reader)) return false;
  while (!is_segment_over()) append_chunk(0);
  if (!at_marker_ || file_[next_ + 1] != first_restart + number) return false;
  next_ += 2;
  enter_segment();
  return true;
}

bool EntropySource::enter_segment_at(const BitReader& reader, std::size_t begin, int number) {
  if (!is_within(reader) || begin < 2 || begin > file_.size()) return false;
  if (file_[begin - 2] != 0xFF || file_[begin - 1] != first_restart + number) return false;
  next_ = begin;
  enter_segment();
  return true;
}

}  // namespace slabring::native_jpeg
