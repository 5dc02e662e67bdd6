// The extension `slabring._slabring`: what the Python package needs of the library, and no more. Names, defaults and
// documentation for users are in slabring/*.py.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "array.hpp"
#include "loader_handle.hpp"
#include "python_dataset.hpp"
#include "python_function.hpp"
#include "slabring/slabring.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

// ---- errors ----

py::tuple as_tuple(const SampleFault& fault) {
  const std::optional<std::uint64_t> substitute =
      fault.substitute ? std::optional(to_index(*fault.substitute)) : std::nullopt;
  return py::make_tuple(to_index(fault.id), to_string(fault.status), fault.source, fault.message, substitute);
}

/// Makes the exception in slabring/errors.py, which has a class for each kind.
void raise(const Error& error, const py::object& fault) {
  const py::object make = py::module_::import("slabring.errors").attr("_make");
  const py::object exception = make(to_string(error.code()), error.what(), fault);
  PyErr_SetObject(py::type::handle_of(exception).ptr(), exception.ptr());
}

void translate(std::exception_ptr thrown) {  // NOLINT(performance-unnecessary-value-param): pybind11 asks for it
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const SampleError& error) {
    raise(error, as_tuple(error.fault()));
  } catch (const Error& error) {
    raise(error, py::none());
  }
}

/// Ctrl-C while waiting becomes KeyboardInterrupt. Called without the interpreter's lock.
void look_for_signals() {
  const py::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

template <class Enum>
Enum named(const char* option, const std::string& word, std::initializer_list<Enum> all) {
  std::string allowed;
  for (const Enum value : all) {
    if (word == to_string(value)) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(value));
  }
  throw Error(ErrorCode::invalid_argument, std::string(option) + " is '" + word + "'; it must be one of " + allowed);
}

// ---- arrays ----

py::tuple shape_of(const Array& array) { return py::tuple(py::cast(array.shape)); }

py::dict array_interface(const Array& array) {
  using namespace py::literals;
  return py::dict("shape"_a = shape_of(array), "typestr"_a = array.kind->interface,
                  "data"_a = py::make_tuple(reinterpret_cast<std::uintptr_t>(array.data), false),
                  "strides"_a = py::none(), "version"_a = 3);
}

py::buffer_info buffer_of(Array& array) {
  return {array.data,         static_cast<py::ssize_t>(array.kind->bytes),
          array.kind->format, static_cast<py::ssize_t>(array.shape.size()),
          array.shape,        array.strides()};
}

/// A consumer renames the capsule when it takes what is in it over; what nobody took is deleted here.
template <class Managed>
py::capsule capsule_of(Managed* managed, const char* name) {
  PyObject* const capsule = PyCapsule_New(managed, name, [](PyObject* self) {
    const char* const its_name = PyCapsule_GetName(self);
    if (std::string_view(its_name).starts_with("used_")) return;
    auto* const left = static_cast<Managed*>(PyCapsule_GetPointer(self, its_name));
    left->deleter(left);
  });
  if (capsule == nullptr) {
    managed->deleter(managed);
    throw py::error_already_set();
  }
  return py::reinterpret_steal<py::capsule>(capsule);
}

/// The protocol of https://data-apis.org/array-api/latest/API_specification/generated/array_api.array.__dlpack__.html
py::capsule to_dlpack(const Array& array, const py::object& stream, const py::object& max_version,
                      const py::object& device, const py::object& copy) {
  if (!stream.is_none()) {
    throw py::buffer_error("__dlpack__: stream must be None, since this memory is the host's");
  }
  if (!device.is_none() && device.cast<std::pair<int, int>>() != std::pair(static_cast<int>(array.device.type), 0)) {
    throw py::buffer_error("__dlpack__: dl_device must be this memory's own; copy it to the other device");
  }
  const bool copied = !copy.is_none() && copy.cast<bool>();
  const Array exported = copied ? copy_of(array) : array;
  if (!max_version.is_none() && max_version.cast<std::pair<int, int>>().first >= 1) {
    return capsule_of(as_versioned_dlpack(exported, copied), "dltensor_versioned");
  }
  return capsule_of(as_dlpack(exported), "dltensor");
}

