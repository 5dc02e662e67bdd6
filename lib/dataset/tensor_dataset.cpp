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

void check_label(const NamedArray& array) {
  if (array.view.shape.size() == 1 && is_integer(array.view.dtype) && array.view.dtype != DType::u64) return;
  refuse(fmt::format("{} is {} {}; the second array holds the labels, so it must have one axis and an integer type",
                     array.name, to_string(array.view.dtype), shape_text(array.view.shape)));
}

void check_arrays(std::span<const NamedArray> arrays) {
  if (arrays.empty()) refuse("no array is given; the first one holds the samples");
  for (const NamedArray& array : arrays) check_shape(array);
  const NamedArray& first = arrays.front();
  for (const NamedArray& array : arrays.subspan(1)) {
    if (array.view.shape[0] == first.view.shape[0]) continue;
    refuse(fmt::format("{} has shape {} and {} has shape {}; the first numbers must be the same", first.name,
                       shape_text(first.view.shape), array.name, shape_text(array.view.shape)));
  }
  if (arrays.size() > 1) check_label(arrays[1]);
  if (arrays.size() > 2) {
    refuse(
        fmt::format("{} arrays are given; a batch has a place for samples and labels, so at most 2: put further "
                    "values into the samples",
                    arrays.size()));
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

/// Where the arrays are. Views point into `memory_`, or `files_`, or what the caller keeps.
class TensorDataset::Impl {
 public:
  Impl(std::span<const ArrayView> arrays, ArrayMemory memory) {
    std::vector<NamedArray> named;
    for (const ArrayView& array : arrays) named.push_back({array, fmt::format("array {}", named.size())});
    check_arrays(named);
    use(arrays);
    if (memory == ArrayMemory::copy) copy_all();
  }

  explicit Impl(std::span<const std::filesystem::path> files) {
    std::vector<NamedArray> named;
    for (const std::filesystem::path& file : files) {
      names_.push_back(absolute_root(file.native()));
      named.push_back({map_file(names_.back()), names_.back()});
    }
    check_arrays(named);
    std::vector<ArrayView> views;
    for (const NamedArray& array : named) views.push_back(array.view);
    use(views);
  }

  Impl(UniqueFd memory, const Json& columns) : memory_(std::move(memory)) {
    if (!has_seals(memory_.get(), read_only_seals)) refuse("the arrays' memory is not a sealed, read-only memfd");
    struct stat status {};
    if (::fstat(memory_.get(), &status) != 0 || status.st_size <= 0) refuse("the arrays' memory has no size");
    mappings_.emplace_back(memory_.get(), static_cast<std::size_t>(status.st_size));
    std::vector<ArrayView> views;
    for (const Json& column : columns) views.push_back(array_within(mappings_[0].bytes(), column));
    std::vector<NamedArray> named;
    for (const ArrayView& view : views) named.push_back({view, fmt::format("array {}", named.size())});
    check_arrays(named);
    use(views);
  }

  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(samples_.shape[0]); }
  const ArrayForm& form() const noexcept { return form_; }
  ArrayView sample(std::uint64_t index) const noexcept {
    return {samples_.data + index * sample_bytes_, form_.dtype, form_.shape};
  }
  std::int64_t label(std::uint64_t index) const noexcept { return labels_ ? integer_at(*labels_, index) : -1; }
  std::span<const std::string> names() const noexcept { return names_; }

  void will_need(std::uint64_t index) const noexcept {
    // A call to the kernel takes as long as copying that much; a smaller sample is at most a page fault.
    constexpr std::size_t worth_a_call = std::size_t{64} << 10;
    if (!names_.empty() && sample_bytes_ >= worth_a_call) {
      const auto offset = static_cast<std::size_t>(samples_.data - mappings_[0].bytes().data());
      return mappings_[0].will_need(offset + index * sample_bytes_, sample_bytes_);
    }
    // Copying small samples in random order is waiting for memory, so what comes next is asked for before.
    constexpr std::size_t line = 64;
    constexpr std::size_t most = 16 * line;  // then the processor has seen where it goes
    const std::byte* const sample = samples_.data + index * sample_bytes_;
    for (std::size_t at = 0; at < std::min(sample_bytes_, most); at += line) __builtin_prefetch(sample + at);
    if (labels_) __builtin_prefetch(labels_->data + index * size_of(labels_->dtype));
  }

  std::uint64_t fingerprint() const {
    std::string text = fmt::format("{} {}", to_string(samples_.dtype), shape_text(samples_.shape));
    if (labels_) text += fmt::format(" {}", fingerprint_of({labels_->data, labels_->size_bytes()}));
    return fingerprint_of(std::as_bytes(std::span(text)));
  }

  std::optional<DatasetRecipe> recipe() const {
    if (!names_.empty()) return DatasetRecipe{"npy", Json{{"files", names_to_json(names_)}}.dump(), {}};
    if (!memory_) return std::nullopt;
    Json columns = Json::array();
    for (const ArrayView* array : {&samples_, labels_ ? &*labels_ : nullptr}) {
      if (array == nullptr) continue;
      columns.push_back(to_json(*array, static_cast<std::size_t>(array->data - mappings_[0].bytes().data())));
    }
    return DatasetRecipe{"npy", Json{{"columns", std::move(columns)}}.dump(), {memory_.get()}};
  }

 private:
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

  void use(std::span<const ArrayView> arrays) {
    samples_ = arrays[0];
    if (arrays.size() > 1) labels_ = arrays[1];
    form_.dtype = samples_.dtype;
    for (std::size_t axis = 1; axis < samples_.shape.size(); ++axis) form_.shape.push_back(samples_.shape[axis]);
    sample_bytes_ = form_.shape.elements() * size_of(form_.dtype);
  }

  void copy_all() {
    memory_ = create_memfd("slabring-arrays");
    std::size_t end = 0;
    for (ArrayView* array : {&samples_, labels_ ? &*labels_ : nullptr}) {
      if (array == nullptr) continue;
      write_all(memory_.get(), {array->data, array->size_bytes()}, end);
      end += (array->size_bytes() + alignment - 1) / alignment * alignment;
    }
    if (::ftruncate(memory_.get(), static_cast<off_t>(end)) != 0) {
      refuse("the arrays cannot be copied: " + std::generic_category().message(errno));
    }
    add_seals(memory_.get(), read_only_seals);
    const auto copied = mappings_.emplace_back(memory_.get(), end).bytes();
    if (labels_) labels_->data = copied.data() + (samples_.size_bytes() + alignment - 1) / alignment * alignment;
    samples_.data = copied.data();
  }

  UniqueFd memory_;                 ///< of arrays that were copied
  std::vector<std::string> names_;  ///< of arrays that are files
  std::vector<FileMapping> mappings_;
  ArrayView samples_;
  std::optional<ArrayView> labels_;
  ArrayForm form_;
  std::size_t sample_bytes_ = 0;
};

TensorDataset::TensorDataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TensorDataset::TensorDataset(std::span<const ArrayView> arrays, ArrayMemory memory)
    : impl_(std::make_unique<Impl>(arrays, memory)) {}
TensorDataset::TensorDataset(std::span<const std::filesystem::path> files) : impl_(std::make_unique<Impl>(files)) {}
TensorDataset::~TensorDataset() = default;
TensorDataset::TensorDataset(TensorDataset&&) noexcept = default;
TensorDataset& TensorDataset::operator=(TensorDataset&&) noexcept = default;

std::unique_ptr<Dataset> TensorDataset::from_recipe(const DatasetRecipe& recipe) {
  const Json config = recipe_config(recipe, recipe.fds.size(), what);
  try {
    if (config.contains("files")) {
      std::vector<std::filesystem::path> files;
      for (const std::string& name : names_from_json(config.at("files"))) files.emplace_back(name);
      return std::unique_ptr<Dataset>(new TensorDataset(std::make_unique<Impl>(files)));
    }
    if (recipe.fds.size() != 1) refuse(fmt::format("the recipe of {} has no descriptor of its memory", what));
    return std::unique_ptr<Dataset>(
        new TensorDataset(std::make_unique<Impl>(own_copy(recipe.fds[0]), config.at("columns"))));
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
}

std::uint64_t TensorDataset::size() const { return impl_->size(); }

void TensorDataset::load(SampleId id, Sample& sample) const {
  sample.set_label(impl_->label(to_index(id)));
  sample.from_array(impl_->sample(to_index(id)));
}

std::string TensorDataset::describe(SampleId id) const {
  if (impl_->names().empty()) return Dataset::describe(id);
  return fmt::format("{}[{}]", impl_->names()[0], to_index(id));
}

void TensorDataset::will_need(SampleId id) const noexcept { impl_->will_need(to_index(id)); }
std::optional<ArrayForm> TensorDataset::sample_array() const { return impl_->form(); }
std::uint64_t TensorDataset::fingerprint() const { return impl_->fingerprint(); }
std::vector<std::string> TensorDataset::read_roots() const { return {}; }
std::optional<DatasetRecipe> TensorDataset::recipe() const { return impl_->recipe(); }

}  // namespace slabring
