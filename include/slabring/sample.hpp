#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/export.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// The number of a sample in its Dataset: 0 <= id < Dataset::size().
enum class SampleId : std::uint64_t {};

constexpr std::uint64_t to_index(SampleId id) noexcept { return static_cast<std::uint64_t>(id); }

/// The id of a row that holds no sample (SampleStatus::absent).
inline constexpr SampleId no_sample{~std::uint64_t{0}};

/// What became of one row of a batch. The values are part of the shared-memory layout and of `slabring verify --json`:
/// never renumber.
enum class SampleStatus : std::uint32_t {
  ok = 0,
  pending = 1,            ///< not yet written; never delivered
  open_failed = 2,        ///< the file is missing or may not be read
  read_failed = 3,        ///< reading it failed half way
  empty = 4,              ///< zero bytes
  too_large = 5,          ///< bytes, pixels, scans or frames beyond the limits
  unknown_format = 6,     ///< no decoder recognises its first bytes
  unsupported = 7,        ///< a known format in a variant that is not read
  corrupt = 8,            ///< the decoder found a contradiction
  truncated = 9,          ///< the data ends early
  wrong_shape = 10,       ///< the result does not have the shape of a row
  transform_failed = 11,  ///< a user's transform threw
  dataset_failed = 12,    ///< a user's dataset threw
  out_of_memory = 13,     ///< the worker's memory limit was reached
  quarantined = 14,       ///< workers died while they had it in hand
  stalled = 15,           ///< took longer than `timeout`; its worker was killed
  cancelled = 16,         ///< its batch was given up (early break); never delivered
  substituted = 17,       ///< another sample stands in its place (OnError::substitute)
  padded = 18,            ///< sound, but of another row as well: it fills an uneven end (Uneven::pad)
  absent = 19,            ///< no sample: an uneven end of zeros (Uneven::exact); its id is no_sample
};

/// The code as scripts see it: "open_failed". Unknown values give "unknown".
SLABRING_API std::string_view to_string(SampleStatus status) noexcept;

/// One failed sample: which, why, and in words.
struct SampleFault {
  SampleId id{};
  SampleStatus status = SampleStatus::ok;
  std::string source;                    ///< Dataset::describe(id): a path, as a rule
  std::string message;                   ///< a sentence, without the source
  std::optional<SampleId> substitute{};  ///< the sample delivered in its place, with OnError::substitute
};

/// Pixels somebody else owns: `height` rows of `width` pixels of `channels` interleaved bytes, `stride` bytes apart.
struct ImageView {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  int channels = 0;
  std::ptrdiff_t stride = 0;

  const std::uint8_t* row(int y) const noexcept { return data + stride * y; }
};

/// As ImageView, to be written to.
struct MutableImageView {
  std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  int channels = 0;
  std::ptrdiff_t stride = 0;

  std::uint8_t* row(int y) const noexcept { return data + stride * y; }
  /// What may be written may be read. NOLINTNEXTLINE(google-explicit-constructor): every use wants it
  operator ImageView() const noexcept { return {data, width, height, channels, stride}; }
};

/// An array somebody else owns: elements of one type, contiguous, the last axis fastest (C order). No axes: one
/// element. `data` needs no alignment.
struct ArrayView {
  const std::byte* data = nullptr;
  DType dtype = DType::u8;
  Axes shape{};

  std::size_t size_bytes() const noexcept { return shape.elements() * size_of(dtype); }
};

/// What Dataset::load fills in: the label, exactly one of a file's path, encoded bytes, pixels, or an array, and the
/// sample's part of every extra array.
///
/// Owned by one worker and reused for all its samples, so that its buffers are allocated once. Views handed to
/// from_encoded(), from_pixels(), from_array() and add_extra() must stay valid until the next load() on the same
/// Sample; they may point into buffer().
class SLABRING_API Sample {
 public:
  enum class Source : std::uint8_t { none, file, encoded, pixels, array };

  /// Forgets the last sample; the capacity of the buffers stays.
  void reset() noexcept;

  void set_label(std::int64_t label) noexcept { label_ = label; }
  /// The worker reads the file itself, limits first.
  void from_file(std::string_view path);
  /// The same for folder/name, put together without allocating once the buffers have grown.
  void from_file(std::string_view folder, std::string_view name);
  /// The bytes of an image file.
  void from_encoded(std::span<const std::byte> bytes) noexcept;
  /// Ready pixels; no decoder runs.
  void from_pixels(const ImageView& pixels) noexcept;
  /// Numbers of any kind. The dataset has to say Dataset::sample_array().
  void from_array(const ArrayView& array) noexcept;
  /// The sample's elements of the next of Dataset::extra_arrays(), which must be as many bytes as its form has.
  void add_extra(std::span<const std::byte> bytes);

  /// Room that a dataset may read into.
  std::vector<std::byte>& buffer() noexcept { return buffer_; }

  std::int64_t label() const noexcept { return label_; }
  Source source() const noexcept { return source_; }
  const std::string& path() const noexcept { return path_; }
  std::span<const std::byte> encoded() const noexcept { return encoded_; }
  const ImageView& pixels() const noexcept { return pixels_; }
  const ArrayView& array() const noexcept { return array_; }
  std::span<const std::span<const std::byte>> extras() const noexcept { return extras_; }

 private:
  std::int64_t label_ = -1;
  Source source_ = Source::none;
  std::string path_;
  std::span<const std::byte> encoded_;
  ImageView pixels_;
  ArrayView array_;
  std::vector<std::span<const std::byte>> extras_;
  std::vector<std::byte> buffer_;
};

}  // namespace slabring
