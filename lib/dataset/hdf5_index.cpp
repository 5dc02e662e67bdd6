#include "dataset/hdf5_index.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "base/memfd.hpp"
#include "dataset/hdf5_heap.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

/// Debian's libhdf5 is not made for threads.
std::mutex library_mutex;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): the library's state is global

/// An identifier of libhdf5, closed by the function for its kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) noexcept : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// The library prints its errors unless it is told not to; what was told before is put back.
class Silence {
 public:
  Silence() noexcept {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Silence() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// What the library says of its last failure, in a word or two.
std::string last_error() {
  std::string text = "unknown";
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* into) -> herr_t {
        auto& words = *static_cast<std::string*>(into);
        if (words == "unknown" && error->desc != nullptr) words = error->desc;
        return 0;
      },
      &text);
  return text;
}

/// One dataset of one file while its structure is read.
class Hdf5Reader {
 public:
  Hdf5Reader(const std::string& file, std::string name, Handle dataset)
      : place_(fmt::format("{}: dataset \"{}\"", file, name)), dataset_(std::move(dataset)) {}

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::dataset, fmt::format("{} {}", place_, why));
  }
  const std::string& place() const noexcept { return place_; }
  hid_t id() const noexcept { return dataset_.get(); }

  Axes shape() const {
    const Handle space(H5Dget_space(id()), &H5Sclose);
    std::array<hsize_t, H5S_MAX_RANK> extents{};
    const int axes = space ? H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr) : -1;
    if (axes < 1 || axes > static_cast<int>(Axes::most)) {
      refuse(fmt::format("has {} axes; must have 1 to {}, the first one of the samples", axes, Axes::most));
    }
    Axes shape;
    for (int axis = 0; axis < axes; ++axis) {
      const hsize_t extent = extents[static_cast<std::size_t>(axis)];
      if (extent == 0 || extent >> 48 != 0) refuse(fmt::format("has {} elements along axis {}", extent, axis));
      shape.push_back(static_cast<std::int64_t>(extent));
    }
    return shape;
  }

  /// Bytes of any number each: their places in the file are what the dataset itself holds.
  bool has_variable_bytes() const {
    const Handle type(H5Dget_type(id()), &H5Tclose);
    if (H5Tget_class(type.get()) != H5T_VLEN) return false;
    const Handle element(H5Tget_super(type.get()), &H5Tclose);
    if (H5Tget_class(element.get()) == H5T_INTEGER && H5Tget_size(element.get()) == 1) return true;
    refuse("has values of variable length that are no bytes; write image files as variable-length uint8");
  }

  DType dtype() const {
    const Handle type(H5Dget_type(id()), &H5Tclose);
    if (H5Tget_class(type.get()) == H5T_ENUM && H5Tget_size(type.get()) == 1) return DType::u8;  // h5py's bool
    const std::array<std::pair<hid_t, DType>, 11> known{{{H5T_STD_U8LE, DType::u8},
                                                         {H5T_IEEE_F32LE, DType::f32},
                                                         {H5T_IEEE_F64LE, DType::f64},
                                                         {H5T_STD_I8LE, DType::i8},
                                                         {H5T_STD_I16LE, DType::i16},
                                                         {H5T_STD_I32LE, DType::i32},
                                                         {H5T_STD_I64LE, DType::i64},
                                                         {H5T_STD_U16LE, DType::u16},
                                                         {H5T_STD_U32LE, DType::u32},
                                                         {H5T_STD_U64LE, DType::u64},
                                                         {H5T_STD_U8BE, DType::u8}}};
    for (const auto& [its_type, dtype] : known) {
      if (H5Tequal(type.get(), its_type) > 0) return dtype;
    }
    const bool number = H5Tget_class(type.get()) == H5T_FLOAT || H5Tget_class(type.get()) == H5T_INTEGER;
    if (number && H5Tget_order(type.get()) == H5T_ORDER_BE) refuse("is big-endian; write it little-endian");
    if (H5Tget_class(type.get()) == H5T_FLOAT && H5Tget_size(type.get()) == 2 && H5Tget_ebias(type.get()) == 15) {
      return DType::f16;
    }
    refuse("has elements that are not read; must be integers or floats of 1 to 8 bytes");
  }

 private:
  std::string place_;
  Handle dataset_;
};

