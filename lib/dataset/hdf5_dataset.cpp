#include "dataset/hdf5_dataset.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <list>
#include <system_error>
#include <utility>

#include "base/fingerprint.hpp"
#include "base/memfd.hpp"
#include "base/sample_failure.hpp"
#include "dataset/file_set.hpp"
#include "dataset/hdf5_records.hpp"
#include "dataset/index_cache.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::json;

constexpr std::string_view what = "a set of HDF5 files";

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::dataset, why); }

std::uint64_t rounded_up(std::int64_t extent, std::int64_t chunk) noexcept {
  return static_cast<std::uint64_t>((extent + chunk - 1) / chunk);
}

/// Chunks that lie beside one another along all axes but the first.
std::uint64_t chunks_a_row(const Hdf5File& file, const ArrayForm& form) noexcept {
  std::uint64_t count = 1;
  for (std::size_t axis = 0; axis < form.shape.size(); ++axis) {
    count *= rounded_up(form.shape[axis], file.chunk[axis + 1]);
  }
  return count;
}

// ---- what threads keep ----

/// Unpacked rows of chunks, the last one used first.
class KeptRows {
 public:
  struct Key {
    std::uint64_t dataset;
    std::size_t file;
    std::uint64_t row;
    bool operator==(const Key&) const = default;
  };

  /// Null: it is not kept.
  const std::byte* find(const Key& key) noexcept {
    for (auto row = rows_.begin(); row != rows_.end(); ++row) {
      if (!(row->key == key)) continue;
      rows_.splice(rows_.begin(), rows_, row);
      return rows_.front().bytes.data();
    }
    return nullptr;
  }

  /// Room for a row, in the memory of the ones used longest ago.
  std::span<std::byte> add(const Key& key, std::size_t bytes) {
    while (!rows_.empty() && bytes_ + bytes > Hdf5Dataset::kept_bytes) drop_last();
    rows_.push_front({key, std::vector<std::byte>(bytes)});
    bytes_ += bytes;
    return rows_.front().bytes;
  }
  void forget(const Key& key) noexcept {
    if (rows_.empty() || !(rows_.front().key == key)) return;
    bytes_ -= rows_.front().bytes.size();
    rows_.pop_front();
  }

 private:
  struct Row {
    Key key;
    std::vector<std::byte> bytes;
  };

  void drop_last() noexcept {
    bytes_ -= rows_.back().bytes.size();
    rows_.pop_back();
  }

  std::list<Row> rows_;
  std::size_t bytes_ = 0;
};

thread_local KeptRows kept_rows;
thread_local std::vector<std::byte> inflated;
thread_local std::vector<std::byte> unshuffled;

// ---- chunks ----

void inflate_chunk(std::span<const std::byte> packed, std::span<std::byte> out) {
  uLongf bytes = out.size();
  const int result = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &bytes,
                                  reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (result == Z_OK && bytes == out.size()) return;
  throw SampleFailure(SampleStatus::corrupt, "the gzip data of its chunk is damaged");
}

/// Puts together what the filter shuffle took apart: the first bytes of all elements, then the second ones, ...
void unshuffle(std::span<const std::byte> planes, std::size_t element, std::span<std::byte> out) noexcept {
  const std::size_t count = planes.size() / element;
  for (std::size_t byte = 0; byte < element; ++byte) {
    const std::byte* const plane = planes.data() + byte * count;
    for (std::size_t i = 0; i < count; ++i) out[i * element + byte] = plane[i];
  }
}

/// The chunk's elements; valid until the next call of the thread.
std::span<const std::byte> unfiltered(std::span<const std::byte> stored, const Hdf5File& file, std::uint32_t skipped,
                                      std::size_t element, std::size_t bytes) {
  std::span<const std::byte> now = stored;
  for (std::size_t i = file.filters.size(); i-- > 0;) {
    if ((skipped >> i & 1) != 0) continue;
    std::vector<std::byte>& room = file.filters[i] == Hdf5Filter::deflate ? inflated : unshuffled;
    room.resize(bytes);
    if (file.filters[i] == Hdf5Filter::deflate) {
      inflate_chunk(now, room);
    } else if (now.size() == bytes) {
      unshuffle(now, element, room);
    }
    now = room;
  }
  if (now.size() == bytes) return now;
  throw SampleFailure(SampleStatus::corrupt, fmt::format("its chunk has {} bytes instead of {}", now.size(), bytes));
}

