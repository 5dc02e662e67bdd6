// The extension `slabring._slabring`: what the Python package needs of the library, and no more. Names, defaults and
// documentation for users are in slabring/*.py.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "bindings.hpp"
#include "loader_handle.hpp"
#include "slabring/slabring.hpp"

namespace py = pybind11;

namespace slabring::python {

py::tuple as_tuple(const SampleFault& fault) {
  const std::optional<std::uint64_t> substitute =
      fault.substitute ? std::optional(to_index(*fault.substitute)) : std::nullopt;
  return py::make_tuple(to_index(fault.id), to_string(fault.status), fault.source, fault.message, substitute);
}

namespace {

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

}  // namespace

PYBIND11_MODULE(_slabring, m) {
  m.doc() = "The extension behind the package slabring; not meant to be used directly.";
  py::register_exception_translator(&translate);
  define_arrays(m);
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