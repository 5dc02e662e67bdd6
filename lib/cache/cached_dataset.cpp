#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/sample_failure.hpp"
#include "cache/sample_store.hpp"
#include "dataset/combinations.hpp"
#include "dataset/label_of.hpp"
#include "dataset/nested_recipe.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/tiled_source.hpp"
#include "decode/decoder.hpp"
#include "read/file_reader.hpp"
#include "slabring/cache.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using store::Entry;
using store::Form;

Entry about(std::int64_t label, Form form) noexcept {
  Entry entry{};
  entry.label = label;
  entry.form = static_cast<std::uint32_t>(form);
  return entry;
}

/// The bytes in `buffer` as an image, as `entry` says; nullopt when it says something that cannot be.
std::optional<ImageView> image_in(std::span<const std::byte> buffer, const Entry& entry) noexcept {
  constexpr std::int32_t most_channels = 4;
  const bool sound = entry.width > 0 && entry.height > 0 && entry.channels > 0 && entry.channels <= most_channels;
  if (!sound) return std::nullopt;
  const std::ptrdiff_t stride = std::ptrdiff_t{entry.width} * entry.channels;
  if (buffer.size() != static_cast<std::size_t>(stride) * static_cast<std::size_t>(entry.height)) return std::nullopt;
  return ImageView{reinterpret_cast<const std::uint8_t*>(buffer.data()), entry.width, entry.height, entry.channels,
                   stride};
}

/// Rows one behind the other.
std::vector<std::byte> packed_rows(const ImageView& from) {
  const std::size_t row_bytes = static_cast<std::size_t>(from.width) * static_cast<std::size_t>(from.channels);
  std::vector<std::byte> rows(row_bytes * static_cast<std::size_t>(from.height));
  for (int y = 0; y < from.height; ++y) {
    std::memcpy(rows.data() + static_cast<std::size_t>(y) * row_bytes, from.row(y), row_bytes);
  }
  return rows;
}

/// In an entry the extra arrays of a sample lie behind its image or array.
void append_extras(const Sample& sample, std::vector<std::byte>& bytes) {
  for (const auto extra : sample.extras()) bytes.insert(bytes.end(), extra.begin(), extra.end());
}

/// `bytes` as they are where the sample has no extra arrays; else a copy with them, in `room`.
std::span<const std::byte> with_extras(std::span<const std::byte> bytes, const Sample& sample,
                                       std::vector<std::byte>& room) {
  if (sample.extras().empty()) return bytes;
  room.assign(bytes.begin(), bytes.end());
  append_extras(sample, room);
  return room;
}

/// Decoders that are not in use: as many as threads have ever loaded at the same time.
class DecoderPool {
 public:
  std::unique_ptr<Decoder> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Decoder>();
    std::unique_ptr<Decoder> decoder = std::move(idle_.back());
    idle_.pop_back();
    return decoder;
  }
  void give_back(std::unique_ptr<Decoder> decoder) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(decoder));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Decoder>> idle_;
};

void check_whole(const SharedDataset& whole, CacheOf what) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset that a cache is of is null");
  if (what == CacheOf::encoded && (whole->sample_array() || whole->sample_shape())) {
    throw Error(ErrorCode::dataset,
                fmt::format("{}: its samples are {}, which have no encoded bytes to keep; cache "
                            "them decoded",
                            whole->describe(SampleId{0}), whole->sample_array() ? "arrays" : "pixels"));
  }
}

}  // namespace

std::string_view to_string(CacheOf what) noexcept { return what == CacheOf::encoded ? "encoded" : "decoded"; }

class CachedDataset::Impl {
 public:
  Impl(const Dataset& whole, SampleStore store) : whole_(whole), store_(std::move(store)) {
    for (const ExtraArray& array : whole.extra_arrays()) extra_bytes_ += array.form.size_bytes();
  }

  const SampleStore& store() const noexcept { return store_; }

  void load(SampleId id, Sample& sample) {
    const std::optional<Entry> entry = store_.read(id, sample.buffer());
    if (entry && deliver(*entry, sample)) return;
    sample.reset();
    whole_.load(id, sample);
    if (!has_declared_extras(sample)) return;  // a fault, which whoever writes the row finds
    switch (sample.source()) {
      case Sample::Source::none: return;
      case Sample::Source::array: return keep_array(id, sample);
      case Sample::Source::pixels: return keep_pixels(id, sample, sample.pixels());
      case Sample::Source::file:
      case Sample::Source::encoded:
        return store_.what() == CacheOf::encoded ? keep_encoded(id, sample) : decode(id, sample);
    }
  }

 private:
  /// What the store gave, in the buffer of `sample`; false when that is nothing that this dataset has.
  bool deliver(const Entry& entry, Sample& sample) const {
    if (sample.buffer().size() < extra_bytes_) return false;
    const auto bytes = std::span(sample.buffer()).first(sample.buffer().size() - extra_bytes_);
    std::span<const std::byte> extras = std::span(sample.buffer()).last(extra_bytes_);
    for (const ExtraArray& array : whole_.extra_arrays()) {
      sample.add_extra(extras.first(array.form.size_bytes()));
      extras = extras.subspan(array.form.size_bytes());
    }
    sample.set_label(entry.label);
    switch (static_cast<Form>(entry.form)) {
      case Form::encoded:
        if (store_.what() != CacheOf::encoded) return false;
        sample.from_encoded(bytes);
        return true;
      case Form::pixels:
        if (const auto image = image_in(bytes, entry)) {
          sample.from_pixels(*image);
          return true;
        }
        return false;
      case Form::array: {
        const std::optional<ArrayForm> form = whole_.sample_array();
        if (!form || bytes.size() != form->size_bytes()) return false;
        sample.from_array({bytes.data(), form->dtype, form->shape});
        return true;
      }
    }
    return false;
  }