/// Where a chunk lies among the samples of its row, and how far it reaches into them.
struct Block {
  Axes corner;  ///< of all axes but the first
  Axes extent;  ///< cut off at the border
};

/// Copies the block of a chunk to its place in the samples.
void place_block(const std::byte* chunk, const Axes& chunk_shape, const Block& block, const ArrayForm& form,
                 std::uint64_t samples, std::byte* out) noexcept {
  const std::size_t element = size_of(form.dtype);
  const std::size_t axes = form.shape.size();
  const std::size_t sample_bytes = form.shape.elements() * element;
  std::size_t chunk_sample = element;
  for (std::size_t axis = 0; axis < axes; ++axis) chunk_sample *= static_cast<std::size_t>(chunk_shape[axis + 1]);
  if (axes == 0) {
    std::memcpy(out, chunk, samples * element);
    return;
  }
  const std::size_t line = static_cast<std::size_t>(block.extent[axes - 1]) * element;
  for (std::uint64_t sample = 0; sample < samples; ++sample) {
    Axes at;  // of the line's beginning in the block, all axes but the last
    for (std::size_t axis = 0; axis + 1 < axes; ++axis) at.push_back(0);
    for (bool more = true; more;) {
      std::size_t from = 0;
      std::size_t to = 0;
      for (std::size_t axis = 0; axis < axes; ++axis) {
        const std::int64_t inside = axis + 1 < axes ? at[axis] : 0;
        from = from * static_cast<std::size_t>(chunk_shape[axis + 1]) + static_cast<std::size_t>(inside);
        to = to * static_cast<std::size_t>(form.shape[axis]) + static_cast<std::size_t>(block.corner[axis] + inside);
      }
      std::memcpy(out + sample * sample_bytes + to * element, chunk + sample * chunk_sample + from * element, line);
      more = false;
      for (std::size_t axis = axes - 1; axis-- > 0 && !more;) {
        if (++at[axis] < block.extent[axis]) {
          more = true;
        } else {
          at[axis] = 0;
        }
      }
    }
  }
}

Block block_of(const Hdf5File& file, const ArrayForm& form, std::uint64_t number) noexcept {
  Block block;
  for (std::size_t axis = 0; axis < form.shape.size(); ++axis) {
    block.corner.push_back(0);
    block.extent.push_back(0);
  }
  for (std::size_t axis = form.shape.size(); axis-- > 0;) {
    const std::uint64_t count = rounded_up(form.shape[axis], file.chunk[axis + 1]);
    block.corner[axis] = static_cast<std::int64_t>(number % count) * file.chunk[axis + 1];
    block.extent[axis] = std::min(file.chunk[axis + 1], form.shape[axis] - block.corner[axis]);
    number /= count;
  }
  return block;
}

FileMapping map_file(const Hdf5File& file) {
  const UniqueFd fd(::open(file.name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    refuse(fmt::format("{} cannot be opened: {}", file.name, std::generic_category().message(errno)));
  }
  const std::int64_t modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (static_cast<std::uint64_t>(status.st_size) != file.bytes || modified != file.modified_ns || file.bytes == 0) {
    refuse(fmt::format("{} was changed since it was indexed; open the dataset again", file.name));
  }
  return {fd.get(), static_cast<std::size_t>(file.bytes)};
}

std::uint64_t next_serial() noexcept {
  static std::atomic<std::uint64_t> serial{0};
  return ++serial;
}

}  // namespace

