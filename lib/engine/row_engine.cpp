#include "engine/row_engine.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>

#include "base/random.hpp"
#include "base/sample_failure.hpp"

namespace slabring {

RowEngine::RowEngine(const Dataset& dataset, const Program& program, std::uint64_t seed, JpegDecoding jpeg_decoder)
    : dataset_(dataset),
      program_(program),
      seed_(seed),
      key_(epoch_key(seed, 0, RandomPurpose::augment)),
      decoder_(limits_, jpeg_decoder) {}

RowEngine::Outcome RowEngine::fill(SampleId id, std::uint64_t epoch, std::span<std::byte> row,
                                   std::atomic<ring::Stage>& stage) noexcept {
  try {
    sample_.reset();
    stage.store(ring::Stage::load, std::memory_order_relaxed);
    load(id);
    transform(id, epoch, row, stage);
    return {SampleStatus::ok, sample_.label(), {}};
  } catch (const SampleFailure& failure) {
    return failed(failure.status(), failure.what());
  } catch (const std::bad_alloc&) {
    return failed(SampleStatus::out_of_memory, "the worker could not allocate the memory that the sample needs");
  } catch (const std::exception& error) {
    return failed(SampleStatus::dataset_failed, error.what());
  } catch (...) {
    return failed(SampleStatus::dataset_failed, "something that is no std::exception was thrown");
  }
}

void RowEngine::load(SampleId id) {
  // A faulty order must not become an access outside the user's data.
  if (to_index(id) >= dataset_.size()) {
    throw SampleFailure(SampleStatus::dataset_failed,
                        fmt::format("sample id {} is not below the dataset's size {}", to_index(id), dataset_.size()));
  }
  dataset_.load(id, sample_);
  if (sample_.source() == Sample::Source::none) {
    throw SampleFailure(SampleStatus::dataset_failed, "Dataset::load gave neither a file, nor bytes, nor pixels");
  }
}

std::span<const std::byte> RowEngine::encoded_bytes(std::atomic<ring::Stage>& stage) {
  if (sample_.source() == Sample::Source::file) {
    stage.store(ring::Stage::read, std::memory_order_relaxed);
    return reader_.read(sample_.path(), limits_.max_file_bytes);
  }
  return sample_.encoded();
}

void RowEngine::transform(SampleId id, std::uint64_t epoch, std::span<std::byte> row, std::atomic<ring::Stage>& stage) {
  if (epoch != key_epoch_) {
    key_epoch_ = epoch;
    key_ = epoch_key(seed_, epoch, RandomPurpose::augment);
  }
  const SampleKey key{key_, id};
  if (sample_.source() == Sample::Source::pixels) {
    const ImageView& image = sample_.pixels();
    stage.store(ring::Stage::transform, std::memory_order_relaxed);
    program_.plan(image.width, image.height, key, plan_);
    const Rect& region = plan_.region();
    const ImageView part{image.row(region.y) + std::ptrdiff_t{region.x} * image.channels, region.width, region.height,
                         image.channels, image.stride};
    program_.run(plan_, part, row.data(), scratch_);
    return;
  }
  const std::span<const std::byte> bytes = encoded_bytes(stage);
  stage.store(ring::Stage::decode, std::memory_order_relaxed);
  const ImageHeader header = decoder_.open(bytes);
  program_.plan(header.width, header.height, key, plan_);
  const ImageView pixels = decoder_.decode(plan_.region());
  stage.store(ring::Stage::transform, std::memory_order_relaxed);
  program_.run(plan_, pixels, row.data(), scratch_);
}

RowEngine::Outcome RowEngine::failed(SampleStatus status, std::string_view message) noexcept {
  try {
    message_.assign(message);
  } catch (const std::bad_alloc&) {
    message_.clear();
  }
  return {status, -1, message_};
}

}  // namespace slabring
