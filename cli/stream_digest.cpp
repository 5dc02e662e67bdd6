#include "stream_digest.hpp"

#include <bit>
#include <span>

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

namespace slabring::cli {

static_assert(std::endian::native == std::endian::little, "the digest is defined over little-endian numbers");

struct StreamDigest::State {
  XXH3_state_t hash;

  template <class T>
  void update(std::span<T> values) {
    XXH3_128bits_update(&hash, values.data(), values.size_bytes());
  }
};

StreamDigest::StreamDigest() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->hash); }

StreamDigest::~StreamDigest() = default;

void StreamDigest::add(const Batch& batch) {
  const Tensor images = batch.images();
  state_->update(std::span<const std::byte>(images.data, images.size_bytes()));
  for (std::size_t i = 0; i < batch.extra_arrays().size(); ++i) {
    const Tensor array = batch.array(i);
    state_->update(std::span<const std::byte>(array.data, array.size_bytes()));
  }
  state_->update(batch.labels());
  state_->update(batch.ids());
  state_->update(batch.statuses());
  state_->update(batch.partner_labels());
  state_->update(batch.lambdas());
}

void StreamDigest::add_row(const Batch& batch, std::size_t row) {
  const auto add = [&](const Tensor& tensor) {
    const std::size_t bytes = tensor.size_bytes() / batch.size();
    state_->update(std::span<const std::byte>(tensor.data + row * bytes, bytes));
  };
  add(batch.images());
  for (std::size_t i = 0; i < batch.extra_arrays().size(); ++i) add(batch.array(i));
  state_->update(batch.labels().subspan(row, 1));
}

std::string StreamDigest::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->hash);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace slabring::cli
