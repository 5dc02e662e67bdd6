#include "ring/layout.hpp"

#include <new>

namespace slabring::ring {

const char* check(const Shape& shape) noexcept {
  if (shape.batch_size == 0 || shape.batch_size > max_batch) return "the ring's batch size is out of range";
  if (shape.slabs < 2 || shape.slabs > max_slabs) return "the ring's number of slabs is out of range";
  if (shape.workers > max_workers) return "the ring's number of workers is out of range";
  if (shape.extra_arrays > max_extra_arrays) return "the ring's number of extra arrays is out of range";
  if (shape.row_bytes == 0 || shape.row_bytes > max_row_bytes) return "the ring's row size is out of range";
  std::uint64_t left = max_row_bytes - shape.row_bytes;
  for (std::uint32_t array = 0; array < max_extra_arrays; ++array) {
    const std::uint64_t bytes = shape.extra_row_bytes[array];
    if ((bytes != 0) != (array < shape.extra_arrays) || bytes > left) {
      return "the row size of one of the ring's extra arrays is out of range";
    }
    left -= bytes;
  }
  return nullptr;
}

std::size_t control_bytes(const Shape& shape) noexcept {
  return align_up(sizeof(Control) + shape.slabs * SlabOffsets{shape.batch_size}.stride, DataOffsets::small_page);
}

std::size_t data_bytes(const Shape& shape) noexcept { return shape.slabs * DataOffsets{shape}.stride; }

std::uint64_t abi_hash() noexcept {
  constexpr SlabOffsets slab{max_batch};
  constexpr std::uint64_t facts[] = {layout_version,
                                     sizeof(Control),
                                     sizeof(Slot),
                                     slab.done,
                                     slab.owner,
                                     slab.row,
                                     slab.message,
                                     slab.stride,
                                     max_batch,
                                     max_slabs,
                                     max_extra_arrays,
                                     order_size,
                                     offsetof(Slot, active),
                                     offsetof(Slot, decoded_native),
                                     offsetof(Ring, ready),
                                     offsetof(Ring, hint),
                                     offsetof(Pool, work)};
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a over the words
  for (const std::uint64_t fact : facts) hash = (hash ^ fact) * 0x100000001b3;
  return hash;
}

View::View(const Shape& shape, std::byte* control, std::byte* data) noexcept
    : shape_(shape),
      control_(control),
      data_(data),
      slab_offsets_(shape.batch_size),
      data_offsets_(shape),
      words_((shape.batch_size + bits_per_word - 1) / bits_per_word) {}

void View::format() const noexcept {
  new (control_) Control{};
  control()->header = {
      magic, layout_version, sizeof(Header), abi_hash(), shape_, ring::control_bytes(shape_), ring::data_bytes(shape_)};
  for (std::uint32_t slab = 0; slab < shape_.slabs; ++slab) {
    new (&head(slab)) SlabHead{};
    for (std::uint32_t word = 0; word < max_words; ++word) new (&done(slab, word)) std::atomic<std::uint64_t>{0};
    for (std::uint32_t r = 0; r < shape_.batch_size; ++r) {
      new (&owner(slab, r)) std::atomic<std::uint64_t>{0};
      new (&row(slab, r)) Row{};
    }
  }
}

const char* View::check(const Header& header, std::size_t control_size, std::size_t data_size) noexcept {
  const Shape shape = header.shape;
  if (header.magic != magic) return "the control memory does not begin with slabring's magic number";
  if (header.version != layout_version || header.header_bytes != sizeof(Header) || header.abi != abi_hash()) {
    return "the ring has the layout of another version";
  }
  if (const char* const reason = ring::check(shape)) return reason;
  if (ring::control_bytes(shape) != header.control_bytes || header.control_bytes != control_size) {
    return "the control memory's size does not fit the ring's shape";
  }
  if (ring::data_bytes(shape) != header.data_bytes || header.data_bytes != data_size) {
    return "the data memory's size does not fit the ring's shape";
  }
  return nullptr;
}

bool View::complete(std::uint32_t slab) const noexcept {
  for (std::uint32_t word = 0; word < words_; ++word) {
    if (done(slab, word).load() != row_bits(shape_.batch_size, word)) return false;
  }
  return true;
}

}  // namespace slabring::ring
