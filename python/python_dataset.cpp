#include "python_dataset.hpp"

#include <pybind11/stl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "slabring/worker.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

/// "ValueError: no such record", without the traceback: the message of a sample's fault. Requires the lock.
std::string words_of(const py::error_already_set& error) {
  return py::str(error.type().attr("__name__")).cast<std::string>() + ": " + py::str(error.value()).cast<std::string>();
}

ImageView image_of(const py::buffer_info& pixels) {
  const auto side = [&](std::size_t axis) { return static_cast<int>(pixels.shape[axis]); };
  return {static_cast<const std::uint8_t*>(pixels.ptr), side(1), side(0), side(2), pixels.strides[0]};
}

}  // namespace

PythonDataset::PythonDataset(std::uint64_t size, py::object fetch, py::object describe,
                             std::vector<std::string> classes, std::uint64_t fingerprint,
                             std::vector<std::string> worker_command, int payload)
    : size_(size),
      fetch_(std::move(fetch)),
      describe_(std::move(describe)),
      classes_(std::move(classes)),
      fingerprint_(fingerprint),
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

int run_python_worker(std::uint32_t slot, const py::object& open) {
  const OpenDataset open_here = [&](const DatasetRecipe& recipe) -> std::unique_ptr<Dataset> {
    const py::gil_scoped_acquire locked;
    const py::tuple made = open(recipe.fds.at(0));
    return std::make_unique<PythonDataset>(made[0].cast<std::uint64_t>(), made[1], py::none(),
                                           std::vector<std::string>(), 0, std::vector<std::string>(), -1);
  };
  const py::gil_scoped_release unlocked;
  return run_as_worker(slot, open_here);
}

}  // namespace slabring::python
