#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "dataset/tiled_source.hpp"
#include "decode/decoder.hpp"
#include "engine/row_options.hpp"
#include "plan/epoch_order.hpp"
#include "read/file_reader.hpp"
#include "ring/layout.hpp"
#include "slabring/dataset.hpp"
#include "slabring/options.hpp"

namespace slabring {

/// The pixels of plan.region() of the image that `decoder` has opened. With JpegScale::fast a smaller image may take
/// its place, and then the plan is moved to that.
ImageView decode_for_plan(Decoder& decoder, JpegScale jpeg_scale, SamplePlan& plan);

/// Decodes those pixels and runs the plan on them, row by row where that can be done. `stage` follows the work: where
/// rows are resampled while they are decoded that counts as decoding. Throws SampleFailure.
void decode_and_run(Decoder& decoder, JpegScale jpeg_scale, SamplePlan& plan, const Program& program,
                    std::span<std::byte> row, AugmentScratch& scratch, std::atomic<ring::Stage>& stage);

/// One sample into one row: load, read, decode, transform. The whole of what a worker does between claim and publish,
/// the same in a worker process and in the calling one (`workers = 0`).
///
/// Owned by one worker; keeps all scratch memory. Not thread-safe.
class RowEngine {
 public:
  /// Requires: `dataset` and `program` outlive the engine.
  RowEngine(const Dataset& dataset, const Program& program, const RowOptions& options);

  /// What became of a row. `message` is valid until the next fill().
  struct Outcome {
    SampleStatus status = SampleStatus::ok;
    std::int64_t label = -1;
    std::string_view message;
    // Of rows that are mixed:
    std::int64_t partner_label = -1;
    float lambda = 0.0F;  ///< the share of `label`
  };

  /// Where a sample is written to: its row, and its part of every extra array.
  struct Place {
    std::span<std::byte> row;
    std::span<const std::span<std::byte>> extras{};
  };

  /// Writes all of `place`, or fails: then its content is unspecified. A sample whose extra arrays are not those of
  /// the place is a fault. Never throws; `stage` follows the work.
  /// Requires: place.row.size() == program.row_shape().bytes().
  Outcome fill(const PlannedSample& sample, std::uint64_t epoch, const Place& place,
               std::atomic<ring::Stage>& stage) noexcept;

  /// Where a row stands that is mixed with another one of its batch.
  struct MixedRow {
    PlannedSample sample;
    std::optional<PlannedSample> partner;  ///< nothing: it is known to have failed
    std::uint64_t epoch = 0;
    std::uint64_t batch = 0;  ///< in the epoch
  };

  /// As fill(), for a program that mixes batches. A row whose partner fails stays as it is, with all of its own label.
  /// The rows that are not mixed are kept, so that the next row, if it is this one's neighbour, needs no more than one.
  Outcome fill_mixed(const MixedRow& place, std::span<std::byte> row, std::atomic<ring::Stage>& stage) noexcept;

  bool mixes() const noexcept { return program_.batch_mix() != nullptr; }
  /// Samples are arrays and stay arrays, so that a row takes no longer than its bytes take to be written.
  bool copies_arrays() const noexcept { return program_.keeps_arrays(); }
  const Dataset& dataset() const noexcept { return dataset_; }
  const Decoder& decoder() const noexcept { return decoder_; }

 private:
  /// A row that is not mixed yet: a function of its sample and the epoch, so that it may be kept.
  struct Original {
    bool valid = false;
    PlannedSample sample;
    std::uint64_t epoch = 0;
    SampleStatus status = SampleStatus::ok;
    std::int64_t label = -1;
    std::string message;
    std::vector<std::byte> bytes;
  };

  Original* find(const PlannedSample& sample, std::uint64_t epoch) noexcept;
  const Original& original(const PlannedSample& sample, std::uint64_t epoch, const PlannedSample& other,
                           std::atomic<ring::Stage>& stage);
  Outcome mix(const MixedRow& place, std::span<std::byte> row, std::atomic<ring::Stage>& stage);
  std::string label_fault(std::int64_t label) const;
  void copy_extras(std::span<const std::span<std::byte>> places) const;
  void transform(const PlannedSample& planned, std::uint64_t epoch, std::span<std::byte> row,
                 std::atomic<ring::Stage>& stage);
  ImageHeader open_image(std::atomic<ring::Stage>& stage);
  void load(SampleId id);
  Outcome failed(SampleStatus status, std::string_view message) noexcept;

  const Dataset& dataset_;
  bool has_tiles_;  ///< in the dataset: asked once, since arrays are loaded by the million
  const Program& program_;
  RowOptions options_;
  std::uint64_t key_epoch_ = 0;  ///< the epoch that key_ is of
  std::uint64_t key_ = 0;
  DecodeLimits limits_;
  Sample sample_;
  std::unique_ptr<TiledJpeg> tiled_;  ///< instead of what is in sample_ but the label
  FileReader reader_;
  Decoder decoder_;
  SamplePlan plan_;
  AugmentScratch scratch_;
  std::string message_;
  std::array<Original, 2> originals_;
};

}  // namespace slabring
