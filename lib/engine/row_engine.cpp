#include "engine/row_engine.hpp"

#include <fmt/format.h>

#include <cstring>
#include <exception>
#include <new>

#include "base/random.hpp"
#include "base/sample_failure.hpp"

namespace slabring {

namespace {

void shrink_for_plan(Decoder& decoder, JpegScale jpeg_scale, SamplePlan& plan) {
  constexpr double margin = 2.0;
  if (jpeg_scale != JpegScale::fast) return;
  if (const auto grid = decoder.shrink(plan.least_scale(margin))) plan.move_to(*grid);
}

/// Rows that say when the last of them is made.
class StagedRows final : public RowFeed {
 public:
  StagedRows(RowFeed& rows, std::atomic<ring::Stage>& stage) noexcept : rows_(rows), stage_(stage) {}

  int width() const noexcept override { return rows_.width(); }
  int height() const noexcept override { return rows_.height(); }
  void keep(int rows) override { rows_.keep(rows); }
  const std::uint8_t* row(int y) override { return rows_.row(y); }
  void finish() override {
    rows_.finish();
    stage_.store(ring::Stage::transform, std::memory_order_relaxed);
  }

 private:
  RowFeed& rows_;
  std::atomic<ring::Stage>& stage_;
};

}  // namespace

ImageView decode_for_plan(Decoder& decoder, JpegScale jpeg_scale, SamplePlan& plan) {
  shrink_for_plan(decoder, jpeg_scale, plan);
  return decoder.decode(plan.region());
}

void decode_and_run(Decoder& decoder, JpegScale jpeg_scale, SamplePlan& plan, const Program& program,
                    std::span<std::byte> row, AugmentScratch& scratch, std::atomic<ring::Stage>& stage) {
  stage.store(ring::Stage::decode, std::memory_order_relaxed);
  shrink_for_plan(decoder, jpeg_scale, plan);
  if (RowFeed* const rows = decoder.stream(plan.region())) {
    try {
      StagedRows staged(*rows, stage);
      return program.run(plan, staged, row.data(), scratch);
    } catch (const RowFeed::GivenUp&) {
      stage.store(ring::Stage::decode, std::memory_order_relaxed);
    }
  }
  const ImageView pixels = decoder.decode(plan.region());
  stage.store(ring::Stage::transform, std::memory_order_relaxed);
  program.run(plan, pixels, row.data(), scratch);
}

RowEngine::RowEngine(const Dataset& dataset, const Program& program, const RowOptions& options)
    : dataset_(dataset),
      has_tiles_(has_tiles(dataset)),
      program_(program),
      options_(options),
      key_(epoch_key(options.seed, 0, RandomPurpose::augment)),
      decoder_(limits_, options.jpeg_decoder) {}

RowEngine::Outcome RowEngine::fill(const PlannedSample& sample, std::uint64_t epoch, const Place& place,
                                   std::atomic<ring::Stage>& stage) noexcept {
  try {
    sample_.reset();
    stage.store(ring::Stage::load, std::memory_order_relaxed);
    load(sample.id);
    transform(sample, epoch, place.row, stage);
    copy_extras(place.extras);
    return {.label = sample_.label(), .message = {}};
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

RowEngine::Outcome RowEngine::fill_mixed(const MixedRow& place, std::span<std::byte> row,
                                         std::atomic<ring::Stage>& stage) noexcept {
  try {
    return mix(place, row, stage);
  } catch (const std::bad_alloc&) {
    return failed(SampleStatus::out_of_memory, "the worker could not allocate the memory that mixing two rows needs");
  }
}

RowEngine::Outcome RowEngine::mix(const MixedRow& place, std::span<std::byte> row, std::atomic<ring::Stage>& stage) {
  const BatchMix& batch_mix = *program_.batch_mix();
  const bool alone = place.partner == place.sample;
  // The partner first: its own row is the next row's partner, and the one that is kept longer.
  const Original* partner =
      place.partner && !alone ? &original(*place.partner, place.epoch, place.sample, stage) : nullptr;
  const Original& own = original(place.sample, place.epoch, place.partner.value_or(place.sample), stage);
  if (own.status != SampleStatus::ok) return {.status = own.status, .message = own.message};

  stage.store(ring::Stage::transform, std::memory_order_relaxed);
  if (partner == nullptr || partner->status != SampleStatus::ok) {
    std::memcpy(row.data(), own.bytes.data(), row.size());
    return {.label = own.label, .message = {}, .partner_label = own.label, .lambda = 1.0F};
  }
  const std::uint64_t key = epoch_key(options_.seed, place.epoch, RandomPurpose::mix);
  const MixDraw draw = batch_mix.draw(key, place.batch, program_.row_shape());
  mix_rows(draw, program_.row_shape(), own.bytes.data(), partner->bytes.data(), row.data());
  return {.label = own.label, .message = {}, .partner_label = partner->label, .lambda = draw.lambda};
}

RowEngine::Original* RowEngine::find(const PlannedSample& sample, std::uint64_t epoch) noexcept {
  for (Original& kept : originals_) {
    if (kept.valid && kept.sample == sample && kept.epoch == epoch) return &kept;
  }
  return nullptr;
}

// The row of `sample` before it is mixed. What is kept of `other` stays.
const RowEngine::Original& RowEngine::original(const PlannedSample& sample, std::uint64_t epoch,
                                               const PlannedSample& other, std::atomic<ring::Stage>& stage) {
  if (const Original* kept = find(sample, epoch)) return *kept;
  Original& into = find(other, epoch) == originals_.data() ? originals_[1] : originals_[0];
  into.valid = false;
  into.bytes.resize(program_.row_shape().bytes());
  Outcome outcome = fill(sample, epoch, {into.bytes}, stage);
  if (outcome.status == SampleStatus::ok) {
    if (const std::string fault = label_fault(outcome.label); !fault.empty()) {
      outcome = failed(SampleStatus::dataset_failed, fault);
    }
  }
  into.sample = sample;
  into.epoch = epoch;
  into.status = outcome.status;
  into.label = outcome.label;
  into.message = outcome.message;
  into.valid = true;
  return into;
}

std::string RowEngine::label_fault(std::int64_t label) const {
  const BatchMix& batch_mix = *program_.batch_mix();
  if (label >= 0 && label < batch_mix.classes()) return {};
  return fmt::format("its label is {}; {} with num_classes {} needs 0 to {}", label, batch_mix.name(),
                     batch_mix.classes(), batch_mix.classes() - 1);
}

void RowEngine::load(SampleId id) {
  // A faulty order must not become an access outside the user's data.
  if (to_index(id) >= dataset_.size()) {
    throw SampleFailure(SampleStatus::dataset_failed,
                        fmt::format("sample id {} is not below the dataset's size {}", to_index(id), dataset_.size()));
  }
  if (has_tiles_) {
    tiled_ = load_tiled(dataset_, id, sample_);
    if (tiled_) return;
  }
  dataset_.load(id, sample_);
  if (sample_.source() == Sample::Source::none) {
    throw SampleFailure(SampleStatus::dataset_failed,
                        "Dataset::load gave neither a file, nor bytes, nor pixels, nor an array");
  }
}

ImageHeader RowEngine::open_image(std::atomic<ring::Stage>& stage) {
  if (sample_.source() == Sample::Source::file) {
    stage.store(ring::Stage::read, std::memory_order_relaxed);
    const std::span<const std::byte> bytes = reader_.read(sample_.path(), limits_.max_file_bytes);
    stage.store(ring::Stage::decode, std::memory_order_relaxed);
    return decoder_.open(bytes);
  }
  stage.store(ring::Stage::decode, std::memory_order_relaxed);
  return tiled_ ? decoder_.open(*tiled_) : decoder_.open(sample_.encoded());
}

void RowEngine::transform(const PlannedSample& planned, std::uint64_t epoch, std::span<std::byte> row,
                          std::atomic<ring::Stage>& stage) {
  if (epoch != key_epoch_) {
    key_epoch_ = epoch;
    key_ = epoch_key(options_.seed, epoch, RandomPurpose::augment);
  }
  const SampleKey key{occurrence_key(key_, planned.occurrence), planned.id};
  const bool array = sample_.source() == Sample::Source::array;
  if (array && program_.keeps_arrays()) {
    stage.store(ring::Stage::transform, std::memory_order_relaxed);
    program_.run(sample_.array(), row.data());
    return;
  }
  if (array || sample_.source() == Sample::Source::pixels) {
    const ImageView image = array ? program_.image_of(sample_.array()) : sample_.pixels();
    stage.store(ring::Stage::transform, std::memory_order_relaxed);
    program_.plan(image.width, image.height, key, plan_);
    const Rect& region = plan_.region();
    const ImageView part{image.row(region.y) + std::ptrdiff_t{region.x} * image.channels, region.width, region.height,
                         image.channels, image.stride};
    program_.run(plan_, part, row.data(), scratch_);
    return;
  }
  const ImageHeader header = open_image(stage);
  program_.plan(header.width, header.height, key, plan_);
  decode_and_run(decoder_, options_.jpeg_scale, plan_, program_, row, scratch_, stage);
}

void RowEngine::copy_extras(std::span<const std::span<std::byte>> places) const {
  const auto extras = sample_.extras();
  if (extras.size() != places.size()) {
    throw SampleFailure(SampleStatus::wrong_shape,
                        fmt::format("the sample has {} extra arrays; its dataset's Dataset::extra_arrays() are {}",
                                    extras.size(), places.size()));
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (extras[i].size() != places[i].size()) {
      throw SampleFailure(
          SampleStatus::wrong_shape,
          fmt::format("the sample has {} bytes of extra array {}; each has {}", extras[i].size(), i, places[i].size()));
    }
    std::memcpy(places[i].data(), extras[i].data(), places[i].size());
  }
}

RowEngine::Outcome RowEngine::failed(SampleStatus status, std::string_view message) noexcept {
  try {
    message_.assign(message);
  } catch (const std::bad_alloc&) {
    message_.clear();
  }
  return {.status = status, .message = message_};
}

}  // namespace slabring