/// The stream of the consumer, as DLPack numbers them, finds the copy done, and is waited for before the memory serves
/// another batch.
void order_behind_copy(DeviceBatch& batch, const py::object& stream) {
  const auto number = stream.is_none() ? static_cast<std::int64_t>(legacy_stream) : stream.cast<std::int64_t>();
  if (number == 0)
    throw py::buffer_error("__dlpack__: stream 0 is ambiguous; 1 is CUDA's default stream, 2 the thread's");
  if (number == -1) {
    batch.use_anywhere();  // the consumer orders himself
  } else {
    batch.use_on(static_cast<CudaStream>(number));
  }
}

py::capsule device_to_dlpack(const DeviceArray& self, const py::object& stream, const py::object& max_version,
                             const py::object& device, const py::object& copy) {
  const std::pair<int, int> own(static_cast<int>(self.array.device.type), self.array.device.id);
  if ((!device.is_none() && device.cast<std::pair<int, int>>() != own) || (!copy.is_none() && copy.cast<bool>())) {
    throw py::buffer_error(
        "__dlpack__: this memory is the GPU's and is handed out as it is: dl_device must be its own, "
        "and copy not True");
  }
  order_behind_copy(*self.batch, stream);
  if (!max_version.is_none() && max_version.cast<std::pair<int, int>>().first >= 1) {
    return capsule_of(as_versioned_dlpack(self.array, false), "dltensor_versioned");
  }
  return capsule_of(as_dlpack(self.array), "dltensor");
}

/// https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html: the consumer orders himself behind "stream".
py::dict cuda_array_interface(const DeviceArray& self) {
  py::dict interface = array_interface(self.array);
  interface["stream"] = self.batch->use_anywhere();
  return interface;
}

void define_device_array(py::module_& m) {
  py::class_<DeviceArray>(
      m, "DeviceArray",
      "Contiguous memory of a GPU: DLPack and ``__cuda_array_interface__``, for torch, cupy, jax and "
      "numba. It is on its way there when it is delivered: whoever takes it by one of the two finds "
      "it complete. The memory serves another batch when the last that was made from it is gone.")
      .def_property_readonly("shape", [](const DeviceArray& self) { return shape_of(self.array); })
      .def_property_readonly("dtype", [](const DeviceArray& self) { return self.array.kind->name; })
      .def_property_readonly("nbytes", [](const DeviceArray& self) { return self.array.bytes(); })
      .def_property_readonly("device", [](const DeviceArray& self) { return self.array.device.id; })
      .def_property_readonly("__cuda_array_interface__", &cuda_array_interface)
      .def("__len__", [](const DeviceArray& self) { return self.array.shape.front(); })
      .def("__dlpack__", &device_to_dlpack, py::kw_only(), py::arg("stream") = py::none(),
           py::arg("max_version") = py::none(), py::arg("dl_device") = py::none(), py::arg("copy") = py::none())
      .def("__dlpack_device__", [](const DeviceArray& self) {
        return py::make_tuple(static_cast<int>(self.array.device.type), self.array.device.id);
      });
}

void define_array(py::module_& m) {
  py::class_<Array>(
      m, "Array", py::buffer_protocol(),
      "Contiguous memory of the host: buffer protocol, ``__array_interface__`` and DLPack. It lives as long "
      "as anything that was made from it.")
      .def_buffer(&buffer_of)
      .def_property_readonly("shape", &shape_of)
      .def_property_readonly("dtype", [](const Array& array) { return array.kind->name; })
      .def_property_readonly("nbytes", &Array::bytes)
      .def_property_readonly("__array_interface__", &array_interface)
      .def("__len__", [](const Array& array) { return array.shape.front(); })
      .def("__dlpack__", &to_dlpack, py::kw_only(), py::arg("stream") = py::none(), py::arg("max_version") = py::none(),
           py::arg("dl_device") = py::none(), py::arg("copy") = py::none())
      .def("__dlpack_device__",
           [](const Array& array) { return py::make_tuple(static_cast<int>(array.device.type), array.device.id); });
}

