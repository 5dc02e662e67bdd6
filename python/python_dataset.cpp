#include "python_dataset.hpp"

#include <pybind11/stl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "python_function.hpp"
#include "slabring/error.hpp"
#include "slabring/worker.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

constexpr const char* python_kind = "python";

ImageView image_of(const py::buffer_info& pixels) {
  const auto side = [&](std::size_t axis) { return static_cast<int>(pixels.shape[axis]); };
  return {static_cast<const std::uint8_t*>(pixels.ptr), side(1), side(0), side(2), pixels.strides[0]};
}

}  // namespace

PythonDataset::PythonDataset(std::uint64_t size, py::object fetch, py::object describe,
                             std::vector<std::string> classes, std::uint64_t fingerprint, std::optional<ArrayForm> form,
                             std::vector<std::string> worker_command, int payload)
    : size_(size),
      fetch_(std::move(fetch)),
      describe_(std::move(describe)),
      classes_(std::move(classes)),
      fingerprint_(fingerprint),
      form_(form),
      worker_command_(std::move(worker_command)),
      payload_(payload) {}

PythonDataset::~PythonDataset() {
  const py::gil_scoped_acquire locked;
  held_.clear();
  fetch_ = py::object();
  describe_ = py::object();
}

void PythonDataset::load(SampleId id, Sample& sample) const {
  const py::gil_scoped_acquire locked;
  try {
    fetch_into(id, sample);
  } catch (const py::error_already_set& error) {
    throw std::runtime_error(words_of(error));  // lives without the lock
  }
}

void PythonDataset::fetch_into(SampleId id, Sample& sample) const {
  const auto parts = fetch_(to_index(id)).cast<py::tuple>();
  sample.set_label(parts[0].cast<std::int64_t>());
  const auto form = parts[1].cast<std::string>();
  if (form == "path") return sample.from_file(parts[2].cast<std::string>());
  py::buffer_info& data = held_[&sample] = parts[2].cast<py::buffer>().request();  // which keeps the object alive
  if (form == "array") return sample.from_array({static_cast<const std::byte*>(data.ptr), form_->dtype, form_->shape});
  if (form == "pixels") return sample.from_pixels(image_of(data));
  sample.from_encoded({static_cast<const std::byte*>(data.ptr), static_cast<std::size_t>(data.size * data.itemsize)});
}

std::string PythonDataset::describe(SampleId id) const {
  if (to_index(id) >= size_) return Dataset::describe(id);
  const py::gil_scoped_acquire locked;
  if (describe_.is_none()) return Dataset::describe(id);
  try {
    return py::str(describe_(to_index(id))).cast<std::string>();
  } catch (const py::error_already_set&) {
    return Dataset::describe(id);  // a message about a fault must not become another
  }
}

std::optional<DatasetRecipe> PythonDataset::recipe() const {
  return DatasetRecipe{"python", "", {payload_}, worker_command_};
}

WithPythonWorkers::WithPythonWorkers(std::shared_ptr<const Dataset> dataset, std::vector<std::string> worker_command,
                                     int payload)
    : dataset_(std::move(dataset)) {
  const std::optional<DatasetRecipe> inner = dataset_->recipe();
  const bool is_python = inner && inner->kind == python_kind && inner->config.empty();
  if (!inner || (!inner->worker_command.empty() && inner->worker_command != worker_command)) {
    throw Error(
        ErrorCode::invalid_argument,
        "the transform has a Python function in it, and this dataset cannot be opened by workers that run Python; "
        "put the function into the dataset, or say num_workers=0");
  }
  recipe_ = {python_kind, "", {payload}, std::move(worker_command)};
  if (is_python) return;
  recipe_.config = inner->kind + '\n' + inner->config;
  recipe_.fds.insert(recipe_.fds.end(), inner->fds.begin(), inner->fds.end());
}

namespace {

/// What WithPythonWorkers::recipe() has put together. `open_part` opens the Python datasets in it.
std::unique_ptr<Dataset> open_inner(const DatasetRecipe& recipe, const OpenDataset& open_part) {
  const std::size_t end = recipe.config.find('\n');
  if (end == std::string::npos) throw Error(ErrorCode::dataset, "the recipe names no dataset beside the functions");
  return open_combined({recipe.config.substr(0, end), recipe.config.substr(end + 1),
                        std::vector<int>(recipe.fds.begin() + 1, recipe.fds.end())},
                       open_part);
}

}  // namespace

int run_python_worker(std::uint32_t slot, const py::object& open) {
  py::object functions = py::none();
  std::optional<FunctionsInForce> in_force;
  const OpenDataset open_here = [&](const DatasetRecipe& recipe) -> std::unique_ptr<Dataset> {
    const py::gil_scoped_acquire locked;
    const py::tuple made = open(recipe.fds.at(0));
    if (!in_force) {  // the pipeline's come first; a part of a combination has none
      functions = made[3];
      in_force.emplace(functions);
    }
    if (made[0].is_none()) return open_inner(recipe, open_here);
    return std::make_unique<PythonDataset>(made[0].cast<std::uint64_t>(), made[1], py::none(),
                                           std::vector<std::string>(), 0, array_form(made[2]),
                                           std::vector<std::string>(), -1);
  };
  const py::gil_scoped_release unlocked;
  return run_as_worker(slot, open_here);
}

std::optional<ArrayForm> array_form(const py::object& given) {
  if (given.is_none()) return std::nullopt;
  const auto [name, extents] = given.cast<std::pair<std::string, std::vector<std::int64_t>>>();
  if (extents.size() > Axes::most) {
    throw Error(ErrorCode::invalid_argument, "a sample has more than 8 axes; there is no place for them in a batch");
  }
  ArrayForm form;
  for (const std::int64_t extent : extents) form.shape.push_back(extent);
  for (int number = 0; number <= static_cast<int>(DType::u64); ++number) {
    form.dtype = static_cast<DType>(number);
    if (name == to_string(form.dtype)) return form;
  }
  throw Error(ErrorCode::invalid_argument, "the samples' type is " + name + ", which is none that a batch can have");
}

}  // namespace slabring::python
