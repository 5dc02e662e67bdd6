// The loader and its samplers as Python sees them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "array.hpp"
#include "bindings.hpp"
#include "loader_handle.hpp"
#include "python_function.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

/// Ctrl-C while waiting becomes KeyboardInterrupt. Called without the interpreter's lock.
void look_for_signals() {
  const py::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

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

}  // namespace

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

}  // namespace slabring::python