// ---- data sets ----

using FolderHandle = std::shared_ptr<ImageFolder>;

FolderHandle open_folder(const std::string& root, const std::optional<std::vector<std::string>>& extensions) {
  const py::gil_scoped_release unlocked;
  ImageFolderOptions options;
  if (extensions) options.extensions = *extensions;
  return std::make_shared<ImageFolder>(root, options);
}

std::shared_ptr<Dataset> open_named_source(const std::string& source) {
  const py::gil_scoped_release unlocked;
  return open_source(source);
}

std::shared_ptr<PythonDataset> make_python_dataset(std::uint64_t size, py::object fetch, py::object describe,
                                                   std::vector<std::string> classes, std::uint64_t fingerprint,
                                                   const py::object& form, std::vector<std::string> worker_command,
                                                   int payload) {
  return std::make_shared<PythonDataset>(size, std::move(fetch), std::move(describe), std::move(classes), fingerprint,
                                         array_form(form), std::move(worker_command), payload);
}

/// Arrays that lie in memory: (buffer, type and shape) each, C-contiguous; they are copied once.
std::shared_ptr<TensorDataset> tensors_of_buffers(const std::vector<std::pair<py::buffer, py::object>>& arrays,
                                                  std::optional<bool> labels, std::vector<std::string> names) {
  std::vector<py::buffer_info> held;
  std::vector<ArrayView> views;
  for (const auto& [buffer, form] : arrays) {
    const ArrayForm described = array_form(form).value();
    held.push_back(buffer.request());
    views.push_back({static_cast<const std::byte*>(held.back().ptr), described.dtype, described.shape});
  }
  const py::gil_scoped_release unlocked;
  return std::make_shared<TensorDataset>(views, TensorDatasetOptions{.labels = labels, .names = std::move(names)});
}

std::shared_ptr<TensorDataset> tensors_of_files(const std::vector<std::string>& files, std::optional<bool> labels,
                                                std::vector<std::string> names) {
  const py::gil_scoped_release unlocked;
  return std::make_shared<TensorDataset>(std::vector<std::filesystem::path>(files.begin(), files.end()),
                                         TensorDatasetOptions{.labels = labels, .names = std::move(names)});
}

// ---- combinations ----

using DatasetHandle = std::shared_ptr<Dataset>;

std::vector<SampleId> as_ids(const std::vector<std::uint64_t>& numbers) {
  std::vector<SampleId> ids(numbers.size());
  std::transform(numbers.begin(), numbers.end(), ids.begin(), [](std::uint64_t number) { return SampleId{number}; });
  return ids;
}

DatasetHandle concat(const std::vector<DatasetHandle>& parts) {
  return std::make_shared<ConcatDataset>(std::vector<SharedDataset>(parts.begin(), parts.end()));
}

DatasetHandle subset(const DatasetHandle& whole, const std::vector<std::uint64_t>& ids) {
  return std::make_shared<Subset>(whole, as_ids(ids));
}

DatasetHandle subset_range(const DatasetHandle& whole, std::uint64_t first, std::uint64_t count) {
  return std::make_shared<Subset>(whole, first, count);
}

std::vector<std::uint64_t> subset_ids(const Dataset& dataset) {
  const auto& subset = dynamic_cast<const Subset&>(dataset);
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < subset.size(); ++id) ids.push_back(to_index(subset.original(SampleId{id})));
  return ids;
}

std::vector<DatasetHandle> split(const DatasetHandle& whole, const std::vector<double>& fractions, std::uint64_t seed,
                                 bool stratified) {
  std::vector<DatasetHandle> parts;
  for (std::unique_ptr<Subset>& part : random_split(whole, fractions, {seed, stratified})) {
    parts.push_back(std::move(part));
  }
  return parts;
}

/// What a predicate of Python's is asked about. It may keep it.
struct PythonFacts {
  DatasetHandle dataset;
  SampleFacts facts;
};