std::vector<Hdf5Filter> filters_of(const Hdf5Reader& reader, hid_t properties) {
  std::vector<Hdf5Filter> filters;
  const int count = H5Pget_nfilters(properties);
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    std::size_t values = 0;
    std::array<char, 64> name{};
    const H5Z_filter_t filter = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &values, nullptr,
                                               name.size() - 1, name.data(), &config);
    if (filter == H5Z_FILTER_DEFLATE) {
      filters.push_back(Hdf5Filter::deflate);
    } else if (filter == H5Z_FILTER_SHUFFLE) {
      filters.push_back(Hdf5Filter::shuffle);
    } else {
      reader.refuse(fmt::format("is written through the filter {} (\"{}\"); gzip and shuffle are read, or none",
                                static_cast<int>(filter), name.data()));
    }
  }
  return filters;
}

void check_fill_value(const Hdf5Reader& reader, hid_t properties) {
  H5D_fill_value_t defined = H5D_FILL_VALUE_DEFAULT;
  std::uint64_t value = 0;
  H5Pfill_value_defined(properties, &defined);
  if (defined != H5D_FILL_VALUE_USER_DEFINED) return;
  const Handle type(H5Dget_type(reader.id()), &H5Tclose);
  if (H5Pget_fill_value(properties, type.get(), &value) >= 0 && value == 0) return;
  reader.refuse("has chunks that were never written and a fill value that is not 0");
}

void add_chunks(const Hdf5Reader& reader, const Axes& shape, hid_t properties, Hdf5File& file,
                std::vector<Hdf5Chunk>& chunks) {
  std::array<hsize_t, Axes::most> extents{};
  H5Pget_chunk(properties, static_cast<int>(shape.size()), extents.data());
  std::uint64_t count = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    file.chunk.push_back(static_cast<std::int64_t>(extents[axis]));
    count *= static_cast<std::uint64_t>((shape[axis] + file.chunk[axis] - 1) / file.chunk[axis]);
  }
  file.filters = filters_of(reader, properties);
  std::array<hsize_t, Axes::most> corner{};
  for (std::uint64_t i = 0; i < count; ++i) {
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    if (H5Dget_chunk_info_by_coord(reader.id(), corner.data(), &mask, &address, &bytes) < 0) {
      reader.refuse("has a chunk that cannot be found: " + last_error());
    }
    const bool written = address != HADDR_UNDEF && bytes > 0;
    if (!written) check_fill_value(reader, properties);
    chunks.push_back({written ? address : 0, written ? static_cast<std::uint32_t>(bytes) : 0, mask});
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      corner[axis] += extents[axis];
      if (corner[axis] < static_cast<hsize_t>(shape[axis])) break;
      corner[axis] = 0;
    }
  }
}

void add_layout(const Hdf5Reader& reader, const Axes& shape, Hdf5File& file, std::vector<Hdf5Chunk>& chunks) {
  const Handle properties(H5Dget_create_plist(reader.id()), &H5Pclose);
  const H5D_layout_t layout = H5Pget_layout(properties.get());
  file.first_chunk = chunks.size();
  if (layout == H5D_CHUNKED) return add_chunks(reader, shape, properties.get(), file, chunks);
  if (layout != H5D_CONTIGUOUS || H5Pget_external_count(properties.get()) > 0) {
    reader.refuse("is stored compact, virtual or in other files; contiguous and chunked datasets are read");
  }
  file.offset = H5Dget_offset(reader.id());
  if (file.offset == HADDR_UNDEF) reader.refuse("was never written");
}