Hdf5Dataset::Hdf5Dataset(Hdf5Index index) : index_(std::move(index)), serial_(next_serial()) {
  sample_bytes_ = index_.form.shape.elements() * size_of(index_.form.dtype);
  struct stat status {};
  if (!has_seals(index_.table.get(), read_only_seals) || ::fstat(index_.table.get(), &status) != 0) {
    refuse("the index of HDF5 files is not sealed, read-only memory");
  }
  table_ = FileMapping(index_.table.get(), static_cast<std::size_t>(status.st_size));
  for (const Hdf5File& file : index_.files) {
    firsts_.push_back(size_);
    size_ += file.samples;
    mappings_.push_back(map_file(file));
  }
  std::span<const std::byte> rest = table_.bytes();
  const auto numbers = [&]() -> const std::int64_t* {
    const std::span<const std::byte> all = rest;
    if (size_ > all.size() / sizeof(std::int64_t)) refuse("the index of HDF5 files is too short for labels or lengths");
    rest = rest.subspan(size_ * sizeof(std::int64_t));
    return reinterpret_cast<const std::int64_t*>(all.data());
  };
  if (index_.labelled) labels_ = numbers();
  if (index_.measured) lengths_ = numbers();
  chunks_ = {reinterpret_cast<const Hdf5Chunk*>(rest.data()), rest.size() / sizeof(Hdf5Chunk)};
  for (const Hdf5File& file : index_.files) check(file);
}

/// All that is constant; a chunk's own place is checked when it is read.
void Hdf5Dataset::check(const Hdf5File& file) const {
  if (file.chunk.empty()) {
    const std::uint64_t most = file.offset <= file.bytes ? (file.bytes - file.offset) / sample_bytes_ : 0;
    if (file.samples <= most) return;
    refuse(fmt::format("{} has room for {} samples and should have {}; it is cut off", file.name, most, file.samples));
  }
  if (file.chunk.size() != index_.form.shape.size() + 1) refuse(file.name + " has chunks of another number of axes");
  const std::uint64_t row_bytes = static_cast<std::uint64_t>(file.chunk[0]) * sample_bytes_;
  if (row_bytes > max_chunk_row_bytes) {
    refuse(fmt::format("{} has chunks of {} samples, together {} bytes; at most {} are unpacked at once", file.name,
                       file.chunk[0], row_bytes, max_chunk_row_bytes));
  }
  const std::uint64_t needed = file.first_chunk + rounded_up(static_cast<std::int64_t>(file.samples), file.chunk[0]) *
                                                      chunks_a_row(file, index_.form);
  if (needed > chunks_.size()) refuse("the index of HDF5 files has too few chunks for " + file.name);
}

Hdf5Dataset::Place Hdf5Dataset::place_of(SampleId id) const noexcept {
  const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), to_index(id));
  const auto file = static_cast<std::size_t>(after - firsts_.begin()) - 1;
  return {file, to_index(id) - firsts_[file]};
}

std::span<const Hdf5Chunk> Hdf5Dataset::chunk_row(const Hdf5File& file, std::uint64_t row) const noexcept {
  const std::uint64_t count = chunks_a_row(file, index_.form);
  return chunks_.subspan(file.first_chunk + row * count, count);
}

void Hdf5Dataset::load(SampleId id, Sample& sample) const {
  const auto [number, index] = place_of(id);
  const Hdf5File& file = index_.files[number];
  sample.set_label(label(id));
  const std::byte* data = nullptr;
  if (file.chunk.empty()) {
    data = mappings_[number].bytes().data() + file.offset + index * sample_bytes_;
  } else {
    const auto samples = static_cast<std::uint64_t>(file.chunk[0]);
    data = unpacked_row(number, index / samples) + index % samples * sample_bytes_;
  }
  if (index_.encoded) return sample.from_encoded(encoded(id, data));
  sample.from_array({data, index_.form.dtype, index_.form.shape});
}

std::span<const std::byte> Hdf5Dataset::encoded(SampleId id, const std::byte* row) const {
  if (lengths_ == nullptr) return {row, sample_bytes_};
  const std::int64_t length = lengths_[to_index(id)];
  if (length == 0) throw SampleFailure(SampleStatus::empty, "its length is 0");
  if (length > 0 && static_cast<std::uint64_t>(length) <= sample_bytes_) return {row, static_cast<std::size_t>(length)};
  throw SampleFailure(SampleStatus::corrupt,
                      fmt::format("its length is {}, and its row has {} bytes", length, sample_bytes_));
}

std::optional<ArrayForm> Hdf5Dataset::sample_array() const {
  if (index_.encoded) return std::nullopt;
  return index_.form;
}