/// The facts of one sample, and the word of `predicate` about them. A label that cannot be read stays the business of
/// filter(), which knows it by SampleFacts::unreadable().
bool holds(const py::object& predicate, const DatasetHandle& whole, const SampleFacts& sample) {
  const auto asked = std::make_shared<PythonFacts>(PythonFacts{whole, sample});
  try {
    const int truth = PyObject_IsTrue(predicate(asked).ptr());
    if (truth < 0) throw py::error_already_set();
    return truth != 0;
  } catch (const py::error_already_set&) {
    if (!asked->facts.unreadable()) throw;
    return true;
  }
}

DatasetHandle filter_by_function(const DatasetHandle& whole, const py::object& predicate) {
  return filter(whole, [&](const SampleFacts& sample) { return holds(predicate, whole, sample); });
}

DatasetHandle filter_by_rules(const DatasetHandle& whole, const std::vector<std::string>& labels,
                              const std::vector<std::string>& classes, const std::vector<std::string>& names) {
  std::vector<FilterRule> rules;
  if (!labels.empty()) rules.push_back({FilterBy::label, labels});
  if (!classes.empty()) rules.push_back({FilterBy::class_name, classes});
  if (!names.empty()) rules.push_back({FilterBy::name, names});
  return filter(whole, rules);
}

DatasetHandle relabel(const DatasetHandle& whole, const RelabelDataset::Labels& labels,
                      std::optional<std::vector<std::string>> classes) {
  return std::make_shared<RelabelDataset>(whole, labels, std::move(classes));
}

DatasetHandle rename(const DatasetHandle& whole, const std::vector<std::pair<std::string, std::string>>& names) {
  return rename_classes(whole, names);
}

DatasetHandle mixture(const std::vector<DatasetHandle>& parts, const std::vector<double>& weights, std::uint64_t seed,
                      std::uint64_t draws, bool shuffle) {
  return std::make_shared<MixtureDataset>(std::vector<SharedDataset>(parts.begin(), parts.end()), weights,
                                          MixtureOptions{seed, draws, shuffle});
}

DatasetHandle cached(const DatasetHandle& whole, std::uint64_t limit, const std::string& what) {
  return std::make_shared<CachedDataset>(whole,
                                         CacheOptions{limit, named("of", what, {CacheOf::encoded, CacheOf::decoded})});
}

py::dict as_dict(const CacheStats& stats) {
  using namespace py::literals;
  return py::dict("limit_bytes"_a = stats.limit_bytes, "used_bytes"_a = stats.used_bytes, "samples"_a = stats.samples,
                  "not_kept"_a = stats.not_kept, "hits"_a = stats.hits, "misses"_a = stats.misses);
}

py::dict cache_stats(const Dataset& dataset) { return as_dict(dynamic_cast<const CachedDataset&>(dataset).stats()); }

void define_combinations(py::module_& m) {
  // With the interpreter's lock: a part may be Python's.
  m.def("concat", &concat);
  m.def("subset", &subset);
  m.def("subset_range", &subset_range);
  m.def("subset_ids", &subset_ids);
  m.def("random_split", &split);
  py::class_<PythonFacts, std::shared_ptr<PythonFacts>>(m, "SampleFacts",
                                                        "What can be said of a sample without its pixels: what a "
                                                        "predicate of ``filter`` decides by. Each thing is looked "
                                                        "up when it is asked for.")
      .def_property_readonly("index", [](const PythonFacts& self) { return to_index(self.facts.id()); })
      .def_property_readonly(
          "label", [](const PythonFacts& self) { return self.facts.label(); },
          "Reads the sample where its kind of dataset does not know the label otherwise.")
      .def_property_readonly(
          "class_name", [](const PythonFacts& self) { return std::string(self.facts.class_name()); },
          "Of its label; empty when that has none.")
      .def_property_readonly(
          "name", [](const PythonFacts& self) { return self.facts.name(); },
          "Its path, or what it is called in its file: the key in a tar shard, the name in a pack.");
  m.def("filter_by_function", &filter_by_function);
  m.def("filter_by_rules", &filter_by_rules);
  m.def("relabel", &relabel);
  m.def("rename_classes", &rename);
  m.def("mixture", &mixture);
  m.def("cached", &cached);
  m.def("cache_stats", &cache_stats);
}