/// `what` they are is for messages: "labels".
void add_numbers(const Hdf5Reader& reader, std::string_view what, std::uint64_t samples,
                 std::vector<std::int64_t>& numbers) {
  const Axes shape = reader.shape();
  const Handle type(H5Dget_type(reader.id()), &H5Tclose);
  if (shape.elements() != samples || H5Tget_class(type.get()) != H5T_INTEGER) {
    reader.refuse(fmt::format("has shape [{}]; {} must be integers, one for each of the {} samples",
                              fmt::join(shape, ", "), what, samples));
  }
  const std::size_t begin = numbers.size();
  numbers.resize(begin + samples);
  if (H5Dread(reader.id(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data() + begin) < 0) {
    reader.refuse("cannot be read: " + last_error());
  }
}

/// A file that is open for as long as its structure is read.
class OpenFile {
 public:
  explicit OpenFile(const std::string& name) : name_(name), file_(open(name)) {}

  /// The dataset called `wanted`; without a name the first of `usual` that is there.
  std::optional<Hdf5Reader> dataset(const std::string& wanted, std::initializer_list<const char*> usual) const {
    if (!wanted.empty()) {
      Handle found(H5Dopen2(file_.get(), wanted.c_str(), H5P_DEFAULT), &H5Dclose);
      if (found) return Hdf5Reader(name_, wanted, std::move(found));
      throw Error(ErrorCode::dataset,
                  fmt::format("{} has no dataset \"{}\"; at its top are: {}", name_, wanted, fmt::join(names(), ", ")));
    }
    for (const char* name : usual) {
      Handle found(H5Dopen2(file_.get(), name, H5P_DEFAULT), &H5Dclose);
      if (found) return Hdf5Reader(name_, name, std::move(found));
    }
    return std::nullopt;
  }

  /// Throws unless places and lengths have 8 bytes, as in every file but those made otherwise on purpose.
  void require_usual_references() const {
    const Handle properties(H5Fget_create_plist(file_.get()), &H5Pclose);
    std::size_t place = 0;
    std::size_t length = 0;
    H5Pget_sizes(properties.get(), &place, &length);
    if (place == 8 && length == 8) return;
    throw Error(ErrorCode::dataset,
                fmt::format("{} has places of {} and lengths of {} bytes; 8 and 8 are read", name_, place, length));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    H5G_info_t group{};
    H5Gget_info(file_.get(), &group);
    for (hsize_t i = 0; i < std::min<hsize_t>(group.nlinks, 20); ++i) {
      std::array<char, 256> name{};
      H5Lget_name_by_idx(file_.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
      names.emplace_back(name.data());
    }
    return names;
  }

 private:
  static Handle open(const std::string& name) {
    Handle file(H5Fopen(name.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), &H5Fclose);
    if (!file) throw Error(ErrorCode::dataset, fmt::format("{} cannot be opened as HDF5: {}", name, last_error()));
    const Handle properties(H5Fget_create_plist(file.get()), &H5Pclose);
    hsize_t user_block = 0;
    H5Pget_userblock(properties.get(), &user_block);
    if (user_block == 0) return file;
    throw Error(ErrorCode::dataset,
                fmt::format("{} has a user block of {} bytes; files without one are read", name, user_block));
  }

  const std::string& name_;
  Handle file_;
};

Hdf5File file_of(const std::string& name) {
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) {
    throw Error(ErrorCode::dataset,
                fmt::format("{} cannot be opened: {}", name, std::generic_category().message(errno)));
  }
  Hdf5File file;
  file.name = name;
  file.bytes = static_cast<std::uint64_t>(status.st_size);
  file.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  return file;
}

UniqueFd table_of(std::span<const std::int64_t> labels, std::span<const std::int64_t> lengths,
                  std::span<const Hdf5Chunk> chunks) {
  UniqueFd fd = create_memfd("slabring-hdf5");
  const std::array<std::span<const std::byte>, 4> parts{std::as_bytes(labels), std::as_bytes(lengths),
                                                        std::as_bytes(chunks),
                                                        std::as_bytes(std::span("\0\0\0\0\0\0\0", 8))};
  for (std::span<const std::byte> part : parts) {
    while (!part.empty()) {
      const ssize_t n = ::write(fd.get(), part.data(), part.size());
      if (n < 0 && errno != EINTR) {
        throw Error(ErrorCode::io, "the index cannot be written: " + std::generic_category().message(errno));
      }
      if (n > 0) part = part.subspan(static_cast<std::size_t>(n));
    }
  }
  add_seals(fd.get(), read_only_seals);
  return fd;
}

/// What a file's dataset is: the form of its samples, and which kind of samples they are.
void add_form(const Hdf5Reader& samples, const Axes& shape, const Hdf5Names& names, Hdf5Index& index) {
  index.referenced = samples.has_variable_bytes();
  index.form = {index.referenced ? DType::u8 : samples.dtype(), {}};
  for (std::size_t axis = 1; axis < shape.size(); ++axis) index.form.shape.push_back(shape[axis]);
  index.element_bytes = size_of(index.form.dtype);
  const bool told = names.encoded || !names.lengths.empty();
  if (index.referenced) {
    if (shape.size() != 1 || !names.lengths.empty()) {
      samples.refuse(
          fmt::format("has bytes of variable length and shape [{}]; must have one axis, and needs no lengths",
                      fmt::join(shape, ", ")));
    }
    index.form.shape = {static_cast<std::int64_t>(Hdf5Heap::reference_bytes)};
    index.element_bytes = Hdf5Heap::reference_bytes;
  } else if (told && (shape.size() != 2 || index.form.dtype != DType::u8)) {
    samples.refuse(fmt::format("is {} [{}]; image files are rows of uint8, or variable-length uint8",
                               to_string(index.form.dtype), fmt::join(shape, ", ")));
  }
  index.encoded = told && !index.referenced;
  index.measured = !names.lengths.empty();
}

/// The tables of all files while they grow.
struct Tables {
  std::vector<std::int64_t> labels;
  std::vector<std::int64_t> lengths;
  std::vector<Hdf5Chunk> chunks;
};

Hdf5Reader samples_of(const OpenFile& open, const std::string& file, const Hdf5Names& names) {
  auto samples = open.dataset(names.samples, {"data", "images", "x"});
  if (samples) return std::move(*samples);
  throw Error(ErrorCode::dataset,
              fmt::format("{} has no dataset called data, images or x; say ?dataset=NAME, at its top are: {}", file,
                          fmt::join(open.names(), ", ")));
}

void add_file(const std::string& name, const Hdf5Names& names, Hdf5Index& index, Tables& tables) {
  Hdf5File file = file_of(name);
  const OpenFile open(file.name);
  const Hdf5Reader samples = samples_of(open, name, names);
  const Axes shape = samples.shape();
  const bool first = index.files.empty();
  const ArrayForm form = index.form;
  const bool referenced = index.referenced;
  add_form(samples, shape, names, index);
  if (!first && !(form == index.form && referenced == index.referenced)) {
    samples.refuse(fmt::format("has samples of {} [{}], and those of {} are {} [{}]", to_string(index.form.dtype),
                               fmt::join(index.form.shape, ", "), index.files[0].name, to_string(form.dtype),
                               fmt::join(form.shape, ", ")));
  }
  if (index.referenced) open.require_usual_references();
  file.samples = static_cast<std::uint64_t>(shape[0]);
  add_layout(samples, shape, file, tables.chunks);
  if (index.referenced && !file.chunk.empty()) file.chunk.push_back(index.form.shape[0]);
  const bool wanted = names.labels != "none";
  const auto labels = wanted ? open.dataset(names.labels, {"labels", "label", "y"}) : std::nullopt;
  if (!first && labels.has_value() != index.labelled) {
    throw Error(ErrorCode::dataset, fmt::format("of {} and {} only one has labels", index.files[0].name, file.name));
  }
  index.labelled = labels.has_value();
  if (labels) add_numbers(*labels, "labels", file.samples, tables.labels);
  if (index.measured) add_numbers(*open.dataset(names.lengths, {}), "lengths", file.samples, tables.lengths);
  index.files.push_back(std::move(file));
}

}  // namespace

Hdf5Index index_hdf5(const std::vector<std::string>& files, const Hdf5Names& names) {
  const std::lock_guard lock(library_mutex);
  const Silence silence;
  Hdf5Index index;
  Tables tables;
  for (const std::string& name : files) add_file(name, names, index, tables);
  index.table = table_of(tables.labels, tables.lengths, tables.chunks);
  return index;
}

}  // namespace slabring