const std::byte* Hdf5Dataset::unpacked_row(std::size_t number, std::uint64_t row) const {
  const KeptRows::Key key{serial_, number, row};
  if (const std::byte* const kept = kept_rows.find(key)) return kept;
  const std::span<std::byte> samples =
      kept_rows.add(key, static_cast<std::size_t>(index_.files[number].chunk[0]) * sample_bytes_);
  try {
    unpack_row(number, row, samples);
  } catch (...) {
    kept_rows.forget(key);
    throw;
  }
  return samples.data();
}

void Hdf5Dataset::unpack_row(std::size_t number, std::uint64_t row, std::span<std::byte> samples) const {
  const Hdf5File& file = index_.files[number];
  const std::span<const std::byte> bytes = mappings_[number].bytes();
  const std::size_t element = index_.element_bytes;
  const auto rows = static_cast<std::uint64_t>(file.chunk[0]);
  const std::uint64_t count = std::min(rows, file.samples - row * rows);
  const std::span<const Hdf5Chunk> chunks = chunk_row(file, row);
  for (std::uint64_t i = 0; i < chunks.size(); ++i) {
    const Hdf5Chunk& chunk = chunks[i];
    if (chunk.bytes == 0) continue;  // never written: zero, as `samples` are
    if (chunk.offset > bytes.size() || chunk.bytes > bytes.size() - chunk.offset) {
      throw SampleFailure(SampleStatus::truncated, "its chunk lies behind the end of the file; the file is cut off");
    }
    const auto elements = unfiltered(bytes.subspan(chunk.offset, chunk.bytes), file, chunk.skipped_filters, element,
                                     file.chunk.elements() * size_of(index_.form.dtype));
    place_block(elements.data(), file.chunk, block_of(file, index_.form, i), index_.form, count, samples.data());
  }
}

std::string Hdf5Dataset::describe(SampleId id) const {
  const auto [file, index] = place_of(id);
  return fmt::format("{}[{}]", index_.files[file].name, index);
}

std::uint64_t Hdf5Dataset::fingerprint() const {
  std::string text = std::string(to_string(index_.form.dtype));
  for (const std::int64_t extent : index_.form.shape) text += fmt::format(" {}", extent);
  for (const Hdf5File& file : index_.files) text += fmt::format(" {}", file.samples);
  if (index_.encoded) text += " encoded";
  if (labels_ != nullptr) {
    text += fmt::format(" {}", fingerprint_of(std::as_bytes(std::span(labels_, static_cast<std::size_t>(size_)))));
  }
  return fingerprint_of(std::as_bytes(std::span(text)));
}

// ---- another process ----

namespace {

Json axes_to_json(const Axes& axes) { return std::vector<std::int64_t>(axes.begin(), axes.end()); }

Axes axes_from_json(const Json& json) {
  const auto values = json.get<std::vector<std::int64_t>>();
  if (values.size() > Axes::most) refuse(fmt::format("the recipe of {} has a shape of too many axes", what));
  Axes axes;
  std::int64_t product = 1;
  for (const std::int64_t extent : values) {
    if (extent <= 0 || __builtin_mul_overflow(product, extent, &product) || product >> 58 != 0) {
      refuse(fmt::format("the recipe of {} has a shape of no size", what));
    }
    axes.push_back(extent);
  }
  return axes;
}

Json to_json(const Hdf5File& file) {
  Json filters = Json::array();
  for (const Hdf5Filter filter : file.filters) filters.push_back(static_cast<unsigned>(filter));
  return {{"name", name_to_json(file.name)}, {"bytes", file.bytes},          {"modified_ns", file.modified_ns},
          {"samples", file.samples},         {"offset", file.offset},        {"chunk", axes_to_json(file.chunk)},
          {"first_chunk", file.first_chunk}, {"filters", std::move(filters)}};
}

Hdf5File file_from_json(const Json& json) {
  constexpr std::uint64_t most = std::uint64_t{1} << 48;
  Hdf5File file;
  file.name = name_from_json(json.at("name"));
  file.bytes = json.at("bytes").get<std::uint64_t>();
  file.modified_ns = json.at("modified_ns").get<std::int64_t>();
  file.samples = json.at("samples").get<std::uint64_t>();
  file.offset = json.at("offset").get<std::uint64_t>();
  file.chunk = axes_from_json(json.at("chunk"));
  file.first_chunk = json.at("first_chunk").get<std::uint64_t>();
  for (const Json& filter : json.at("filters")) {
    file.filters.push_back(filter.get<unsigned>() == 0 ? Hdf5Filter::deflate : Hdf5Filter::shuffle);
  }
  if (file.samples == 0 || file.samples > most || file.first_chunk > most) {
    refuse(fmt::format("the recipe of {} has a file of {} samples", what, file.samples));
  }
  return file;
}

std::vector<std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {absolute_root(path)};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (ends_in(entry.path().native(), {".h5", ".hdf5", ".he5"})) files.push_back(absolute_root(entry.path().native()));
  }
  std::ranges::sort(files);
  if (files.empty()) refuse(fmt::format("{} holds no .h5 or .hdf5 file", path));
  return files;
}

