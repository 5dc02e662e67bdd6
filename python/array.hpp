#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dlpack.hpp"
#include "slabring/cuda.hpp"
#include "slabring/tensor.hpp"

namespace slabring::python {

/// What Python's protocols have to be told about an element type.
struct ElementKind {
  const char* name;       ///< numpy's: "float32"; bfloat16, which numpy has not
  const char* format;     ///< of the struct module, for buffers: "f"
  const char* interface;  ///< of __array_interface__: "<f4"
  std::size_t bytes;
  dlpack::TypeCode code;
};
const ElementKind& kind_of(DType dtype) noexcept;
extern const ElementKind int64_kind;
extern const ElementKind int32_kind;

/// Contiguous memory that Python may see: a slab's images, or a small copy. Whoever holds `owner` keeps it alive; for
/// images of the ring that is the lease, so the slab returns when the last view is gone.
struct Array {
  std::shared_ptr<const void> owner;
  std::byte* data = nullptr;
  const ElementKind* kind = nullptr;
  std::vector<std::int64_t> shape;
  dlpack::Device device{};

  std::size_t elements() const noexcept;
  std::size_t bytes() const noexcept { return elements() * kind->bytes; }
  /// In bytes, of C order.
  std::vector<std::int64_t> strides() const;
};

/// An array in the memory of a GPU, which the host cannot read: a part of what `batch` has there.
struct DeviceArray {
  Array array;  ///< owned by `batch`
  std::shared_ptr<DeviceBatch> batch;
};
using AnyArray = std::variant<Array, DeviceArray>;

/// Memory of its own with `like`'s type, shape and values.
Array copy_of(const Array& like);
/// Memory of its own with the bytes of `values`, whose elements are `kind`'s.
Array copy_of(std::span<const std::byte> values, const ElementKind& kind);

/// For a capsule "dltensor"; to be given back through its deleter, from any thread.
dlpack::Managed* as_dlpack(const Array& array);
/// For a capsule "dltensor_versioned".
dlpack::ManagedVersioned* as_versioned_dlpack(const Array& array, bool copied);

}  // namespace slabring::python