SampleId sample_at(const Dataset& dataset, std::uint64_t index) {
  if (index >= dataset.size())
    throw py::index_error("sample " + std::to_string(index) + " of " + std::to_string(dataset.size()));
  return SampleId{index};
}

void define_datasets(py::module_& m) {
  py::class_<Dataset, std::shared_ptr<Dataset>>(m, "Dataset")
      .def("__len__", &Dataset::size)
      .def("describe", [](const Dataset& self, std::uint64_t i) { return self.describe(sample_at(self, i)); })
      .def("classes",
           [](const Dataset& self) { return std::vector<std::string>(self.classes().begin(), self.classes().end()); });
  py::class_<ImageFolder, Dataset, FolderHandle>(m, "ImageFolder")
      .def(py::init(&open_folder), py::arg("root"), py::arg("extensions"))
      .def("label", [](const ImageFolder& self, std::uint64_t i) { return self.label(sample_at(self, i)); });
  py::class_<TensorDataset, Dataset, std::shared_ptr<TensorDataset>>(m, "TensorDataset")
      .def_static("of_buffers", &tensors_of_buffers)
      .def_static("of_files", &tensors_of_files)
      .def_property_readonly("has_labels", &TensorDataset::has_labels);
  py::class_<PythonDataset, Dataset, std::shared_ptr<PythonDataset>>(m, "PythonDataset")
      .def(py::init(&make_python_dataset));
  py::class_<WithPythonWorkers, Dataset, std::shared_ptr<WithPythonWorkers>>(m, "WithPythonWorkers")
      .def(py::init<std::shared_ptr<Dataset>, std::vector<std::string>, int>());
  m.def("run_as_worker", &run_python_worker);
  m.def("open_source", &open_named_source, py::arg("source"));
}

// ---- the loader ----