/// The option encoded. Throws Error(invalid_argument).
bool take_encoded(SourceRequest& request) {
  const std::string encoded = request.take("encoded").value_or("no");
  if (encoded == "yes" || encoded == "no") return encoded == "yes";
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{}: the option encoded is \"{}\"; must be yes or no", request.path, encoded));
}

}  // namespace

std::optional<DatasetRecipe> Hdf5Dataset::recipe() const {
  Json files = Json::array();
  for (const Hdf5File& file : index_.files) files.push_back(to_json(file));
  const Json config{{"dtype", static_cast<unsigned>(index_.form.dtype)},
                    {"shape", axes_to_json(index_.form.shape)},
                    {"labelled", index_.labelled},
                    {"encoded", index_.encoded},
                    {"measured", index_.measured},
                    {"files", std::move(files)}};
  return DatasetRecipe{"hdf5", config.dump(), {index_.table.get()}};
}

std::unique_ptr<Dataset> open_hdf5_recipe(const DatasetRecipe& recipe) {
  const Json config = recipe_config(recipe, 1, what);
  if (is_hdf5_records(config)) return std::make_unique<Hdf5Records>(recipe);
  try {
    Hdf5Index index;
    const auto dtype = config.at("dtype").get<unsigned>();
    if (dtype > static_cast<unsigned>(DType::u64)) refuse(fmt::format("the recipe of {} has dtype {}", what, dtype));
    index.form = {static_cast<DType>(dtype), axes_from_json(config.at("shape"))};
    index.element_bytes = size_of(index.form.dtype);
    index.labelled = config.at("labelled").get<bool>();
    index.encoded = config.at("encoded").get<bool>();
    index.measured = config.at("measured").get<bool>();
    for (const Json& file : config.at("files")) index.files.push_back(file_from_json(file));
    if (index.files.empty()) refuse(fmt::format("the recipe of {} has no file", what));
    index.table = own_copy(recipe.fds[0]);
    return std::make_unique<Hdf5Dataset>(std::move(index));
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
}

std::unique_ptr<Dataset> open_hdf5(SourceRequest& request) {
  Hdf5Names names;
  names.samples = request.take("dataset").value_or("");
  names.labels = request.take("labels").value_or("");
  names.lengths = request.take("lengths").value_or("");
  names.encoded = take_encoded(request);
  request.refuse_others("dataset, labels, lengths, encoded");
  const std::vector<std::string> paths = files_of(request.path);
  std::vector<RecordFile> files = files_as_they_are(paths);
  const std::string identity = Json{{"version", 1},
                                    {"files", files_to_json(files)},
                                    {"dataset", name_to_json(names.samples)},
                                    {"labels", name_to_json(names.labels)},
                                    {"lengths", name_to_json(names.lengths)}}
                                   .dump();
  IndexCache cache(request.options, "hdf5", files.front().path, name_of(files), identity);
  if (auto kept = cache.load()) return std::make_unique<Hdf5Records>(std::move(files), std::move(kept->table));
  Hdf5Index index = index_hdf5(paths, names);
  const bool referenced = index.referenced;
  auto dataset = std::make_unique<Hdf5Dataset>(std::move(index));
  if (!referenced) return dataset;
  std::optional<KeptIndex> records = cache.wait_or_begin();
  if (!records) records = cache.keep({"", index_hdf5_records(*dataset, files, request.options)});
  return std::make_unique<Hdf5Records>(std::move(files), std::move(records->table));
}

}  // namespace slabring
