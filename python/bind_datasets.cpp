// Datasets as Python sees them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "array.hpp"
#include "bindings.hpp"
#include "python_dataset.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

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

SampleId sample_at(const Dataset& dataset, std::uint64_t index) {
  if (index >= dataset.size())
    throw py::index_error("sample " + std::to_string(index) + " of " + std::to_string(dataset.size()));
  return SampleId{index};
}

}  // namespace

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

}  // namespace slabring::python
