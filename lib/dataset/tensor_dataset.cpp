#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/file_mapping.hpp"
#include "base/fingerprint.hpp"
#include "base/memfd.hpp"
#include "base/sample_failure.hpp"
#include "dataset/file_set.hpp"
#include "dataset/npy_header.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/arrays.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::json;

constexpr std::string_view what = "an array dataset";
/// Each array begins at a multiple of this, so that rows may be read with vectors.
constexpr std::size_t alignment = 64;

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::dataset, why); }

std::string shape_text(const Axes& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

bool is_integer(DType dtype) noexcept { return dtype == DType::u8 || dtype >= DType::i8; }

/// An array, and what its messages call it.
struct NamedArray {
  ArrayView view;
  std::string name;
};

void check_shape(const NamedArray& array) {
  if (array.view.shape.empty()) refuse(array.name + " has no axis; the first one must count the samples");
  for (const std::int64_t extent : array.view.shape) {
    if (extent > 0) continue;
    refuse(fmt::format("{} has shape {}, which holds no element", array.name, shape_text(array.view.shape)));
  }
}

bool can_be_labels(const ArrayView& array) noexcept {
  return array.shape.size() == 1 && is_integer(array.dtype) && array.dtype != DType::u64;
}

/// Whether the second array holds labels.
bool decide_labels(std::span<const NamedArray> arrays, std::optional<bool> wanted) {
  if (arrays.size() < 2 || !wanted.value_or(true)) return false;
  const NamedArray& second = arrays[1];
  if (can_be_labels(second.view)) return true;
  if (!wanted) return false;
  refuse(fmt::format("{} is {} {}; it is to hold the labels, so it must have one axis and an integer type", second.name,
                     to_string(second.view.dtype), shape_text(second.view.shape)));
}

void check_arrays(std::span<const NamedArray> arrays, std::span<const std::string> names) {
  if (arrays.empty()) refuse("no array is given; the first one holds the samples");
  for (const NamedArray& array : arrays) check_shape(array);
  const NamedArray& first = arrays.front();
  for (const NamedArray& array : arrays.subspan(1)) {
    if (array.view.shape[0] == first.view.shape[0]) continue;
    refuse(fmt::format("{} has shape {} and {} has shape {}; the first numbers must be the same", first.name,
                       shape_text(first.view.shape), array.name, shape_text(array.view.shape)));
  }
  if (!names.empty() && names.size() != arrays.size()) {
    refuse(
        fmt::format("{} arrays are given and {} names; each needs one, or none has any", arrays.size(), names.size()));
  }
}

std::int64_t integer_at(const ArrayView& array, std::uint64_t index) noexcept {
  const std::byte* const at = array.data + index * size_of(array.dtype);
  const auto read = [at](auto value) {
    std::memcpy(&value, at, sizeof value);
    return static_cast<std::int64_t>(value);
  };
  switch (array.dtype) {
    case DType::i8: return read(std::int8_t{});
    case DType::i16: return read(std::int16_t{});
    case DType::i32: return read(std::int32_t{});
    case DType::i64: return read(std::int64_t{});
    case DType::u16: return read(std::uint16_t{});
    case DType::u32: return read(std::uint32_t{});
    default: return read(std::uint8_t{});
  }
}

void write_all(int fd, std::span<const std::byte> bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse("the arrays cannot be copied: " + std::generic_category().message(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::size_t>(n);
  }
}

Json to_json(const ArrayView& array, std::size_t offset) {
  return {{"dtype", static_cast<unsigned>(array.dtype)},
          {"shape", std::vector<std::int64_t>(array.shape.begin(), array.shape.end())},
          {"offset", offset}};
}

/// The array that `json` describes within `memory`.
ArrayView array_within(std::span<const std::byte> memory, const Json& json) {
  ArrayView array;
  const auto dtype = json.at("dtype").get<unsigned>();
  const auto offset = json.at("offset").get<std::size_t>();
  const auto shape = json.at("shape").get<std::vector<std::int64_t>>();
  if (dtype > static_cast<unsigned>(DType::u64) || shape.size() > Axes::most) refuse("an array's recipe is malformed");
  array.dtype = static_cast<DType>(dtype);
  std::uint64_t bytes = size_of(array.dtype);
  for (const std::int64_t extent : shape) {
    array.shape.push_back(extent);
    if (extent <= 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
      refuse("an array's recipe has a shape of no size");
    }
  }
  if (offset > memory.size() || bytes > memory.size() - offset) refuse("an array's recipe lies outside its memory");
  array.data = memory.data() + offset;
  return array;
}

}  // namespace

/// Where the arrays are. Views point into `mappings_`, or what the caller keeps.
class TensorDataset::Impl {
 public:
  Impl(std::span<const ArrayView> arrays, const TensorDatasetOptions& options) {
    use(numbered(arrays), options);
    if (options.memory == ArrayMemory::copy) copy_all();
  }

  Impl(std::span<const std::filesystem::path> files, const TensorDatasetOptions& options) {
    std::vector<NamedArray> named;
    for (const std::filesystem::path& file : files) {
      files_.push_back(absolute_root(file.native()));
      named.push_back({map_file(files_.back()), files_.back()});
    }
    use(named, options);
  }

  Impl(UniqueFd memory, const Json& columns, const TensorDatasetOptions& options) : memory_(std::move(memory)) {
    if (!has_seals(memory_.get(), read_only_seals)) refuse("the arrays' memory is not a sealed, read-only memfd");
    struct stat status {};
    if (::fstat(memory_.get(), &status) != 0 || status.st_size <= 0) refuse("the arrays' memory has no size");
    mappings_.emplace_back(memory_.get(), static_cast<std::size_t>(status.st_size));
    std::vector<ArrayView> views;
    for (const Json& column : columns) views.push_back(array_within(mappings_[0].bytes(), column));
    use(numbered(views), options);
  }

  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(columns_[0].array.shape[0]); }
  ArrayForm form() const { return columns_[0].form(); }
  std::span<const ExtraArray> extra_arrays() const noexcept { return extra_arrays_; }
  bool has_labels() const noexcept { return labels_; }
  std::span<const std::string> files() const noexcept { return files_; }

  void load(std::uint64_t index, Sample& sample) const {
    sample.set_label(labels_ ? integer_at(columns_[1].array, index) : -1);
    sample.from_array({columns_[0].at(index), columns_[0].array.dtype, sample_shape_});
    for (const Column& column : extras()) sample.add_extra({column.at(index), column.element_bytes});
  }

  void will_need(std::uint64_t index) const noexcept {
    // A call to the kernel takes as long as copying that much; a smaller sample is at most a page fault.
    constexpr std::size_t worth_a_call = std::size_t{64} << 10;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      if (files_.empty() || column.element_bytes < worth_a_call) {
        prefetch(column.at(index), column.element_bytes);
      } else {
        const auto offset = static_cast<std::size_t>(column.at(index) - mappings_[i].bytes().data());
        mappings_[i].will_need(offset, column.element_bytes);
      }
    }
  }

  std::uint64_t fingerprint() const {
    const auto about = [](const ArrayView& array) {
      return fmt::format("{} {}", to_string(array.dtype), shape_text(array.shape));
    };
    std::string text = about(columns_[0].array);
    if (labels_) {
      const ArrayView& labels = columns_[1].array;
      text += fmt::format(" {}", fingerprint_of({labels.data, labels.size_bytes()}));
    }
    for (const Column& column : extras()) text += " beside " + about(column.array);
    return fingerprint_of(std::as_bytes(std::span(text)));
  }

  std::optional<DatasetRecipe> recipe() const {
    Json config{{"labels", labels_}, {"names", names_to_json(names_)}};
    if (!files_.empty()) {
      config["files"] = names_to_json(files_);
      return DatasetRecipe{"npy", config.dump(), {}};
    }
    if (!memory_) return std::nullopt;
    config["columns"] = Json::array();
    for (const Column& column : columns_) {
      config["columns"].push_back(
          to_json(column.array, static_cast<std::size_t>(column.array.data - mappings_[0].bytes().data())));
    }
    return DatasetRecipe{"npy", config.dump(), {memory_.get()}};
  }

 private:
  /// An array, and what each sample has of it.
  struct Column {
    ArrayView array;
    std::size_t element_bytes = 0;

    explicit Column(const ArrayView& given) : array(given), element_bytes(form().size_bytes()) {}
    const std::byte* at(std::uint64_t index) const noexcept { return array.data + index * element_bytes; }
    ArrayForm form() const noexcept {
      ArrayForm form{array.dtype, {}};
      for (std::size_t axis = 1; axis < array.shape.size(); ++axis) form.shape.push_back(array.shape[axis]);
      return form;
    }
  };

  static std::vector<NamedArray> numbered(std::span<const ArrayView> arrays) {
    std::vector<NamedArray> named;
    for (const ArrayView& array : arrays) named.push_back({array, fmt::format("array {}", named.size())});
    return named;
  }

  /// Those that are neither samples nor labels.
  std::span<const Column> extras() const noexcept { return std::span(columns_).subspan(labels_ ? 2 : 1); }

  /// Copying small samples in random order is waiting for memory, so what comes next is asked for before.
  static void prefetch(const std::byte* from, std::size_t bytes) noexcept {
    constexpr std::size_t line = 64;
    constexpr std::size_t most = 16 * line;  // then the processor has seen where it goes
    for (std::size_t at = 0; at < std::min(bytes, most); at += line) __builtin_prefetch(from + at);
  }

  ArrayView map_file(const std::string& name) {
    try {
      return map_open_file(name);
    } catch (const SampleFailure& failure) {
      refuse(fmt::format("{}: {}", name, failure.what()));
    }
  }

  ArrayView map_open_file(const std::string& name) {
    const UniqueFd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
      refuse(fmt::format("{} cannot be opened: {}", name, std::generic_category().message(errno)));
    }
    if (!S_ISREG(status.st_mode)) refuse(name + " is no file");
    if (status.st_size == 0) refuse(name + " is empty");
    const FileMapping& mapping = mappings_.emplace_back(fd.get(), static_cast<std::size_t>(status.st_size));
    const auto bytes = mapping.bytes();
    const NpyHeader header = read_npy_header(bytes.first(std::min(bytes.size(), max_npy_header)));
    if (header.data_bytes() > bytes.size() - header.data_offset) {
      refuse(fmt::format("{} has {} bytes of data, and its shape {} of {} needs {}", name,
                         bytes.size() - header.data_offset, shape_text(header.shape), to_string(header.dtype),
                         header.data_bytes()));
    }
    return {bytes.data() + header.data_offset, header.dtype, header.shape};
  }

  void use(std::span<const NamedArray> arrays, const TensorDatasetOptions& options) {
    check_arrays(arrays, options.names);
    labels_ = decide_labels(arrays, options.labels);
    names_ = options.names;
    for (const NamedArray& array : arrays) columns_.emplace_back(array.view);
    sample_shape_ = columns_[0].form().shape;
    for (std::size_t i = labels_ ? 2 : 1; i < columns_.size(); ++i) {
      extra_arrays_.push_back({names_.empty() ? "" : names_[i], columns_[i].form()});
    }
  }

  void copy_all() {
    memory_ = create_memfd("slabring-arrays");
    std::vector<std::size_t> offsets;
    std::size_t end = 0;
    for (const Column& column : columns_) {
      offsets.push_back(end);
      write_all(memory_.get(), {column.array.data, column.array.size_bytes()}, end);
      end += (column.array.size_bytes() + alignment - 1) / alignment * alignment;
    }
    if (::ftruncate(memory_.get(), static_cast<off_t>(end)) != 0) {
      refuse("the arrays cannot be copied: " + std::generic_category().message(errno));
    }
    add_seals(memory_.get(), read_only_seals);
    const auto copied = mappings_.emplace_back(memory_.get(), end).bytes();
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].array.data = copied.data() + offsets[i];
  }

  UniqueFd memory_;                    ///< of arrays that were copied
  std::vector<std::string> files_;     ///< of arrays that are files
  std::vector<FileMapping> mappings_;  ///< of memory_, or one of each file
  std::vector<Column> columns_;
  std::vector<std::string> names_;
  bool labels_ = false;  ///< the second column holds them
  Axes sample_shape_;
  std::vector<ExtraArray> extra_arrays_;
};