std::chrono::milliseconds milliseconds(double seconds) {
  constexpr double most = 1e9;  // seconds; some thirty years
  if (!(seconds >= 0 && seconds <= most)) {
    throw Error(ErrorCode::invalid_argument,
                "timeout is " + std::to_string(seconds) + " s; it must be positive, or 0 for no limit");
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

void read_ranks(const py::dict& given, LoaderOptions& options) {
  options.rank = given["rank"].cast<std::optional<int>>();
  options.world = given["world"].cast<std::optional<int>>();
  options.ranks_from_environment = given["ranks_from_environment"].cast<bool>();
  options.uneven = named("uneven", given["uneven"].cast<std::string>(), {Uneven::pad, Uneven::drop, Uneven::exact});
  for (const auto& [name, size] : given["mesh"].cast<py::dict>()) {
    options.mesh.push_back({name.cast<std::string>(), size.cast<int>()});
  }
}

LoaderOptions options_from(const py::dict& given) {
  LoaderOptions options;
  options.batch_size = given["batch_size"].cast<std::int64_t>();
  options.shuffle = given["shuffle"].cast<bool>();
  options.sampler = given["sampler"].cast<std::optional<Sampler>>();
  options.drop_last = given["drop_last"].cast<bool>();
  read_ranks(given, options);
  options.seed = given["seed"].cast<std::uint64_t>();
  options.on_error =
      named("on_error", given["on_error"].cast<std::string>(), {OnError::raise, OnError::mask, OnError::substitute});
  options.timeout = milliseconds(given["timeout"].cast<double>());
  options.state = given["state"].cast<std::string>();
  options.workers = given["num_workers"].cast<std::optional<int>>();
  options.attachable = given["attachable"].cast<int>();
  options.prefetch = given["prefetch"].cast<int>();
  options.start_method = named("multiprocessing_context", given["start_method"].cast<std::string>(),
                               {StartMethod::forkserver, StartMethod::spawn});
  options.worker_program = given["worker_program"].cast<std::string>();
  if (const py::object dtype = given["dtype"]; !dtype.is_none()) {
    options.dtype = named("dtype", dtype.cast<std::string>(),
                          {DType::u8, DType::f16, DType::f32, DType::bf16, DType::f64, DType::i8, DType::i16,
                           DType::i32, DType::i64, DType::u16, DType::u32, DType::u64});
  }
  if (const py::object layout = given["layout"]; !layout.is_none()) {
    options.layout = named("layout", layout.cast<std::string>(), {Layout::nchw, Layout::nhwc});
  }
  return options;
}

std::unique_ptr<LoaderHandle> make_loader(std::shared_ptr<Dataset> dataset, const std::string& pipeline,
                                          const py::dict& given) {
  const LoaderOptions options = options_from(given);
  const WhenHeld when_held = given["when_held"].cast<std::string>() == "copy" ? WhenHeld::copy : WhenHeld::raise;
  const Placement placement{given["pin_memory"].cast<bool>(), given["device"].cast<std::optional<int>>()};
  const py::object functions = given["functions"];
  const FunctionsInForce in_force(functions);
  const py::gil_scoped_release unlocked;
  return std::make_unique<LoaderHandle>(std::move(dataset), Pipeline::from_json(pipeline), options, when_held,
                                        placement, look_for_signals);
}

py::dict stats_of(LoaderHandle& loader) {
  using namespace py::literals;
  LoaderStats stats;
  {
    const py::gil_scoped_release unlocked;
    stats = loader.stats();
  }
  return py::dict(
      "batches"_a = stats.batches, "samples"_a = stats.samples, "padded"_a = stats.padded, "absent"_a = stats.absent,
      "rank"_a = stats.rank, "world"_a = stats.world, "share"_a = stats.share, "shares"_a = stats.shares,
      "local_rank"_a = stats.local_rank, "local_world"_a = stats.local_world, "rank_source"_a = stats.rank_source,
      "faults"_a = stats.faults, "waits"_a = stats.waits, "wait_seconds"_a = stats.wait_seconds,
      "worker_deaths"_a = stats.worker_deaths, "takeovers"_a = stats.takeovers, "rows_redone"_a = stats.rows_redone,
      "quarantined"_a = stats.quarantined, "ring_bytes"_a = stats.ring_bytes,
      "huge_page_bytes"_a = stats.huge_page_bytes,
      "cache"_a = stats.cache.limit_bytes > 0 ? py::object(as_dict(stats.cache)) : py::none(),
      "pinned_bytes"_a = stats.pinned_bytes, "pin_failure"_a = stats.pin_failure, "sandbox"_a = stats.sandbox,
      "workers"_a = stats.workers, "attached_workers"_a = stats.attached_workers,
      "coordinator_pid"_a = stats.coordinator_pid, "worker_pids"_a = stats.worker_pids, "held"_a = loader.held());
}

/// The options in force, under the names of slabring.DataLoader.
py::dict options_of(const LoaderHandle& loader) {
  using namespace py::literals;
  const LoaderOptions& options = loader.options();
  return py::dict("batch_size"_a = options.batch_size, "shuffle"_a = options.shuffle, "drop_last"_a = options.drop_last,
                  "seed"_a = options.seed, "num_workers"_a = *options.workers, "prefetch"_a = options.prefetch,
                  "dtype"_a = kind_of(*options.dtype).name, "layout"_a = to_string(*options.layout));
}

py::list faults_of(const Delivered& batch) {
  py::list faults;
  for (const SampleFault& fault : batch.faults) faults.append(as_tuple(fault));
  return faults;
}

Sampler batches_of(const std::vector<std::vector<std::uint64_t>>& lists) {
  std::vector<std::vector<SampleId>> batches;
  batches.reserve(lists.size());
  for (const auto& list : lists) batches.push_back(as_ids(list));
  return Sampler::batches(batches);
}

void define_sampler(py::module_& m) {
  using Numbers = const std::vector<std::uint64_t>&;
  py::class_<Sampler>(m, "Sampler")
      .def_static("sequential", &Sampler::sequential)
      .def_static("random", &Sampler::random)
      .def_static("with_replacement", &Sampler::with_replacement, py::arg("draws"))
      .def_static("weighted", [](const std::vector<double>& weights, bool replacement,
                                 std::uint64_t draws) { return Sampler::weighted(weights, replacement, draws); })
      .def_static("class_balanced", [](const std::vector<std::int64_t>& labels,
                                       std::uint64_t draws) { return Sampler::class_balanced(labels, draws); })
      .def_static("subset", [](Numbers ids, bool shuffle) { return Sampler::subset(as_ids(ids), shuffle); })
      .def_static("order", [](Numbers ids) { return Sampler::order(as_ids(ids)); })
      .def_static("batches", &batches_of)
      .def_static("window_shuffle", &Sampler::window_shuffle)
      .def("repeat", &Sampler::repeat)
      .def_property_readonly("description", &Sampler::description);
}

void define_loader(py::module_& m) {
  // Each an Array of its own, so that labels that are kept do not keep the images.
  py::class_<Delivered>(m, "Delivered")
      .def_property_readonly("images", [](const Delivered& batch) { return batch.images; })
      .def_property_readonly("labels", [](const Delivered& batch) { return batch.labels; })
      .def_property_readonly("arrays", [](const Delivered& batch) { return batch.extras; })
      .def_property_readonly("ids", [](const Delivered& batch) { return batch.ids; })
      .def_property_readonly("status", [](const Delivered& batch) { return batch.status; })
      .def_property_readonly("soft_labels", [](const Delivered& batch) { return batch.soft_labels; })
      .def_property_readonly("faults", &faults_of)
      .def_readonly("epoch", &Delivered::epoch)
      .def_readonly("position", &Delivered::index);
  using Unlocked = py::call_guard<py::gil_scoped_release>;
  py::class_<LoaderHandle>(m, "Loader")
      .def(py::init(&make_loader), py::arg("dataset"), py::arg("pipeline"), py::arg("options"))
      .def("begin", &LoaderHandle::begin, py::arg("epoch"), Unlocked())
      .def("next", &LoaderHandle::next, py::arg("pass"), Unlocked())
      .def("state", &LoaderHandle::state, Unlocked())
      .def("close", &LoaderHandle::close, Unlocked())
      .def("stats", &stats_of)
      .def("options", &options_of)
      .def_property_readonly("array_names", &LoaderHandle::extra_names)
      .def_property_readonly("held", &LoaderHandle::held)
      .def_property_readonly("batches_per_epoch", &LoaderHandle::batches_per_epoch)
      .def_property_readonly("samples_per_epoch", &LoaderHandle::samples_per_epoch)
      .def_property_readonly("first_epoch", &LoaderHandle::first_epoch);
}

}  // namespace

PYBIND11_MODULE(_slabring, m) {
  m.doc() = "The extension behind the package slabring; not meant to be used directly.";
  py::register_exception_translator(&translate);
  define_array(m);
  define_device_array(m);
  define_datasets(m);
  define_combinations(m);
  define_sampler(m);
  define_loader(m);
  m.def("version", &version);
  m.def("available_cpus", &available_cpus, "CPUs this process may use, by affinity and control group, at least 1.");
  m.def("describe_transforms", &describe_transforms);
  // Reads a pipeline and writes it again, every default filled in; raises for whatever is wrong in it.
  m.def("check_pipeline", [](const std::string& json) { return Pipeline::from_json(json).to_json(); });
  m.def("train_pipeline", [](int size, bool normalize) { return Pipeline::train(size, normalize).to_json(); });
  m.def("val_pipeline", [](int size, bool normalize) { return Pipeline::val(size, normalize).to_json(); });
  m.def("status_name", [](std::uint32_t code) { return to_string(static_cast<SampleStatus>(code)); });
}

}  // namespace slabring::python