  bool has_declared_extras(const Sample& sample) const noexcept {
    return std::ranges::equal(sample.extras(), whole_.extra_arrays(), {}, &std::span<const std::byte>::size,
                              [](const ExtraArray& array) { return array.form.size_bytes(); });
  }

  /// As if the store had given the bytes that it keeps.
  void deliver(const Entry& entry, std::vector<std::byte> bytes, Sample& sample) const {
    sample.reset();
    sample.buffer().swap(bytes);
    deliver(entry, sample);
  }

  void keep_array(SampleId id, const Sample& sample) const {
    if (store_.what() != CacheOf::decoded) return;
    std::vector<std::byte> room;
    const ArrayView& array = sample.array();
    store_.keep(id, about(sample.label(), Form::array), with_extras({array.data, array.size_bytes()}, sample, room));
  }

  void keep_pixels(SampleId id, Sample& sample, const ImageView& pixels) const {
    if (store_.what() != CacheOf::decoded) return;
    std::vector<std::byte> bytes = packed_rows(pixels);
    Entry entry = about(sample.label(), Form::pixels);
    entry.width = pixels.width;
    entry.height = pixels.height;
    entry.channels = pixels.channels;
    if (!image_in(bytes, entry)) return;  // what could not be given back
    append_extras(sample, bytes);
    store_.keep(id, entry, bytes);
    deliver(entry, std::move(bytes), sample);
  }

  /// Limits first, and the same failures as where the engine reads the file.
  static std::span<const std::byte> encoded_bytes(const Sample& sample, FileReader& reader) {
    if (sample.source() == Sample::Source::encoded) return sample.encoded();
    return reader.read(sample.path(), DecodeLimits{}.max_file_bytes);
  }

  void keep_encoded(SampleId id, Sample& sample) const {
    FileReader reader;
    const std::span<const std::byte> bytes = encoded_bytes(sample, reader);
    const Entry entry = about(sample.label(), Form::encoded);
    std::vector<std::byte> room;
    const std::span<const std::byte> all = with_extras(bytes, sample, room);
    store_.keep(id, entry, all);
    if (sample.source() == Sample::Source::encoded) return;
    if (room.empty()) room.assign(all.begin(), all.end());
    deliver(entry, std::move(room), sample);
  }

  /// An image that would not fit any more stays as it is: then only what is needed of it is decoded.
  void decode(SampleId id, Sample& sample) {
    std::unique_ptr<Decoder> decoder = decoders_.take();
    FileReader reader;
    const ImageHeader header = decoder->open(encoded_bytes(sample, reader));
    const auto pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
    if (store_.has_room(3 * pixels + extra_bytes_)) {
      keep_pixels(id, sample, decoder->decode(Rect{0, 0, header.width, header.height}));
    }
    decoders_.give_back(std::move(decoder));  // one that threw is not worth keeping
  }

  const Dataset& whole_;
  SampleStore store_;
  std::size_t extra_bytes_ = 0;  ///< of each sample
  DecoderPool decoders_;
};

CachedDataset::CachedDataset(SharedDataset whole, std::unique_ptr<Impl> impl)
    : whole_(std::move(whole)), impl_(std::move(impl)) {}

CachedDataset::CachedDataset(SharedDataset whole, const CacheOptions& options) : whole_(std::move(whole)) {
  check_whole(whole_, options.what);
  impl_ = std::make_unique<Impl>(*whole_, SampleStore::create(whole_->size(), options.what, options.limit_bytes));
}

CachedDataset::~CachedDataset() = default;

std::unique_ptr<CachedDataset> CachedDataset::from_store(SharedDataset whole, int store) {
  auto impl = std::make_unique<Impl>(*whole, SampleStore(own_copy(store), whole->size()));
  return std::unique_ptr<CachedDataset>(new CachedDataset(std::move(whole), std::move(impl)));
}

CacheOf CachedDataset::what() const noexcept { return impl_->store().what(); }
CacheStats CachedDataset::stats() const noexcept { return impl_->store().stats(); }

void CachedDataset::load(SampleId id, Sample& sample) const { impl_->load(id, sample); }

// Of a sample that is kept, or may yet be, all bytes are wanted; once the cache is full, no more than its batch needs.
std::unique_ptr<TiledJpeg> CachedDataset::load_tiled(SampleId id, Sample& sample) const {
  const SampleStore& store = impl_->store();
  if (store.has(id) || !store.is_full()) return nullptr;
  std::unique_ptr<TiledJpeg> tiled = slabring::load_tiled(*whole_, id, sample);
  if (tiled) store.count_miss();
  return tiled;
}

std::int64_t CachedDataset::label(SampleId id) const { return label_of(*whole_, id); }

void CachedDataset::will_need(SampleId id) const noexcept {
  if (to_index(id) < size() && !impl_->store().has(id)) whole_->will_need(id);
}

std::optional<DatasetRecipe> CachedDataset::recipe() const {
  const std::array tables{impl_->store().fd()};
  const std::array parts{whole_};
  return nested_recipe("cache", nlohmann::json::object(), tables, parts);
}

std::unique_ptr<Dataset> open_cache_nest(const DatasetRecipe& recipe, const OpenDataset& own) {
  OpenedNest nest = open_nest(recipe, "a cache", own);
  if (nest.parts.size() != 1 || nest.tables.size() != 1) {
    throw Error(ErrorCode::dataset,
                fmt::format("the recipe of a cache has {} parts and {} tables; it needs one of each", nest.parts.size(),
                            nest.tables.size()));
  }
  return CachedDataset::from_store(std::move(nest.parts[0]), nest.tables[0]);
}

}  // namespace slabring
