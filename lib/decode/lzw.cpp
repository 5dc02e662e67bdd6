#include "decode/lzw.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/sample_failure.hpp"

namespace slabring {

LzwDecoder::LzwDecoder(int literal_bits) : clear_code_(1 << literal_bits) {
  for (int literal = 0; literal < clear_code_; ++literal) {
    const auto index = static_cast<std::size_t>(literal);
    length_[index] = 1;
    last_[index] = static_cast<std::uint8_t>(literal);
  }
  start_over();
}

void LzwDecoder::start_over() {
  next_code_ = clear_code_ + 2;  // after the clear code and the end code
  previous_code_ = -1;
  code_bits_ = 1;
  while (1 << code_bits_ <= clear_code_) ++code_bits_;
}

LzwDecoder::State LzwDecoder::decode(std::span<const std::byte> input, std::span<std::uint8_t> indices) {
  for (std::byte byte : input) {
    pending_ |= std::to_integer<std::uint32_t>(byte) << pending_bits_;
    for (pending_bits_ += 8; pending_bits_ >= code_bits_;) {
      const int code = static_cast<int>(pending_ & ((1u << code_bits_) - 1));
      pending_ >>= code_bits_;
      pending_bits_ -= code_bits_;
      if (code == clear_code_) {
        start_over();
        continue;
      }
      if (code == clear_code_ + 1) return State::ended;
      write_code(code, indices);
      if (written_ == indices.size()) return State::full;
    }
  }
  return State::needs_input;
}

void LzwDecoder::write_code(int code, std::span<std::uint8_t> indices) {
  // After a clear code only a literal means anything; later also the code that this one is about to define.
  const bool known = previous_code_ < 0 ? code < clear_code_ : code <= next_code_;
  if (!known) {
    throw SampleFailure(SampleStatus::corrupt,
                        fmt::format("the GIF pixel data has the undefined code {} after {} pixels", code, written_));
  }
  const bool defines_itself = code == next_code_;
  const int copied_code = defines_itself ? previous_code_ : code;
  const std::size_t copied = length_of(copied_code);
  // From the end of the string to its beginning, which is the way it is linked; what does not fit is left out.
  int at = copied_code;
  for (std::size_t i = copied; i-- > 0; at = prefix_[static_cast<std::size_t>(at)]) {
    first_of_last_ = last_[static_cast<std::size_t>(at)];
    if (written_ + i < indices.size()) indices[written_ + i] = first_of_last_;
  }
  written_ = std::min(written_ + copied, indices.size());
  if (defines_itself && written_ < indices.size()) indices[written_++] = first_of_last_;

  if (previous_code_ >= 0) define_next_code();
  previous_code_ = code;
}

/// The string of the previous code and the first index of the one just written.
void LzwDecoder::define_next_code() {
  if (next_code_ == table_size) return;
  const auto next = static_cast<std::size_t>(next_code_);
  prefix_[next] = static_cast<std::uint16_t>(previous_code_);
  length_[next] = static_cast<std::uint16_t>(length_of(previous_code_) + 1);
  last_[next] = first_of_last_;
  ++next_code_;
  if (next_code_ == 1 << code_bits_ && code_bits_ < most_code_bits) ++code_bits_;
}

}  // namespace slabring