namespace {

TensorDatasetOptions options_in(const Json& recipe) {
  return {.labels = recipe.at("labels").get<bool>(), .names = names_from_json(recipe.at("names"))};
}

}  // namespace

TensorDataset::TensorDataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TensorDataset::TensorDataset(std::span<const ArrayView> arrays, const TensorDatasetOptions& options)
    : impl_(std::make_unique<Impl>(arrays, options)) {}
TensorDataset::TensorDataset(std::span<const ArrayView> arrays, ArrayMemory memory)
    : TensorDataset(arrays, TensorDatasetOptions{.memory = memory}) {}
TensorDataset::TensorDataset(std::span<const std::filesystem::path> files, const TensorDatasetOptions& options)
    : impl_(std::make_unique<Impl>(files, options)) {}
TensorDataset::~TensorDataset() = default;
TensorDataset::TensorDataset(TensorDataset&&) noexcept = default;
TensorDataset& TensorDataset::operator=(TensorDataset&&) noexcept = default;

std::unique_ptr<Dataset> TensorDataset::from_recipe(const DatasetRecipe& recipe) {
  const Json config = recipe_config(recipe, recipe.fds.size(), what);
  try {
    if (config.contains("files")) {
      std::vector<std::filesystem::path> files;
      for (const std::string& name : names_from_json(config.at("files"))) files.emplace_back(name);
      return std::unique_ptr<Dataset>(new TensorDataset(std::make_unique<Impl>(files, options_in(config))));
    }
    if (recipe.fds.size() != 1) refuse(fmt::format("the recipe of {} has no descriptor of its memory", what));
    return std::unique_ptr<Dataset>(
        new TensorDataset(std::make_unique<Impl>(own_copy(recipe.fds[0]), config.at("columns"), options_in(config))));
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
}

std::uint64_t TensorDataset::size() const { return impl_->size(); }

void TensorDataset::load(SampleId id, Sample& sample) const { impl_->load(to_index(id), sample); }

std::string TensorDataset::describe(SampleId id) const {
  if (impl_->files().empty()) return Dataset::describe(id);
  return fmt::format("{}[{}]", impl_->files()[0], to_index(id));
}

void TensorDataset::will_need(SampleId id) const noexcept { impl_->will_need(to_index(id)); }
std::optional<ArrayForm> TensorDataset::sample_array() const { return impl_->form(); }
std::span<const ExtraArray> TensorDataset::extra_arrays() const noexcept { return impl_->extra_arrays(); }
bool TensorDataset::has_labels() const noexcept { return impl_->has_labels(); }
std::uint64_t TensorDataset::fingerprint() const { return impl_->fingerprint(); }
std::vector<std::string> TensorDataset::read_roots() const { return {}; }
std::optional<DatasetRecipe> TensorDataset::recipe() const { return impl_->recipe(); }

}  // namespace slabring
