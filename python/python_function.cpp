#include "python_function.hpp"

#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

namespace py = pybind11;

namespace slabring::python {
namespace {

thread_local PyObject* functions_in_force = nullptr;  // borrowed

std::size_t number_of(std::string_view config) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(config.data(), config.data() + config.size(), number);
  if (error != std::errc() || *end != ':') throw std::runtime_error("it is no NUMBER:NAME");
  return number;
}

}  // namespace

PythonFunction::PythonFunction(std::string_view config) {
  const std::size_t number = number_of(config);
  const py::gil_scoped_acquire locked;
  if (functions_in_force == nullptr || number >= py::len(py::handle(functions_in_force))) {
    throw std::runtime_error("a Python function runs in a slabring.DataLoader alone, whose workers are Python");
  }
  call_ = py::handle(functions_in_force)[py::int_(number)];
}

PythonFunction::~PythonFunction() {
  const py::gil_scoped_acquire locked;
  call_ = py::object();
}

void PythonFunction::apply(const MutableImageView& image, PluginRandom& random) {
  const std::uint64_t first = random.bits();
  const std::uint64_t second = random.bits();
  const py::gil_scoped_acquire locked;
  try {
    const auto pixels =
        py::memoryview::from_buffer(image.data, {image.height, image.width, image.channels},
                                    {image.stride, static_cast<std::ptrdiff_t>(image.channels), std::ptrdiff_t{1}});
    call_(pixels, first, second);
  } catch (const py::error_already_set& error) {
    throw std::runtime_error(words_of(error));  // lives without the lock
  }
}

FunctionsInForce::FunctionsInForce(const py::object& functions) noexcept
    : before_(std::exchange(functions_in_force, functions.ptr())) {}

FunctionsInForce::~FunctionsInForce() { functions_in_force = before_; }

std::string words_of(const py::error_already_set& error) {
  return py::str(error.type().attr("__name__")).cast<std::string>() + ": " + py::str(error.value()).cast<std::string>();
}

}  // namespace slabring::python

SLABRING_PLUGIN({"python", slabring::make_plugin<slabring::python::PythonFunction>})
