#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "decode/decoder.hpp"
#include "read/file_reader.hpp"
#include "ring/layout.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// One sample into one row: load, read, decode, transform. The whole of what a worker does between claim and publish,
/// the same in a worker process and in the calling one (`workers = 0`).
///
/// Owned by one worker; keeps all scratch memory. Not thread-safe.
class RowEngine {
 public:
  /// Requires: `dataset` and `program` outlive the engine.
  RowEngine(const Dataset& dataset, const Program& program, std::uint64_t seed, JpegDecoding jpeg_decoder);

  /// What became of a row. `message` is valid until the next fill().
  struct Outcome {
    SampleStatus status = SampleStatus::ok;
    std::int64_t label = -1;
    std::string_view message;
  };

  /// Writes all of `row`, or fails: then the row's content is unspecified. Never throws; `stage` follows the work.
  /// Requires: row.size() == program.row_shape().bytes().
  Outcome fill(SampleId id, std::uint64_t epoch, std::span<std::byte> row, std::atomic<ring::Stage>& stage) noexcept;

  const Dataset& dataset() const noexcept { return dataset_; }
  const Decoder& decoder() const noexcept { return decoder_; }

 private:
  void transform(SampleId id, std::uint64_t epoch, std::span<std::byte> row, std::atomic<ring::Stage>& stage);
  std::span<const std::byte> encoded_bytes(std::atomic<ring::Stage>& stage);
  void load(SampleId id);
  Outcome failed(SampleStatus status, std::string_view message) noexcept;

  const Dataset& dataset_;
  const Program& program_;
  std::uint64_t seed_;
  std::uint64_t key_epoch_ = 0;  ///< the epoch that key_ is of
  std::uint64_t key_ = 0;
  DecodeLimits limits_;
  Sample sample_;
  FileReader reader_;
  Decoder decoder_;
  SamplePlan plan_;
  AugmentScratch scratch_;
  std::string message_;
};

}  // namespace slabring
