// Memory of the host and of a GPU as Python sees it.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <utility>

#include "array.hpp"
#include "bindings.hpp"
#include "dlpack.hpp"
#include "loader_handle.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

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

}  // namespace

void define_arrays(py::module_& m) {
  define_array(m);
  define_device_array(m);
}

}  // namespace slabring::python
