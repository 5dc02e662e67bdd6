#include "slabring/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dataset/extra_arrays.hpp"
#include "loader/ring_session.hpp"
#include "slabring/error.hpp"

namespace slabring {

Batch::Batch(std::shared_ptr<RingSession> session, std::uint32_t slab) noexcept
    : session_(std::move(session)), slab_(slab) {}

Batch::Batch(Batch&& other) noexcept : session_(std::move(other.session_)), slab_(other.slab_) {}

Batch& Batch::operator=(Batch&& other) noexcept {
  if (this != &other) {
    release();
    session_ = std::move(other.session_);
    slab_ = other.slab_;
  }
  return *this;
}

Batch::~Batch() { release(); }

void Batch::release() noexcept {
  if (const auto session = std::exchange(session_, nullptr)) session->release(slab_);
}

std::size_t Batch::size() const noexcept { return session_->state(slab_).plan.rows; }

namespace {

Tensor tensor_of_arrays(std::byte* data, std::size_t rows, const ArrayForm& row) {
  Tensor tensor{data, row.dtype, {}, {static_cast<std::int64_t>(rows)}, {}};
  auto stride = static_cast<std::int64_t>(row.size_bytes());
  tensor.strides.push_back(stride);
  for (const std::int64_t extent : row.shape) {
    tensor.shape.push_back(extent);
    stride /= extent;
    tensor.strides.push_back(stride);
  }
  return tensor;
}

}  // namespace

Tensor Batch::images() const noexcept {
  const RowShape& row = session_->row_shape();
  const auto n = static_cast<std::int64_t>(size());
  if (row.array) return tensor_of_arrays(session_->view().images(slab_), size(), {row.dtype, *row.array});
  const auto item = static_cast<std::int64_t>(size_of(row.dtype));
  const std::int64_t h = row.height;
  const std::int64_t w = row.width;
  const std::int64_t c = row.channels;
  Tensor tensor{session_->view().images(slab_), row.dtype, row.layout, {}, {}};
  if (row.layout == Layout::nchw) {
    tensor.shape = {n, c, h, w};
    tensor.strides = {c * h * w * item, h * w * item, w * item, item};
  } else {
    tensor.shape = {n, h, w, c};
    tensor.strides = {h * w * c * item, w * c * item, c * item, item};
  }
  return tensor;
}

std::span<std::int64_t> Batch::labels() const noexcept { return {session_->view().labels(slab_), size()}; }

std::span<const ExtraArray> Batch::extra_arrays() const noexcept { return session_->extra_arrays(); }

Tensor Batch::array(std::size_t number) const {
  const auto arrays = extra_arrays();
  if (number >= arrays.size()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("extra array {} was asked for, and the batch has {}", number, arrays.size()));
  }
  return tensor_of_arrays(session_->view().extra_array(slab_, static_cast<std::uint32_t>(number)), size(),
                          arrays[number].form);
}

Tensor Batch::array(std::string_view name) const {
  const auto arrays = extra_arrays();
  const auto is_it = [&](const ExtraArray& array) { return !name.empty() && array.name == name; };
  const auto found = std::find_if(arrays.begin(), arrays.end(), is_it);
  if (found == arrays.end()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("no extra array of the batch is called \"{}\"; they are {}", name, array_text(arrays)));
  }
  return array(static_cast<std::size_t>(found - arrays.begin()));
}

std::span<const std::int64_t> Batch::partner_labels() const noexcept {
  return {session_->view().partner_labels(slab_), session_->classes() > 0 ? size() : 0};
}
std::span<const float> Batch::lambdas() const noexcept {
  return {session_->view().lambdas(slab_), session_->classes() > 0 ? size() : 0};
}

std::vector<float> Batch::soft_labels() const {
  const auto classes = static_cast<std::size_t>(session_->classes());
  std::vector<float> soft(size() * classes);
  if (classes == 0) return soft;
  for (std::size_t row = 0; row < size(); ++row) {
    // One look each: a worker may still write here, and what is out of bounds has no class.
    const std::int64_t label = labels()[row];
    const std::int64_t partner = partner_labels()[row];
    const float lambda = lambdas()[row];
    const auto add = [&](std::int64_t to, float share) {
      if (to >= 0 && to < session_->classes()) soft[row * classes + static_cast<std::size_t>(to)] += share;
    };
    add(partner, 1.0F - lambda);
    add(label, lambda);
  }
  return soft;
}

std::span<const SampleId> Batch::ids() const noexcept { return session_->state(slab_).ids; }
std::span<const SampleStatus> Batch::statuses() const noexcept { return session_->state(slab_).statuses; }
std::vector<SampleFault> Batch::faults() const { return session_->state(slab_).faults; }
std::uint64_t Batch::epoch() const noexcept { return session_->state(slab_).epoch; }
std::uint64_t Batch::index() const noexcept { return session_->state(slab_).plan.number; }

}  // namespace slabring
